#pragma once

// YAML as this language uses it: maps, lists and text with positions. Scalars stay text (`no` is
// the text "no"); duplicate keys, tags, directives, several documents, merge keys and hostile sizes
// are refused.

#include "mapping/plan.h"
#include "mapping/source_text.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atlas {

struct YamlEntry;

struct YamlNode {
  enum class Kind : std::uint8_t { kNull, kScalar, kList, kMap };
  Kind kind = Kind::kNull;
  std::string text;                // kScalar
  std::string digest;              // of a secret text: what stands for it in append_yaml_text
  std::vector<YamlNode> items;     // kList
  std::vector<YamlEntry> entries;  // kMap, in file order, keys distinct
  SourcePosition where;
  bool quoted = false;      // kScalar in quotes
  bool unresolved = false;  // kNull because a variable had no value: already reported

  bool is_map() const { return kind == Kind::kMap; }
  bool is_list() const { return kind == Kind::kList; }
  bool is_scalar() const { return kind == Kind::kScalar; }
  bool is_null() const { return kind == Kind::kNull; }
  // "a map", "a list", "text", "nothing".
  std::string_view kind_text() const;
  // Where character `offset` of a one-line scalar stands.
  SourcePosition at(std::size_t offset) const;
  // The value of `key`, or null.
  const YamlNode* find(std::string_view key) const;
};

struct YamlEntry {
  YamlNode key;  // always kScalar
  YamlNode value;
};

inline constexpr std::size_t kYamlBytesMax = 4U << 20U;
inline constexpr std::size_t kYamlNodesMax = 100'000;  // aliases count what they repeat
inline constexpr int kYamlDepthMax = 32;
inline constexpr std::size_t kYamlScalarBytesMax = 256U << 10U;
inline constexpr std::size_t kYamlAnchorsMax = 100;

// The only document of `text`. Every problem goes to `problems`; nullopt when there is no tree at
// all.
std::optional<YamlNode> parse_yaml(const std::string& file, std::string_view text,
                                   ProblemList& problems);

// One line that is equal for equal content, whatever the spelling (block or flow, quotes, comments,
// order of keys kept).
void append_yaml_text(std::string& out, const YamlNode& node);

}  // namespace atlas
