#include "mapping/lens_domain.h"

#include "mapping/lens_number.h"
#include "mapping/lens_reasons.h"
#include "model/text_form.h"

#include <fmt/format.h>
#include <re2/re2.h>

namespace atlas {
namespace {

// Values of one tag, or numbers.
int compare_values(const Value& a, const Value& b) {
  if (is_number(a.tag()) && is_number(b.tag())) return compare_numbers(a, b);
  if (a.has_content()) return a.as_text().compare(b.as_text());
  return a.as_int() < b.as_int() ? -1 : (a.as_int() > b.as_int() ? 1 : 0);
}

Result<Value> parse_bound(const std::string& text, const Type& type, Arena& arena) {
  const auto value = parse_value(text, type, arena);
  if (value) return *value;
  return Error(Code::kWrongShape, fmt::format("the domain names \"{}\", which is no {}", text,
                                              type_kind_name(type.kind)));
}

}  // namespace

Result<Domain> Domain::make(const DomainSpec& spec, const Type& type) {
  Domain out;
  out.arena_ = std::make_shared<Arena>();
  if (!spec.values.empty()) {
    out.values_.emplace();
    for (const std::string& text : spec.values) {
      ATLAS_TRY(const Value value, parse_bound(text, type, *out.arena_));
      (void)out.values_->add(value, 0);
    }
    out.values_->seal();
  }
  if (spec.min) {
    ATLAS_TRY(out.min_, parse_bound(*spec.min, type, *out.arena_));
  }
  if (spec.max) {
    ATLAS_TRY(out.max_, parse_bound(*spec.max, type, *out.arena_));
  }
  if (out.min_ && out.max_ && compare_values(*out.min_, *out.max_) > 0)
    return Error(Code::kWrongShape,
                 fmt::format("the domain {}..{} holds nothing", *spec.min, *spec.max));
  if (spec.regex) {
    auto regex = std::make_shared<const re2::RE2>(*spec.regex, re2::RE2::Quiet);
    if (!regex->ok()) {
      return Error(Code::kWrongShape,
                   fmt::format("the domain's pattern is not understood: {}", regex->error()));
    }
    out.regex_ = std::move(regex);
  }
  out.restricts_ = out.values_ || out.min_ || out.max_ || out.regex_;
  return out;
}

Fit Domain::check(const Value& value) const {
  if (!restricts_ || contains(value)) return {};
  return {reason::kOutsideDomain};
}

bool Domain::contains(const Value& value) const {
  if (values_ && !values_->find(value)) return false;
  if (min_ && compare_values(value, *min_) < 0) return false;
  if (max_ && compare_values(value, *max_) > 0) return false;
  if (!regex_) return true;
  if (value.tag() == Tag::kText) return re2::RE2::FullMatch(value.as_text(), *regex_);
  return re2::RE2::FullMatch(value_text(value), *regex_);
}

}  // namespace atlas
