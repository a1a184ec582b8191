// What snapshots show: stamped scans, ordered keys, rows by key.

#include "endpoint/conformance_cases_testing.h"
#include "model/text_form.h"

#include <gmock/gmock.h>

#include <algorithm>

namespace atlas::conformance {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> texts(const KeyPage& page) {
  std::vector<std::string> out;
  out.reserve(page.keys.size());
  for (const KeyVersion& found : page.keys) out.push_back(key_text(found.key));
  return out;
}

// Ids with stamps in seconds after kNewYear; nullopt is a null stamp.
void insert_stamped(World& world,
                    const std::vector<std::pair<std::int64_t, std::optional<int>>>& rows) {
  Arena arena;
  std::vector<PersonRow> people;
  for (const auto& [id, seconds] : rows) {
    PersonRow row = person(id, arena);
    row[5] = seconds ? Value::instant(kNewYear + *seconds * kSecond) : Value();
    people.push_back(std::move(row));
  }
  world.fixture.insert(world.table, people);
}

// Walks the whole scan in pages, going on from the last row of each.
std::vector<std::string> walk(Snapshot& snapshot, const TableShape& shape, StampPosition from,
                              std::size_t limit) {
  std::vector<std::string> out;
  Arena arena;
  while (true) {
    const KeyPage page = must(snapshot.changed(shape, from, limit));
    for (const std::string& text : texts(page)) out.push_back(text);
    if (page.end) return out;
    from.stamp = page.keys.back().stamp.copy_to(arena);
    from.key = Key(page.keys.back().key);
  }
}

void ChangedComesByStampThenKey(EndpointFixture& fixture) {
  World world(fixture);
  insert_stamped(world, {{1, 30}, {2, 10}, {3, 10}, {4, std::nullopt}, {5, 20}, {6, 10}});
  const auto snapshot = must(world.endpoint->snapshot());
  for (const std::size_t limit : {1U, 2U, 3U, 100U}) {
    EXPECT_THAT(walk(*snapshot, world.shape, {}, limit), ElementsAre("2", "3", "6", "5", "1"))
        << "pages of " << limit;
  }
}

void ChangedGoesOnInsideATie(EndpointFixture& fixture) {
  World world(fixture);
  insert_stamped(world, {{1, 10}, {2, 10}, {3, 10}, {4, 11}});
  const auto snapshot = must(world.endpoint->snapshot());
  const StampPosition inside{.stamp = Value::instant(kNewYear + 10 * kSecond), .key = int_key(2)};
  EXPECT_THAT(texts(must(snapshot->changed(world.shape, inside, 10))), ElementsAre("3", "4"));
}

void ChangedWithoutAKeyStartsAtTheStampItself(EndpointFixture& fixture) {
  World world(fixture);
  insert_stamped(world, {{1, 9}, {2, 10}, {3, 10}, {4, 11}});
  const auto snapshot = must(world.endpoint->snapshot());
  const StampPosition at{.stamp = Value::instant(kNewYear + 10 * kSecond), .key = {}};
  EXPECT_THAT(texts(must(snapshot->changed(world.shape, at, 10))), ElementsAre("2", "3", "4"));
}

void ChangedGivesStampsAndVersions(EndpointFixture& fixture) {
  World world(fixture);
  insert_stamped(world, {{1, 10}});
  const auto snapshot = must(world.endpoint->snapshot());
  const KeyPage page = must(snapshot->changed(world.shape, {}, 10));
  ASSERT_EQ(page.keys.size(), 1U);
  EXPECT_TRUE(page.end);
  EXPECT_EQ(page.keys[0].stamp, Value::instant(kNewYear + 10 * kSecond));
  EXPECT_EQ(page.keys[0].version.stamp_us, kNewYear + 10 * kSecond);
  EXPECT_NE(page.keys[0].version.token, 0U);
  EXPECT_EQ(page.keys[0].version, world.version(world.shape, 1))
      << "a scan and a read show one version";
}

void ScansStayInScopeAndReadsDoNot(EndpointFixture& fixture) {
  World world(fixture);
  Arena arena;
  std::vector<PersonRow> rows = {person(1, arena), person(2, arena), person(3, arena)};
  rows[1][1] = Value::integer(2);
  fixture.insert(world.table, rows);
  TableShape scoped = world.shape;
  scoped.scope.push_back({.column = scoped.column("tenant"), .value = Value::integer(1)});
  const auto snapshot = must(world.endpoint->snapshot());
  EXPECT_THAT(texts(must(snapshot->changed(scoped, {}, 10))), ElementsAre("1", "3"));
  EXPECT_THAT(texts(must(snapshot->keys(scoped, {}, 10))), ElementsAre("1", "3"));
  EXPECT_EQ(must(snapshot->scan(scoped, {}, 10)).size(), 2U);
  const std::vector<Key> keys = int_keys({2});
  EXPECT_EQ(must(snapshot->read(scoped, views(keys))).size(), 1U);
}

// Whatever the database's collation: bytes decide.
void TextKeysComeInBytewiseOrder(EndpointFixture& fixture) {
  const TestTable table{
      .name = "word",
      .columns = {{.name = "w", .type = test_type(TypeKind::kText), .not_null = true}},
      .key = {"w"},
      .stamp = {}};
  World world(fixture, table);
  const std::vector<std::string> words = {"",   "Z", "Zz", "a", "a b",  "a'b",
                                          "aa", "b", "ß",  "é", "日本", "\xF0\x9F\x99\x82"};
  std::vector<std::vector<Value>> rows;
  rows.reserve(words.size());
  for (const std::string& word : words) rows.push_back({Value::text(word)});
  fixture.insert(table, rows);
  const auto snapshot = must(world.endpoint->snapshot());
  std::vector<std::string> seen;
  Key after;
  while (true) {
    const KeyPage page = must(snapshot->keys(world.shape, after, 5));
    for (const KeyVersion& found : page.keys) seen.push_back(Key(found.key));
    if (page.end) break;
    after = Key(page.keys.back().key);
  }
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
  EXPECT_EQ(seen.size(), words.size());
}

void KeysOfEveryKindComeInEncodedOrder(EndpointFixture& fixture) {
  const TestTable table{
      .name = "pair",
      .columns = {{.name = "a", .type = test_type(TypeKind::kInt4), .not_null = true},
                  {.name = "b", .type = test_type(TypeKind::kUuid), .not_null = true}},
      .key = {"a", "b"},
      .stamp = {}};
  World world(fixture, table);
  Arena arena;
  std::vector<std::vector<Value>> rows;
  for (const int a : {-2147483647, -1, 0, 7, 2147483647}) {
    for (const std::string_view b :
         {"00000000-0000-0000-0000-000000000001", "7f000000-0000-0000-0000-000000000000",
          "ff000000-0000-0000-0000-000000000000"}) {
      rows.push_back({Value::integer(a), Value::uuid(*parse_uuid(b), arena)});
    }
  }
  fixture.insert(table, rows);
  const auto snapshot = must(world.endpoint->snapshot());
  const KeyPage first = must(snapshot->keys(world.shape, {}, 7));
  ASSERT_EQ(first.keys.size(), 7U);
  EXPECT_FALSE(first.end);
  const KeyPage rest = must(snapshot->keys(world.shape, first.keys.back().key, 100));
  ASSERT_EQ(rest.keys.size(), rows.size() - 7);
  EXPECT_TRUE(rest.end);
  std::vector<Key> all;
  for (const auto& page : {std::cref(first), std::cref(rest)}) {
    for (const KeyVersion& found : page.get().keys) all.emplace_back(found.key);
  }
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end()));
  const Rows read = must(snapshot->read(world.shape, views(all)));
  EXPECT_EQ(read.size(), rows.size()) << "composite keys are found by read";
  for (const Key& key : all) EXPECT_GE(read.find(key), 0);
}

void ReadLeavesOutAbsentKeys(EndpointFixture& fixture) {
  World world(fixture);
  Arena arena;
  fixture.insert(world.table, std::vector<PersonRow>{person(1, arena), person(3, arena)});
  const Rows rows = world.read(world.shape, {1, 2, 3, 4});
  ASSERT_EQ(rows.size(), 2U);
  ASSERT_GE(rows.find(int_key(3)), 0);
  EXPECT_LT(rows.find(int_key(2)), 0);
  const auto three = rows.row(static_cast<std::size_t>(rows.find(int_key(3))));
  EXPECT_EQ(three[world.shape.column("name")], Value::text("name 3"));
  EXPECT_THAT(must(must(world.endpoint->snapshot())->read(world.shape, {})).size(), 0U);
}

void OversizedRowsStayUnread(EndpointFixture& fixture) {
  World world(fixture);
  Arena arena;
  std::vector<PersonRow> rows = {person(1, arena), person(2, arena)};
  const std::string big(20'000, 'x');
  rows[1][2] = Value::text(big);
  fixture.insert(world.table, rows);
  TableShape shape = world.shape;
  shape.row_bytes_max = 10'000;
  const Rows read = world.read(shape, {1, 2});
  ASSERT_EQ(read.size(), 2U);
  const auto small = static_cast<std::size_t>(read.find(int_key(1)));
  const auto large = static_cast<std::size_t>(read.find(int_key(2)));
  EXPECT_FALSE(read.oversized(small));
  EXPECT_TRUE(read.oversized(large));
  EXPECT_TRUE(read.row(large)[shape.column("name")].is_null());
  EXPECT_TRUE(read.row(large)[shape.column("points")].is_null());
  EXPECT_EQ(read.version(large), world.version(world.shape, 2)) << "its version is real";
  const Rows scanned = must(must(world.endpoint->snapshot())->scan(shape, {}, 10));
  ASSERT_EQ(scanned.size(), 2U);
  EXPECT_TRUE(scanned.oversized(1));
}

void ASnapshotIsOneMoment(EndpointFixture& fixture) {
  World world(fixture);
  Arena arena;
  fixture.insert(world.table, std::vector<PersonRow>{person(1, arena)});
  const auto snapshot = must(world.endpoint->snapshot());
  const Value key = Value::integer(1);
  fixture.update(world.table, {&key, 1}, "name", Value::text("later"));
  fixture.insert(world.table, std::vector<PersonRow>{person(2, arena)});
  const Rows rows = must(snapshot->scan(world.shape, {}, 10));
  ASSERT_EQ(rows.size(), 1U) << "fixed when it was opened, not at the first read";
  EXPECT_EQ(rows.row(0)[world.shape.column("name")], Value::text("name 1"));
  EXPECT_EQ(must(must(world.endpoint->snapshot())->scan(world.shape, {}, 10)).size(), 2U);
}

void ScanGivesFullRowsByKey(EndpointFixture& fixture) {
  World world(fixture);
  Arena arena;
  fixture.insert(world.table,
                 std::vector<PersonRow>{person(3, arena), person(1, arena), person(2, arena)});
  const auto snapshot = must(world.endpoint->snapshot());
  const Rows first = must(snapshot->scan(world.shape, {}, 2));
  ASSERT_EQ(first.size(), 2U);
  EXPECT_EQ(key_text(first.key(0)), "1");
  EXPECT_EQ(key_text(first.key(1)), "2");
  const Rows rest = must(snapshot->scan(world.shape, first.key(1), 2));
  ASSERT_EQ(rest.size(), 1U);
  EXPECT_EQ(rest.row(0)[world.shape.column("email")], Value::text("3@example.org"));
  EXPECT_EQ(rest.stamp(0), Value::instant(kNewYear));
}

void NaiveStampsBecomeInstantsByTheirZone(EndpointFixture& fixture) {
  const TestTable table{
      .name = "local",
      .columns = {{.name = "id", .type = test_type(TypeKind::kInt4), .not_null = true},
                  {.name = "at", .type = test_type(TypeKind::kTimestamp)}},
      .key = {"id"},
      .stamp = "at"};
  World world(fixture, table);
  fixture.insert(table,
                 std::vector<std::vector<Value>>{{Value::integer(1), Value::timestamp(kNewYear)}});
  world.shape.stamp_zone.zone = must(find_zone("Europe/Berlin"));
  const KeyPage page = must(must(world.endpoint->snapshot())->changed(world.shape, {}, 10));
  ASSERT_EQ(page.keys.size(), 1U);
  EXPECT_EQ(page.keys[0].stamp, Value::timestamp(kNewYear));
  EXPECT_EQ(page.keys[0].version.stamp_us, kNewYear - 3600 * kSecond);
}

void DescribeKnowsColumnsAndKeys(EndpointFixture& fixture) {
  World world(fixture);
  const auto infos = must(world.endpoint->describe({&world.name, 1}));
  ASSERT_EQ(infos.size(), 1U);
  const TableInfo& info = infos[0];
  EXPECT_EQ(info.table, world.name);
  ASSERT_EQ(info.columns.size(), world.table.columns.size());
  for (std::size_t i = 0; i < info.columns.size(); ++i) {
    EXPECT_EQ(info.columns[i].name, world.table.columns[i].name);
    EXPECT_EQ(info.columns[i].type.kind, world.table.columns[i].type.kind) << info.columns[i].name;
    EXPECT_EQ(info.columns[i].not_null, world.table.columns[i].not_null) << info.columns[i].name;
  }
  EXPECT_THAT(info.primary_key, ElementsAre("id"));
  EXPECT_TRUE(std::any_of(info.uniques.begin(), info.uniques.end(), [](const UniqueInfo& unique) {
    return !unique.primary && unique.plain && unique.columns == std::vector<std::string>{"email"};
  }));
  EXPECT_NE(info.fingerprint, 0U);
  EXPECT_EQ(must(world.endpoint->describe({&world.name, 1}))[0].fingerprint, info.fingerprint);
}

void DescribeNamesTheMissingTable(EndpointFixture& fixture) {
  World world(fixture);
  TableName missing = world.name;
  missing.name = "nobody";
  const std::vector<TableName> names = {world.name, missing};
  const auto infos = world.endpoint->describe(names);
  ASSERT_FALSE(infos);
  EXPECT_EQ(infos.error().code(), Code::kTableMissing);
  EXPECT_NE(infos.error().line().find("nobody"), std::string::npos);
}

// E26: what refers to a row is asked by any columns, scope or not; a flag may exempt dead rows.
void ReferredNamesTheValuesThatSomeRowHolds(EndpointFixture& fixture) {
  World world(fixture);
  Arena arena;
  std::vector<PersonRow> people;
  for (const std::int64_t id : {1, 2, 3}) people.push_back(person(id, arena));
  people[0][3] = Value::integer(7);
  people[1][3] = Value::integer(7);
  people[1][1] = Value::integer(2);  // another tenant's
  people[2][3] = Value::integer(9);
  people[2][5] = Value();
  world.fixture.insert(world.table, people);
  TableShape by_points = world.shape;
  by_points.key = {by_points.column("points")};
  const auto snapshot = must(world.endpoint->snapshot());
  const std::vector<Key> values = int_keys({5, 7, 8, 9});
  EXPECT_THAT(must(snapshot->referred(by_points, views(values), std::nullopt)), ElementsAre(1, 3));
  EXPECT_THAT(must(snapshot->referred(by_points, views(values), by_points.column("updated"))),
              ElementsAre(3))
      << "rows whose flag is set do not count";
  EXPECT_THAT(must(snapshot->referred(by_points, {}, std::nullopt)), IsEmpty());
}

}  // namespace

std::vector<Case> scan_cases() {
#define ATLAS_CASE(claim) \
  Case { #claim, claim }
  return {ATLAS_CASE(ReferredNamesTheValuesThatSomeRowHolds),
          ATLAS_CASE(ChangedComesByStampThenKey),
          ATLAS_CASE(ChangedGoesOnInsideATie),
          ATLAS_CASE(ChangedWithoutAKeyStartsAtTheStampItself),
          ATLAS_CASE(ChangedGivesStampsAndVersions),
          ATLAS_CASE(ScansStayInScopeAndReadsDoNot),
          ATLAS_CASE(TextKeysComeInBytewiseOrder),
          ATLAS_CASE(KeysOfEveryKindComeInEncodedOrder),
          ATLAS_CASE(ReadLeavesOutAbsentKeys),
          ATLAS_CASE(OversizedRowsStayUnread),
          ATLAS_CASE(ASnapshotIsOneMoment),
          ATLAS_CASE(ScanGivesFullRowsByKey),
          ATLAS_CASE(NaiveStampsBecomeInstantsByTheirZone),
          ATLAS_CASE(DescribeKnowsColumnsAndKeys),
          ATLAS_CASE(DescribeNamesTheMissingTable)};
#undef ATLAS_CASE
}

}  // namespace atlas::conformance
