#pragma once

// Reading typed values out of the tree: every wrong shape and unknown key becomes a problem with a
// suggestion.

#include "foundation/clock.h"
#include "mapping/document.h"
#include "mapping/source_text.h"
#include "mapping/yaml_tree.h"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace atlas {

// One map whose keys are known. Keys that nobody took are unknown: reported by finish() with the
// nearest known one.
class MapReader {
 public:
  // `what` names the map in messages: "limits". A node that is no map is reported and reads as
  // empty.
  MapReader(const YamlNode& node, std::string what, ProblemList& problems);
  MapReader(const MapReader&) = delete;
  MapReader& operator=(const MapReader&) = delete;

  // The value of `key`, or null. A null value counts as absent and is reported, except with
  // take_nullable.
  const YamlNode* take(std::string_view key);
  const YamlNode* take_nullable(std::string_view key);
  // Reports kMissingKey when absent.
  const YamlNode* require(std::string_view key, std::string_view fix);
  // Declares a key that the language has but this version does not: kUnknownKey with `why`.
  void not_yet(std::string_view key, std::string_view why);
  void finish();

  bool ok() const { return node_.is_map(); }
  const YamlNode& node() const { return node_; }

 private:
  const YamlNode& node_;
  std::string what_;
  ProblemList& problems_;
  std::vector<std::string> known_;
  std::set<std::string, std::less<>> taken_;
};

// Scalars. nullopt: reported (or already reported, where a variable had no value).
std::optional<std::string> read_text(const YamlNode& node, std::string_view what,
                                     ProblemList& problems);
std::optional<Word> read_word(const YamlNode& node, std::string_view what, ProblemList& problems);
// true or false; nothing else (`yes` is text).
std::optional<bool> read_bool(const YamlNode& node, std::string_view what, ProblemList& problems);
std::optional<std::int64_t> read_integer(const YamlNode& node, std::string_view what,
                                         std::int64_t min, std::int64_t max, ProblemList& problems);
// "500ms", "5s", "10m", "2h", "1d".
std::optional<Micros> read_duration(const YamlNode& node, std::string_view what,
                                    ProblemList& problems);
// "8MiB", "512KiB", "100000".
std::optional<std::int64_t> read_bytes(const YamlNode& node, std::string_view what,
                                       ProblemList& problems);
// A scalar, or a list of scalars.
std::vector<Word> read_words(const YamlNode& node, std::string_view what, ProblemList& problems);
// Position in `choices`.
std::optional<std::size_t> read_choice(const YamlNode& node, std::string_view what,
                                       const std::vector<std::string>& choices,
                                       ProblemList& problems);

template <class Enum>
void read_enum(const YamlNode* node, std::string_view what,
               const std::vector<std::pair<std::string, Enum>>& choices, Enum& out,
               ProblemList& problems) {
  if (node == nullptr) return;
  std::vector<std::string> names;
  names.reserve(choices.size());
  for (const auto& choice : choices) names.push_back(choice.first);
  if (auto found = read_choice(*node, what, names, problems)) out = choices[*found].second;
}

// Refuses a node of another kind; nodes whose variable is missing were reported already.
bool expect(const YamlNode& node, YamlNode::Kind kind, std::string_view what,
            ProblemList& problems);

}  // namespace atlas
