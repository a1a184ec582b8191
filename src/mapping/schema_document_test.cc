// docs/mapping.schema.json is for editors: it knows the keys that the loader knows, and no other.

#include "mapping/load_operators.h"
#include "mapping/yaml_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

namespace atlas {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

const fs::path kRoot = ATLAS_TEST_SOURCE_DIR;

std::string text_of(const fs::path& path) {
  std::ifstream in(path);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

const Json& schema() {
  static const Json whole = Json::parse(text_of(kRoot / "docs/mapping.schema.json"));
  return whole;
}

// Whether the schema has a place for every key below the node.
class Walker {
 public:
  bool knows(const YamlNode& node, const Json& place) {
    if (place.contains("$ref")) {
      const std::string name = place["$ref"].get<std::string>();
      return knows(node, schema()["$defs"][name.substr(name.rfind('/') + 1)]);
    }
    if (place.contains("oneOf")) {
      return std::ranges::any_of(place["oneOf"], [&](const Json& one) { return knows(node, one); });
    }
    if (node.is_list()) {
      return place.contains("items") && std::ranges::all_of(node.items, [&](const YamlNode& item) {
               return knows(item, place["items"]);
             });
    }
    return std::ranges::all_of(node.entries, [&](const YamlEntry& entry) {
      const Json* next = place_of(entry.key.text, place);
      if (next != nullptr && knows(entry.value, *next)) return true;
      unknown = entry.key.text;
      return false;
    });
  }
  std::string unknown;

 private:
  static const Json* place_of(const std::string& key, const Json& place) {
    if (place.contains("properties") && place["properties"].contains(key))
      return &place["properties"][key];
    if (place.contains("patternProperties")) {
      const Json& patterns = place["patternProperties"];
      for (const auto& [pattern, own] : patterns.items()) {
        if (std::regex_search(key, std::regex(pattern))) return &patterns[pattern];
      }
    }
    const bool others =
        place.contains("additionalProperties") && place["additionalProperties"].is_object();
    return others ? &place["additionalProperties"] : nullptr;
  }
};

TEST(MappingSchema, HasEveryOperatorKey) {
  std::set<std::string> written;
  for (const auto& [key, own] : schema()["$defs"]["operators"]["properties"].items())
    written.insert(key);
  const std::vector<std::string>& known = operator_keys();
  EXPECT_EQ(written, std::set<std::string>(known.begin(), known.end()));
}

TEST(MappingSchema, KnowsEveryKeyOfRightMappings) {
  int mappings = 0;
  for (const auto& entry : fs::directory_iterator(kRoot / "tests/mappings/right")) {
    ProblemList problems(std::make_shared<const SourceText>(""));
    const auto root = parse_yaml(entry.path().string(), text_of(entry.path()), problems);
    ASSERT_TRUE(root) << entry.path();
    Walker walker;
    EXPECT_TRUE(walker.knows(*root, schema())) << entry.path() << ": " << walker.unknown;
    ++mappings;
  }
  EXPECT_GE(mappings, 30);
}

}  // namespace
}  // namespace atlas
