// Every type, both ways: what a user wrote is read unchanged, what we wrote is what a user reads
// (RELIABILITY F15).

#include "endpoint/conformance_cases_testing.h"
#include "model/calendar.h"
#include "model/text_form.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

namespace atlas::conformance {
namespace {

// Cells that are equal, bit by bit where == is not enough.
void expect_same(const Value& actual, const Value& expected, const Type& type) {
  EXPECT_EQ(actual, expected) << type.name << ": " << value_text(actual) << " is not "
                              << value_text(expected);
  if (expected.tag() == Tag::kFloat && actual.tag() == Tag::kFloat) {
    EXPECT_EQ(std::signbit(actual.as_float()), std::signbit(expected.as_float()))
        << value_text(expected);
  }
}

void round_trip(EndpointFixture& fixture, const Type& type, std::vector<Value> values) {
  values.emplace_back();  // null is not empty
  std::erase_if(values, [&](const Value& value) { return !fixture.holds(type, value); });
  TestTable theirs{.name = "theirs",
                   .columns = {{.name = "id", .type = test_type(TypeKind::kInt8), .not_null = true},
                               {.name = "v", .type = type}},
                   .key = {"id"},
                   .stamp = {}};
  TestTable ours = theirs;
  ours.name = "ours";
  World world(fixture, theirs);
  const TableShape target = shape_of(*world.endpoint, ours, fixture.create_table(ours));

  std::vector<std::vector<Value>> rows;
  std::vector<std::int64_t> ids;
  for (std::size_t i = 0; i < values.size(); ++i) {
    ids.push_back(static_cast<std::int64_t>(i));
    rows.push_back({Value::integer(ids.back()), values[i]});
  }
  fixture.insert(theirs, rows);
  const Rows read = world.read(world.shape, ids);
  ASSERT_EQ(read.size(), values.size());
  for (const std::int64_t id : ids) {
    const auto at = read.find(int_key(id));
    ASSERT_GE(at, 0);
    expect_same(read.row(static_cast<std::size_t>(at))[1], values[static_cast<std::size_t>(id)],
                type);
  }

  // Half by insert, half by an update of a row that holds null.
  TestGroup inserts(target, WriteKind::kInsert, {"id", "v"});
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::array cells = {Value::integer(ids[i]), i % 2 == 0 ? values[i] : Value()};
    inserts.add({cells.data(), 1}, {}, cells, static_cast<std::uint32_t>(i));
  }
  const auto inserted = world.apply({&target}, {inserts.group()});
  TestGroup updates(target, WriteKind::kUpdate, {"v"});
  for (std::size_t i = 1; i < values.size(); i += 2) {
    ASSERT_EQ(inserted[0][i].status, WriteStatus::kApplied);
    const Value key = Value::integer(ids[i]);
    updates.add({&key, 1}, inserted[0][i].version, {&values[i], 1}, static_cast<std::uint32_t>(i));
  }
  const auto updated = world.apply({&target}, {updates.group()});
  for (const WriteResult& result : updated[0]) {
    EXPECT_EQ(result.status, WriteStatus::kApplied) << type.name;
  }
  Arena arena;
  const auto seen = fixture.rows(ours, arena);
  ASSERT_EQ(seen.size(), values.size()) << type.name;
  for (std::size_t i = 0; i < seen.size(); ++i) expect_same(seen[i][1], values[i], type);
}

void BooleansRoundTrip(EndpointFixture& fixture) {
  round_trip(fixture, test_type(TypeKind::kBool), {Value::boolean(true), Value::boolean(false)});
}
void SmallintsRoundTrip(EndpointFixture& fixture) {
  round_trip(fixture, test_type(TypeKind::kInt2),
             {Value::integer(-32768), Value::integer(0), Value::integer(32767)});
}
void IntegersRoundTrip(EndpointFixture& fixture) {
  round_trip(fixture, test_type(TypeKind::kInt4),
             {Value::integer(-2147483648LL), Value::integer(0), Value::integer(2147483647)});
}
void BigintsRoundTrip(EndpointFixture& fixture) {
  round_trip(fixture, test_type(TypeKind::kInt8),
             {Value::integer(std::numeric_limits<std::int64_t>::min()),
              Value::integer(std::numeric_limits<std::int64_t>::max()),
              Value::integer((std::int64_t{1} << 53) + 1), Value::integer(-1)});
}

void BoundedDecimalsRoundTrip(EndpointFixture& fixture) {
  round_trip(
      fixture, test_type(TypeKind::kNumeric, 38, 10),
      {Value::decimal("1234567890123456789012345678.0123456789"), Value::decimal("-0.0000000001"),
       Value::decimal("0.0000000000"), Value::decimal("10000.0000000000"),
       Value::decimal("-9999.9999000000"), Value::decimal("NaN")});
}
void UnboundedDecimalsRoundTrip(EndpointFixture& fixture) {
  round_trip(fixture, test_type(TypeKind::kNumeric),
             {Value::decimal("0"), Value::decimal("1.0"), Value::decimal("1.00"),
              Value::decimal("-12.340"), Value::decimal("100000000"), Value::decimal("0.00001"),
              Value::decimal("0.000000000000000000000000000001"),
              Value::decimal("123456789012345678901234567890123456789012345678901234567890"),
              Value::decimal("10000"), Value::decimal("9999.9999"), Value::decimal("100020003"),
              Value::decimal("NaN"), Value::decimal("Infinity"), Value::decimal("-Infinity")});
}

void FloatsRoundTrip(EndpointFixture& fixture) {
  using limits = std::numeric_limits<double>;
  round_trip(fixture, test_type(TypeKind::kFloat8),
             {Value::floating(0.1), Value::floating(-0.0), Value::floating(0.0),
              Value::floating(limits::infinity()), Value::floating(-limits::infinity()),
              Value::floating(limits::quiet_NaN()), Value::floating(limits::max()),
              Value::floating(limits::denorm_min()), Value::floating(9007199254740993.0)});
}
void RealsRoundTrip(EndpointFixture& fixture) {
  round_trip(
      fixture, test_type(TypeKind::kFloat4),
      {Value::floating(0.1), Value::floating(-2.5),
       Value::floating(std::numeric_limits<double>::infinity()),
       Value::floating(std::numeric_limits<double>::quiet_NaN()), Value::floating(16777216)});
}

const std::vector<Value>& awkward_texts() {
  static const std::string long_text(100'000, 'q');
  static const std::vector<Value> texts = {Value::text(""),
                                           Value::text(" "),
                                           Value::text("it's; drop table \"x\" --"),
                                           Value::text("a\nb\tc\\"),
                                           Value::text("日本 \xF0\x9F\x99\x82 e\xCC\x81"),
                                           Value::text("NULL"),
                                           Value::text("{}"),
                                           Value::text(long_text)};
  return texts;
}
void TextsRoundTrip(EndpointFixture& fixture) {
  round_trip(fixture, test_type(TypeKind::kText), awkward_texts());
}
void VarcharsRoundTrip(EndpointFixture& fixture) {
  round_trip(fixture, test_type(TypeKind::kVarchar, 5),
             {Value::text(""), Value::text("日本語日本"), Value::text("ab ")});
}
void PaddedCharsRoundTrip(EndpointFixture& fixture) {
  round_trip(fixture, test_type(TypeKind::kChar, 5),
             {Value::text("abcde"), Value::text("日本語日本")});
}
void BytesRoundTrip(EndpointFixture& fixture) {
  using namespace std::string_view_literals;
  round_trip(fixture, test_type(TypeKind::kBytea),
             {Value::bytes(""sv), Value::bytes("\0"sv), Value::bytes("a\0b\0"sv),
              Value::bytes("\xFF\xFE\x80\\x00'"sv)});
}

void DatesRoundTrip(EndpointFixture& fixture) {
  round_trip(
      fixture, test_type(TypeKind::kDate),
      {Value::date(0), Value::date(days_from_civil({2024, 2, 29})),
       Value::date(days_from_civil({-43, 3, 15})), Value::date(days_from_civil({1, 1, 1})),
       Value::date(days_from_civil({0, 12, 31})), Value::date(days_from_civil({9999, 12, 31})),
       Value::date(kInfinity), Value::date(kMinusInfinity)});
}
void TimesRoundTrip(EndpointFixture& fixture) {
  round_trip(fixture, test_type(TypeKind::kTime),
             {Value::time(0), Value::time(1), Value::time(86'399'999'999),
              Value::time(86'400'000'000), Value::time(3'723'000'000)});
}

std::vector<std::int64_t> awkward_times() {
  return {0,
          1,
          -1,
          kNewYear,
          kNewYear + 123456,
          days_from_civil({-43, 3, 15}) * kMicrosPerDay + 12 * kMicrosPerHour,
          days_from_civil({1, 1, 1}) * kMicrosPerDay - 1,
          days_from_civil({9999, 12, 31}) * kMicrosPerDay,
          kInfinity,
          kMinusInfinity};
}
void NaiveTimestampsRoundTrip(EndpointFixture& fixture) {
  std::vector<Value> values;
  for (const std::int64_t us : awkward_times()) values.push_back(Value::timestamp(us));
  round_trip(fixture, test_type(TypeKind::kTimestamp), values);
}
void InstantsRoundTrip(EndpointFixture& fixture) {
  std::vector<Value> values;
  for (const std::int64_t us : awkward_times()) values.push_back(Value::instant(us));
  round_trip(fixture, test_type(TypeKind::kTimestampTz), values);
}
void IntervalsRoundTrip(EndpointFixture& fixture) {
  Arena arena;
  round_trip(
      fixture, test_type(TypeKind::kInterval),
      {Value::interval({}, arena), Value::interval({.micros = -1, .days = 1, .months = -14}, arena),
       Value::interval({.micros = 90'000'000'001, .days = -3, .months = 0}, arena),
       Value::interval({.micros = 0, .days = 0, .months = 12}, arena)});
}

void UuidsRoundTrip(EndpointFixture& fixture) {
  Arena arena;
  round_trip(fixture, test_type(TypeKind::kUuid),
             {Value::uuid(*parse_uuid("00000000-0000-0000-0000-000000000000"), arena),
              Value::uuid(*parse_uuid("ffffffff-ffff-ffff-ffff-ffffffffffff"), arena),
              Value::uuid(*parse_uuid("3f0c1d9e-5b0a-4c62-9d41-2f8e6a70b1c4"), arena)});
}
void JsonRoundTrips(EndpointFixture& fixture) {
  round_trip(
      fixture, test_type(TypeKind::kJson),
      {Value::json("null"), Value::json("{ \"b\":1, \"a\" : [1.0, 1.00, {\"x\":null}], \"b\":2 }"),
       Value::json("\"日本\"")});
}
void BinaryJsonRoundTrips(EndpointFixture& fixture) {
  round_trip(
      fixture, test_type(TypeKind::kJsonb),
      {Value::json("null"), Value::json("{\"a\": [1.0, 1.00, {\"x\": null}], \"b\": {\"c\": {}}}"),
       Value::json("[]"), Value::json("\"\xF0\x9F\x99\x82\"")});
}

}  // namespace

std::vector<Case> type_cases() {
#define ATLAS_CASE(claim) \
  Case { #claim, claim }
  return {ATLAS_CASE(BooleansRoundTrip),        ATLAS_CASE(SmallintsRoundTrip),
          ATLAS_CASE(IntegersRoundTrip),        ATLAS_CASE(BigintsRoundTrip),
          ATLAS_CASE(BoundedDecimalsRoundTrip), ATLAS_CASE(UnboundedDecimalsRoundTrip),
          ATLAS_CASE(FloatsRoundTrip),          ATLAS_CASE(RealsRoundTrip),
          ATLAS_CASE(TextsRoundTrip),           ATLAS_CASE(VarcharsRoundTrip),
          ATLAS_CASE(PaddedCharsRoundTrip),     ATLAS_CASE(BytesRoundTrip),
          ATLAS_CASE(DatesRoundTrip),           ATLAS_CASE(TimesRoundTrip),
          ATLAS_CASE(NaiveTimestampsRoundTrip), ATLAS_CASE(InstantsRoundTrip),
          ATLAS_CASE(IntervalsRoundTrip),       ATLAS_CASE(UuidsRoundTrip),
          ATLAS_CASE(JsonRoundTrips),           ATLAS_CASE(BinaryJsonRoundTrips)};
#undef ATLAS_CASE
}

}  // namespace atlas::conformance
