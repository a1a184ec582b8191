#pragma once

// Operators whose platform text is computed from the legacy value and tells less than it.

#include "mapping/lens_pair.h"

namespace atlas {

// The mid is the platform's text: computed when the legacy side is read, as it stands when the
// platform is. Nothing is ever written to the legacy side but null.
class OneWayLens : public PairLens {
 public:
  OneWayLens(Pair pair, std::vector<Canon> canon, bool padded)
      : PairLens(std::move(pair)), canon_(std::move(canon)), padded_(padded) {}

 protected:
  // The platform's text of a legacy value, in the arena or borrowed from the value.
  virtual std::string_view derive(const Value& value, Arena& arena) const = 0;

  Fit to_mid(Side side, const Value& value, Arena& arena, Value& mid) const final;
  Fit from_mid(Side side, const Value& mid, Arena& arena, Value& value) const final;

 private:
  std::vector<Canon> canon_;
  bool padded_;  // the platform's column is a char(n)
};

// The parts of a one-way lens: `meet` of the legacy column, text on the platform.
struct OneWayParts {
  Pair pair;
  std::vector<Canon> canon;
  bool padded = false;
};
Result<OneWayParts> one_way_parts(const LensSpec& spec, std::string_view name, Meet meet);
// kTypeMismatch unless the legacy column holds text.
Result<> expect_text(const LensSpec& spec, std::string_view name);

// The part of a text before character `characters`; all of it where it is shorter.
std::string_view first_characters(std::string_view text, std::size_t characters);

}  // namespace atlas
