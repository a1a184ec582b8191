#pragma once

// The forms in which the values of two columns meet.

#include "model/type.h"

#include <cstdint>
#include <optional>
#include <string>

namespace atlas {

// What the values of two columns are compared as.
enum class Meet : std::uint8_t {
  kBool,
  kNumber,  // kInt, kDecimal or kFloat: equal by value
  kText,
  kBytes,
  kDate,
  kTime,
  kTimestamp,
  kInstant,
  kInterval,
  kUuid,
  kJson,
  kOther,
};

// How a type's values meet values of the same type.
Meet natural_meet(const Type& type);
// How values of two types meet in a plain copy; nullopt where they do not.
std::optional<Meet> copy_meet(const Type& a, const Type& b);
// The model type whose parser and range a meeting form has.
Type meet_type(Meet meet);
// "numeric(10,2)".
std::string type_text(const Type& type);

}  // namespace atlas
