#pragma once

// A read-only set of values, found by meaning: code tables and value sets.

#include "model/value.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace atlas {

class ValueIndex {
 public:
  // Contents are copied. False when an equal value is there already.
  bool add(const Value& value, std::uint32_t position);
  // Call once after the last add.
  void seal();
  std::optional<std::uint32_t> find(const Value& value) const;

 private:
  // Whole numbers by value; everything else by tag and content.
  struct Other {
    Tag tag;
    std::string content;
    std::uint32_t position;
  };
  static std::optional<std::int64_t> whole(const Value& value);

  std::vector<std::pair<std::int64_t, std::uint32_t>> numbers_;
  std::vector<Other> others_;
};

}  // namespace atlas
