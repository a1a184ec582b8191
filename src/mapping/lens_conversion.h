#pragma once

// Lenses of two functions that are said to undo each other: expressions, Lua. Nobody can prove it:
// the pair is tried on samples when it is made, and every value that is written is read again.

#include "mapping/lens_pair.h"

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace atlas {

// One direction: from the values of one side's columns, in their natural form, to the other's.
// Pure; any thread.
class Conversion {
 public:
  virtual ~Conversion() = default;
  virtual Fit run(std::span<const Value> values, Arena& arena, std::span<Value> out) const = 0;
};

struct Conversions {
  std::shared_ptr<const Conversion> to_platform, to_legacy;  // shared by the trial's lenses
};

// The lens, of the side whose only column both are compared as. Errors: kNotLawful with the
// smallest sample that comes back as another, kWrongShape.
MadeLens make_conversion(const LensSpec& spec, const Conversions& functions, std::string_view name);
// One direction alone.
MadeLens make_derived(const LensSpec& spec, const Conversions& functions, Side target,
                      std::string_view name);
// The form in which a column's values are handed to a conversion.
Meet conversion_meet(const LensColumn& column);

}  // namespace atlas
