#pragma once

// A declared domain, compiled: the values a column may take in this mapping.

#include "mapping/lens.h"
#include "mapping/lens_index.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace atlas {

class Domain {
 public:
  Domain() = default;  // everything
  // `type`: what the column's values are compared as; the spec's texts are read by it. Errors:
  // kWrongShape for a text that is none of that type or a pattern that RE2 does not take.
  static Result<Domain> make(const DomainSpec& spec, const Type& type);
  // kOutsideDomain. Null is never asked.
  Fit check(const Value& value) const;

 private:
  bool contains(const Value& value) const;

  bool restricts_ = false;
  std::shared_ptr<Arena> arena_;  // of min and max; shared: columns are copied
  std::optional<ValueIndex> values_;
  std::optional<Value> min_, max_;
  std::shared_ptr<const re2::RE2> regex_;  // shared: not copyable, and columns are
};

}  // namespace atlas
