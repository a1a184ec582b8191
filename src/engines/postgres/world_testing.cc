#include "engines/postgres/world_testing.h"

#include <fmt/format.h>

namespace atlas::postgres {

void must(Result<> result) {
  if (!result) throw std::runtime_error(result.error().line());
}

Key int_key(std::int64_t id) {
  const Value value = Value::integer(id);
  return encode_key({&value, 1});
}

Accounts::Accounts(const std::string& dsn, std::int64_t rows)
    : user(std::make_unique<PostgresUser>(dsn)) {
  (void)user->query(fmt::format(R"(
create schema app;
create table app.account (id int4 primary key, owner text, balance int4 check (balance >= 0), updated timestamptz);
insert into app.account select i, 'owner ' || i, i, now() - interval '1 day' from generate_series(1, {}) i;)",
                                rows));
  options.dsn = Secret(dsn);
  options.name = "test.main";
  endpoint = open(options);
  must(endpoint->install());
  must(endpoint->raise_fence("tenant-a", {.epoch = {1}}));
  const TestTable table{.name = "account", .columns = {}, .key = {"id"}, .stamp = "updated"};
  shape = shape_of(*endpoint, table, {.schema = "app", .name = "account"});
}

std::unique_ptr<Endpoint> Accounts::open(const PostgresOptions& with) const {
  return must(PostgresEndpoint::open(with));
}

Result<std::unique_ptr<Transaction>> Accounts::begin() {
  ++batch;
  const TableShape* table = &shape;
  return endpoint->begin(ticket(), {&table, 1});
}

RowVersion Accounts::version(std::int64_t id) {
  const Key key = int_key(id);
  const KeyView view = key;
  const Rows rows = must(must(endpoint->snapshot())->read(shape, {&view, 1}));
  if (rows.size() != 1) throw std::runtime_error("the row is not there");
  return rows.version(0);
}

TestGroup Accounts::rename(const std::vector<std::int64_t>& ids, std::string_view to) {
  TestGroup group(shape, WriteKind::kUpdate, {"owner"});
  std::uint32_t instance = 0;
  for (const std::int64_t id : ids) {
    const Value key = Value::integer(id);
    const Value cell = Value::text(to);
    group.add({&key, 1}, version(id), {&cell, 1}, instance++);
  }
  return group;
}

}  // namespace atlas::postgres
