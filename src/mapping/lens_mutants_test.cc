// The law check would notice: for each operator a deliberately broken twin, which it must refute.

#include "mapping/lens_laws_testing.h"
#include "model/calendar.h"
#include "model/decimal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

namespace atlas {
namespace {

using testing::HasSubstr;

using Get = std::function<Fit(const Lens& good, Side, std::span<const Value>, Arena&, Value&)>;
using Create = std::function<Fit(const Lens& good, Side, const Value&, std::span<const Value>,
                                 Arena&, std::span<Value>)>;

// A good lens with one of its two functions replaced.
class Twin final : public Lens {
 public:
  Twin(std::unique_ptr<Lens> good, Get get, Create create)
      : good_(std::move(good)), get_(std::move(get)), create_(std::move(create)) {}

  Fit get(Side side, std::span<const Value> cells, Arena& arena, Value& mid) const override {
    return get_ ? get_(*good_, side, cells, arena, mid) : good_->get(side, cells, arena, mid);
  }
  Fit create(Side side, const Value& mid, std::span<const Value> old, Arena& arena,
             std::span<Value> out) const override {
    return create_ ? create_(*good_, side, mid, old, arena, out)
                   : good_->create(side, mid, old, arena, out);
  }
  bool handles_null() const override { return good_->handles_null(); }
  LawClass law() const override { return good_->law(); }
  std::string_view name() const override { return good_->name(); }
  std::size_t arity(Side side) const override { return good_->arity(side); }

 private:
  std::unique_ptr<Lens> good_;
  Get get_;
  Create create_;
};

struct Mutant {
  std::string what;
  std::string law_case;
  std::string law;  // that is expected to break
  Get get = {};
  Create create = {};
};

// A twin whose create() changes the cells that the good one made.
Create then(
    std::function<void(Side, std::span<const Value> old, Arena&, std::span<Value>)> change) {
  return [change](const Lens& good, Side side, const Value& mid, std::span<const Value> old,
                  Arena& arena, std::span<Value> out) {
    const Fit fit = good.create(side, mid, old, arena, out);
    if (fit.ok() && !out.front().is_null()) change(side, old, arena, out);
    return fit;
  };
}

std::vector<Mutant> copy_mutants() {
  return {
      {"a cast that cuts integers",
       "copy int8 to int4",
       "create",
       {},
       then([](Side side, auto, Arena&, std::span<Value> out) {
         if (side == Side::kPlatform)
           out[0] = Value::integer(static_cast<std::int16_t>(out[0].as_int()));
       })},
      {"a cast that cuts texts",
       "copy text to varchar(5)",
       "create",
       {},
       then([](Side side, auto, Arena&, std::span<Value> out) {
         if (side == Side::kPlatform) out[0] = Value::text(out[0].as_text().substr(0, 3));
       })},
      {"decimals through double",
       "copy numeric to numeric(38,10)",
       "create",
       {},
       then([](Side, auto, Arena& arena, std::span<Value> out) {
         const double rounded = std::strtod(std::string(out[0].as_text()).c_str(), nullptr);
         out[0] = Value::decimal(arena.copy(std::to_string(rounded)));
       })},
      {"padding that counts", "copy char(6) to text", "",
       [](const Lens& good, Side side, std::span<const Value> cells, Arena& arena, Value& mid) {
         if (side == Side::kPlatform) return good.get(side, cells, arena, mid);
         mid = cells[0];
         return Fit{};
       }},
      {"a time of day that is kept in the mid", "copy timestamp to date", "create",
       [](const Lens& good, Side side, std::span<const Value> cells, Arena& arena, Value& mid) {
         if (side == Side::kPlatform) return good.get(side, cells, arena, mid);
         mid = Value::date(cells[0].as_int() / 1'000'000);
         return Fit{};
       }},
      {"microseconds in a column of seconds",
       "copy timestamptz(0) to timestamptz",
       "create",
       {},
       then([](Side side, auto, Arena&, std::span<Value> out) {
         if (side == Side::kPlatform) out[0] = Value::instant(out[0].as_int() + 2'000'000);
       })},
      {"a domain that is not asked on writing",
       "domain",
       "create",
       {},
       [](const Lens&, Side, const Value& mid, auto, Arena&, std::span<Value> out) {
         out[0] = mid;
         return Fit{};
       }},
      {"a lens that reads the same cell differently", "copy int4 to int4", "impure",
       [n = std::make_shared<int>(0)](const Lens&, Side, std::span<const Value> cells, Arena&,
                                      Value& mid) {
         mid = Value::integer(cells[0].as_int() / 2 + ++*n);
         return Fit{};
       }},
  };
}

std::vector<Mutant> table_mutants() {
  return {
      {"the wrong code",
       "enum",
       "create",
       {},
       then([](Side side, auto, Arena&, std::span<Value> out) {
         if (side == Side::kLegacy) out[0] = Value::integer((out[0].as_int() + 1) % 4);
       })},
      {"a canonical form on one side only", "canon trim lower", "create",
       [](const Lens& good, Side side, std::span<const Value> cells, Arena& arena, Value& mid) {
         if (side == Side::kPlatform) return good.get(side, cells, arena, mid);
         mid = cells[0];
         return Fit{};
       }},
      {"empty text for null where null is allowed to differ",
       "canon empty_null",
       "create",
       {},
       [](const Lens& good, Side side, const Value& mid, std::span<const Value> old, Arena& arena,
          std::span<Value> out) {
         if (!mid.is_null()) return good.create(side, mid, old, arena, out);
         out[0] = Value::text("-");
         return Fit{};
       }},
  };
}

std::vector<Mutant> number_mutants() {
  return {
      {"division that rounds",
       "scale by three",
       "create",
       {},
       [](const Lens& good, Side side, const Value& mid, std::span<const Value> old, Arena& arena,
          std::span<Value> out) {
         if (side == Side::kPlatform) return good.create(side, mid, old, arena, out);
         out[0] = Value::integer(mid.as_int() / 3);
         return Fit{};
       }},
      {"an offset with the wrong sign",
       "scale fahrenheit",
       "create",
       {},
       then([](Side side, auto, Arena& arena, std::span<Value> out) {
         if (side == Side::kLegacy)
           out[0] = Value::decimal(
               arena.copy(Decimal::parse(out[0].as_text())->plus(Decimal::of(1)).text(20)));
       })},
  };
}

std::vector<Mutant> time_mutants() {
  return {
      {"instants that are not seen through the local clock", "tz later", "create",
       [](const Lens& good, Side side, std::span<const Value> cells, Arena& arena, Value& mid) {
         if (side == Side::kLegacy) return good.get(side, cells, arena, mid);
         mid = cells[0];
         return Fit{};
       }},
      {"a fixed offset",
       "tz later",
       "create",
       {},
       [](const Lens& good, Side side, const Value& mid, std::span<const Value> old, Arena& arena,
          std::span<Value> out) {
         if (side == Side::kPlatform) return good.create(side, mid, old, arena, out);
         out[0] = Value::timestamp(mid.as_int() + kMicrosPerHour);
         return Fit{};
       }},
      {"a count that is rounded towards zero",
       "epoch seconds",
       "create",
       {},
       [](const Lens& good, Side side, const Value& mid, std::span<const Value> old, Arena& arena,
          std::span<Value> out) {
         if (side == Side::kPlatform) return good.create(side, mid, old, arena, out);
         out[0] = Value::integer((mid.as_int() + 1) / kMicrosPerSecond);
         return Fit{};
       }},
      {"microseconds that the count cannot tell", "epoch seconds", "",
       [](const Lens& good, Side side, std::span<const Value> cells, Arena& arena, Value& mid) {
         if (side == Side::kLegacy) return good.get(side, cells, arena, mid);
         mid = cells[0];
         return Fit{};
       }},
      {"zero that is no null", "epoch null zero", "create",
       [](const Lens& good, Side side, std::span<const Value> cells, Arena& arena, Value& mid) {
         if (side == Side::kPlatform || cells[0].as_int() != 0)
           return good.get(side, cells, arena, mid);
         mid = Value::instant(0);
         return Fit{};
       }},
  };
}

std::vector<Mutant> document_mutants() {
  return {
      {"a join that shows empty parts", "join name trimmed", "create",
       [](const Lens& good, Side side, std::span<const Value> cells, Arena& arena, Value& mid) {
         if (side == Side::kLegacy) return good.get(side, cells, arena, mid);
         std::string text(cells[0].as_text());
         text += '+';
         text += cells[1].as_text();
         mid = Value::text(arena.copy(text));
         return Fit{};
       }},
      {"a split that loses the rest",
       "join name",
       "create",
       {},
       then([](Side side, auto, Arena&, std::span<Value> out) {
         if (side == Side::kPlatform && !out[1].is_null())
           out[1] = Value::text(out[1].as_text().substr(0, out[1].as_text().find(' ')));
       })},
      {"a member written under another name",
       "json text",
       "create",
       {},
       [](const Lens& good, Side side, const Value& mid, std::span<const Value> old, Arena& arena,
          std::span<Value> out) {
         if (side == Side::kLegacy || mid.is_null()) return good.create(side, mid, old, arena, out);
         out[0] = Value::json("{\"Phone\": \"x\"}");
         return Fit{};
       }},
      {"of equal keys only the first is written",
       "json number",
       "create",
       {},
       then([](Side side, std::span<const Value> old, Arena&, std::span<Value> out) {
         if (side == Side::kPlatform && !old.empty() && !old[0].is_null()) out[0] = old[0];
       })},
      {"latitude first",
       "point numeric",
       "create",
       {},
       then([](Side side, auto, Arena&, std::span<Value> out) {
         if (side == Side::kLegacy) std::swap(out[0], out[1]);
       })},
      {"digits that are cut on one side only", "point numeric", "",
       [](const Lens& good, Side side, std::span<const Value> cells, Arena& arena, Value& mid) {
         const Fit fit = good.get(side, cells, arena, mid);
         if (fit.ok() && !mid.is_null() && side == Side::kLegacy)
           mid = Value::text(mid.as_text().substr(0, mid.as_text().size() - 1));
         return fit;
       }},
  };
}

std::vector<Mutant> expression_mutants() {
  return {
      {"a sum that forgets its carry",
       "expressions sum",
       "create",
       {},
       then([](Side side, auto, Arena&, std::span<Value> out) {
         if (side == Side::kLegacy) out[0] = Value::integer(out[0].as_int() + 1);
       })},
      {"a script that drops the last character",
       "lua",
       "create",
       {},
       then([](Side side, auto, Arena&, std::span<Value> out) {
         if (side == Side::kLegacy && !out[0].as_text().empty())
           out[0] = Value::text(out[0].as_text().substr(1));
       })},
      {"a null that is taken for an empty text", "expressions prefix", "",
       [](const Lens& good, Side side, std::span<const Value> cells, Arena& arena, Value& mid) {
         const Fit fit = good.get(side, cells, arena, mid);
         if (fit.ok() && mid.is_null() && side == Side::kLegacy) mid = Value::text("x-");
         return fit;
       }},
  };
}

std::vector<Mutant> flag_mutants() {
  return {
      {"bits without a flag that are lost",
       "bits",
       "create",
       [](const Lens& good, Side side, std::span<const Value> cells, Arena& arena, Value& mid) {
         if (side == Side::kPlatform) return good.get(side, cells, arena, mid);
         mid = cells[0];
         return Fit{};
       },
       {}},
      {"flags in the wrong order",
       "bits",
       "create",
       {},
       then([](Side side, auto, Arena&, std::span<Value> out) {
         if (side == Side::kPlatform) std::swap(out[0], out[1]);
       })},
      {"a list that forgets its last name",
       "bits array",
       "create",
       {},
       then([](Side side, auto, Arena&, std::span<Value> out) {
         if (side == Side::kPlatform) out[0] = Value::other("{admin}");
       })},
  };
}

std::vector<Mutant> pack_mutants() {
  return {
      {"a member that is not read",
       "pack",
       "create",
       [](const Lens& good, Side side, std::span<const Value> cells, Arena& arena, Value& mid) {
         const Fit fit = good.get(side, cells, arena, mid);
         if (fit.ok() && !mid.is_null() && side == Side::kPlatform)
           mid = Value::json("[\"Main St 1\", null]");
         return fit;
       },
       {}},
      {"members in the wrong order",
       "pack",
       "create",
       {},
       then([](Side side, auto, Arena&, std::span<Value> out) {
         if (side == Side::kLegacy) std::swap(out[0], out[1]);
       })},
      {"numbers as texts",
       "pack types",
       "create",
       {},
       then([](Side side, auto, Arena&, std::span<Value> out) {
         if (side == Side::kPlatform) out[0] = Value::json("{\"address\": {\"zip\": \"1.50\"}}");
       })},
  };
}

std::vector<Mutant> pattern_mutants() {
  return {
      {"groups rendered in the wrong order",
       "pattern swapped",
       "create",
       {},
       then([](Side side, auto, Arena& arena, std::span<Value> out) {
         if (side == Side::kPlatform) return;
         const std::string_view text = out[0].as_text();
         const std::size_t comma = text.find(", ");
         std::string swapped(text.substr(comma + 2));
         swapped += ", ";
         swapped += text.substr(0, comma);
         out[0] = Value::text(arena.copy(swapped));
       })},
      {"a match of a part of the text", "pattern", "create",
       [](const Lens& good, Side side, std::span<const Value> cells, Arena& arena, Value& mid) {
         if (side == Side::kPlatform) return good.get(side, cells, arena, mid);
         const Value start = Value::text(cells[0].as_text().substr(0, 8));
         return good.get(side, {&start, 1}, arena, mid);
       }},
  };
}

std::vector<Mutant> circle_mutants() {
  return {
      {"latitude first in the shape",
       "circle_polygon",
       "create",
       {},
       then([](Side side, auto, Arena&, std::span<Value> out) {
         if (side == Side::kPlatform) std::swap(out[0], out[1]);
       })},
      {"a radius that is cut and not rounded", "circle_polygon", "",
       [](const Lens& good, Side side, std::span<const Value> cells, Arena& arena, Value& mid) {
         const Fit fit = good.get(side, cells, arena, mid);
         if (fit.ok() && !mid.is_null() && side == Side::kPlatform)
           mid = Value::text(mid.as_text().substr(0, mid.as_text().size() - 2));
         return fit;
       }},
  };
}

std::vector<Mutant> one_way_mutants() {
  const auto masked = [](const Lens& good, Side side, std::span<const Value> cells, Arena& arena,
                         Value& mid) {
    const Fit fit = good.get(side, cells, arena, mid);
    if (!fit.ok() || mid.is_null() || side == Side::kLegacy) return fit;
    std::string text(mid.as_text());
    std::ranges::fill(text, '*');
    mid = Value::text(arena.copy(text));
    return Fit{};
  };
  return {
      {"a mask that is applied to what was masked", "mask", "create", masked, {}},
      {"a hash that is written short",
       "hash",
       "create",
       {},
       then([](Side side, auto, Arena&, std::span<Value> out) {
         if (side == Side::kPlatform) out[0] = Value::text(out[0].as_text().substr(0, 32));
       })},
      {"a text that is cut on the way there only",
       "truncate",
       "create",
       {},
       then([](Side side, auto, Arena&, std::span<Value> out) {
         if (side == Side::kPlatform) out[0] = Value::text(out[0].as_text().substr(0, 1));
       })},
      {"a one-way operator that writes back",
       "mask",
       "create",
       {},
       [](const Lens& good, Side side, const Value& mid, std::span<const Value> old, Arena& arena,
          std::span<Value> out) {
         if (side == Side::kPlatform || mid.is_null())
           return good.create(side, mid, old, arena, out);
         out[0] = mid;
         return Fit{};
       }},
  };
}

void expect_refuted(const std::vector<Mutant>& mutants) {
  for (const Mutant& mutant : mutants) {
    SCOPED_TRACE(mutant.what);
    const LawCase& law = law_case(mutant.law_case);
    LawCount count;
    const Twin twin(lens_of(law.spec), mutant.get, mutant.create);
    const auto broken = broken_on_edges(twin, law, count);
    ASSERT_TRUE(broken.has_value());
    EXPECT_THAT(*broken, HasSubstr(mutant.law));
  }
}

TEST(LensMutants, OfCopyAndDomainAreRefuted) { expect_refuted(copy_mutants()); }
TEST(LensMutants, OfEnumAndCanonAreRefuted) { expect_refuted(table_mutants()); }
TEST(LensMutants, OfScaleAreRefuted) { expect_refuted(number_mutants()); }
TEST(LensMutants, OfTzAndEpochAreRefuted) { expect_refuted(time_mutants()); }
TEST(LensMutants, OfJoinJsonAndPointAreRefuted) { expect_refuted(document_mutants()); }

TEST(LensMutants, OfExpressionsAreRefuted) { expect_refuted(expression_mutants()); }
TEST(LensMutants, OfBitsAreRefuted) { expect_refuted(flag_mutants()); }

TEST(LensMutants, OfPackAreRefuted) { expect_refuted(pack_mutants()); }

TEST(LensMutants, OfPatternAreRefuted) { expect_refuted(pattern_mutants()); }
TEST(LensMutants, OfCirclePolygonAreRefuted) { expect_refuted(circle_mutants()); }
TEST(LensMutants, OfMaskHashAndTruncateAreRefuted) { expect_refuted(one_way_mutants()); }

// What `keep: false` gives up: only a bijection keeps GetPut without it.
TEST(LensMutants, WithoutKeepOnlyBijectionsAreLawful) {
  const std::pair<const char*, const char*> kCases[] = {{"join name", "GetPut"},
                                                        {"enum", "GetPut"},
                                                        {"bits array", "GetPut"},
                                                        {"tz later", "GetPut"},
                                                        {"canon trim lower", "GetPut"},
                                                        {"copy int4 to int4", ""},
                                                        {"pattern", ""}};
  for (const auto& [name, law] : kCases) {
    LawCase fresh = law_case(name);
    fresh.spec.keep = false;
    LawCount count;
    const auto broken = broken_on_edges(*lens_of(fresh.spec), fresh, count);
    EXPECT_EQ(broken.has_value(), *law != '\0') << name << " " << broken.value_or("");
    EXPECT_THAT(broken.value_or(""), HasSubstr(law)) << name;
  }
}

// put() turns a broken create() into a refusal: the wrong cell is never written.
TEST(LensMutants, WriteNothingThroughPut) {
  const Mutant mutant = table_mutants().front();
  const Twin twin(lens_of(law_case(mutant.law_case).spec), {}, mutant.create);
  Arena arena;
  Value mid;
  const Value active = Value::text("active");
  ASSERT_TRUE(twin.get(Side::kPlatform, {&active, 1}, arena, mid).ok());
  Value out;
  EXPECT_FALSE(twin.put(Side::kLegacy, mid, {}, arena, {&out, 1}).ok());
}

}  // namespace
}  // namespace atlas
