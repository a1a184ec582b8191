#include "endpoint/conformance.h"

#include "endpoint/conformance_cases_testing.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace atlas {
namespace {

class ConformanceTest : public testing::Test {
 public:
  ConformanceTest(const conformance::Case& which, EndpointFixtureFactory factory)
      : case_(which), factory_(std::move(factory)) {}
  void TestBody() override { case_.run(*factory_()); }

 private:
  conformance::Case case_;
  EndpointFixtureFactory factory_;
};

std::string type_name(TypeKind kind, int size, int scale) {
  switch (kind) {
    case TypeKind::kBool:
      return "boolean";
    case TypeKind::kInt2:
      return "smallint";
    case TypeKind::kInt4:
      return "integer";
    case TypeKind::kInt8:
      return "bigint";
    case TypeKind::kNumeric:
      return size == 0 ? "numeric"
                       : "numeric(" + std::to_string(size) + "," + std::to_string(scale) + ")";
    case TypeKind::kFloat4:
      return "real";
    case TypeKind::kFloat8:
      return "double precision";
    case TypeKind::kVarchar:
      return size == 0 ? "character varying" : "character varying(" + std::to_string(size) + ")";
    case TypeKind::kChar:
      return "character(" + std::to_string(size) + ")";
    case TypeKind::kTime:
      return "time without time zone";
    case TypeKind::kTimestamp:
      return "timestamp without time zone";
    case TypeKind::kTimestampTz:
      return "timestamp with time zone";
    case TypeKind::kText:
    case TypeKind::kBytea:
    case TypeKind::kDate:
    case TypeKind::kInterval:
    case TypeKind::kUuid:
    case TypeKind::kJson:
    case TypeKind::kJsonb:
      return std::string(type_kind_name(kind));
    case TypeKind::kArray:
    case TypeKind::kEnum:
    case TypeKind::kOther:
      break;
  }
  throw std::logic_error("a test type of this kind needs a name of its own");
}

}  // namespace

bool register_endpoint_conformance(std::string_view product,
                                   const EndpointFixtureFactory& factory) {
  for (const auto& cases :
       {conformance::scan_cases(), conformance::apply_cases(), conformance::instance_cases(),
        conformance::fence_cases(), conformance::type_cases()}) {
    for (const conformance::Case& which : cases) {
      // gtest owns the test that the factory gives.
      [[maybe_unused]] const auto make = [which, factory]() -> ConformanceTest* {
        return std::make_unique<ConformanceTest>(which, factory).release();
      };
#ifndef __clang_analyzer__  // it takes gtest's factory, which gtest keeps, for lost
      testing::RegisterTest((std::string(product) + "Endpoint").c_str(), which.claim, nullptr,
                            nullptr, __FILE__, __LINE__, make);
#endif
    }
  }
  return true;
}

Type test_type(TypeKind kind, int size, int scale) {
  Type type;
  type.kind = kind;
  type.name = type_name(kind, size, scale);
  type.size = kind == TypeKind::kTime || is_stamp(kind) ? (size == 0 ? 6 : size) : size;
  type.scale = scale;
  return type;
}

TableShape shape_of(Endpoint& endpoint, const TestTable& table, const TableName& name) {
  const auto infos = endpoint.describe({&name, 1});
  if (!infos) throw std::runtime_error(infos.error().line());
  const TableInfo& info = infos->front();
  TableShape shape;
  shape.table = name;
  for (const ColumnInfo& column : info.columns) shape.columns.push_back({column.name, column.type});
  for (const std::string& key : table.key) {
    shape.key.push_back(shape.column(key));
    if (table.key_sequence) shape.key_sequence = info.column(key)->sequence;
  }
  if (!table.stamp.empty()) shape.stamp = shape.column(table.stamp);
  shape.fingerprint = info.fingerprint;
  return shape;
}

TestGroup::TestGroup(const TableShape& shape, WriteKind kind,
                     const std::vector<std::string_view>& columns) {
  group_.shape = &shape;
  group_.kind = kind;
  for (const std::string_view column : columns) group_.columns.push_back(shape.column(column));
}

TestGroup& TestGroup::add(std::span<const Value> key, RowVersion guard,
                          std::span<const Value> cells, std::uint32_t instance) {
  group_.keys.push_back(encode_key(key, arena_));
  group_.guards.push_back(guard);
  group_.instances.push_back(instance);
  group_.ordinals.push_back(static_cast<std::uint32_t>(group_.ordinals.size()));
  for (const Value& cell : cells) group_.cells.push_back(cell.copy_to(arena_));
  return *this;
}

}  // namespace atlas

namespace atlas::conformance {

TestTable person_table() {
  return {.name = "person",
          .columns = {{.name = "id", .type = test_type(TypeKind::kInt8), .not_null = true},
                      {.name = "tenant", .type = test_type(TypeKind::kInt4), .not_null = true},
                      {.name = "name", .type = test_type(TypeKind::kText)},
                      {.name = "points", .type = test_type(TypeKind::kInt4)},
                      {.name = "email", .type = test_type(TypeKind::kText)},
                      {.name = "updated", .type = test_type(TypeKind::kTimestampTz)}},
          .key = {"id"},
          .stamp = "updated",
          .uniques = {{.name = "person_email_key", .columns = {"email"}}},
          .checks = {{.name = "person_points_check", .column = "points", .at_least = 0}},
          .references = {},
          .key_sequence = true};
}

PersonRow person(std::int64_t id, Arena& arena) {
  const std::string number = std::to_string(id);
  return {Value::integer(id),
          Value::integer(1),
          Value::text(arena.copy("name " + number)),
          Value::integer(5),
          Value::text(arena.copy(number + "@example.org")),
          Value::instant(kNewYear)};
}

World::World(EndpointFixture& f) : World(f, person_table()) {}

World::World(EndpointFixture& f, const TestTable& t)
    : fixture(f), table(t), name(f.create_table(t)), endpoint(f.open()) {
  must(endpoint->install());
  must(endpoint->raise_fence("tenant-a", {.epoch = {1}}));
  shape = shape_of(*endpoint, table, name);
}

std::unique_ptr<Transaction> World::begin(const TableShape& of) {
  return begin(std::vector<const TableShape*>{&of});
}

std::unique_ptr<Transaction> World::begin(std::vector<const TableShape*> shapes) {
  ++batch;
  return must(endpoint->begin(last_ticket(), shapes));
}

std::vector<std::vector<WriteResult>> World::apply(std::vector<const TableShape*> shapes,
                                                   const std::vector<WriteGroup>& groups) {
  const std::unique_ptr<Transaction> transaction = begin(std::move(shapes));
  auto results = must(transaction->apply(groups));
  const CommitAnswer answer = transaction->commit();
  if (answer.outcome != CommitOutcome::kCommitted) throw std::runtime_error("not committed");
  return results;
}

Rows World::read(const TableShape& of, const std::vector<std::int64_t>& ids) {
  const std::vector<Key> keys = int_keys(ids);
  return must(must(endpoint->snapshot())->read(of, views(keys)));
}

RowVersion World::version(const TableShape& of, std::int64_t id) {
  const Rows rows = read(of, {id});
  if (rows.size() != 1) throw std::runtime_error("the row is not there");
  return rows.version(0);
}

Key int_key(std::int64_t id) {
  const Value value = Value::integer(id);
  return encode_key({&value, 1});
}

std::vector<Key> int_keys(const std::vector<std::int64_t>& ids) {
  std::vector<Key> keys;
  keys.reserve(ids.size());
  for (const std::int64_t id : ids) keys.push_back(int_key(id));
  return keys;
}

std::vector<KeyView> views(const std::vector<Key>& keys) { return {keys.begin(), keys.end()}; }

void must(Result<> result) {
  if (!result) throw std::runtime_error(result.error().line());
}

}  // namespace atlas::conformance
