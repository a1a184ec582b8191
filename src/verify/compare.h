#pragma once

// What one look at a linked instance says. Pure; whether it will last is verify's question.

#include "mapping/mapper.h"
#include "state/link.h"
#include "verify/images.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace atlas {

enum class Likeness : std::uint8_t {
  kEqual,
  kDifferent,
  kDrift,     // only targets of one-way fields differ (E17)
  kFiltered,  // a side's row left the tenant's scope: parked, nobody writes it
};

struct Comparison {
  Likeness likeness = Likeness::kEqual;
  // Fields that differ, in mapping order. Empty for a difference that is not about fields: `reason`
  // tells.
  std::vector<std::uint32_t> fields;
  std::string reason;
};

// Whether instances of this kind have the field.
bool applies(const FieldPlan& field, std::uint16_t kind);

// How one side shows an instance; absent and soft-deleted rows are both dead (E14).
enum class Liveness : std::uint8_t { kAbsent, kDead, kAlive, kOutOfScope };
Liveness liveness(const Mapper& mapper, const Image& image, Side side);

// `image` has both sides read and mapped, its keys and kind are the link's.
Comparison compare(const Mapper& mapper, const LinkRecord& link, const Image& image);

}  // namespace atlas
