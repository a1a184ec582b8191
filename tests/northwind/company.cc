#include "tests/northwind/company.h"

#include "engines/postgres/server_testing.h"

#include <fmt/format.h>

#include <cstdlib>
#include <stdexcept>
#include <vector>

namespace atlas::e2e::northwind {
namespace {

PostgresServer& legacy_server() {
  static PostgresServer server({.fsync = false, .settings = {}});
  return server;
}

PostgresServer& platform_server() {
  static PostgresServer server({.fsync = false, .settings = {}});
  return server;
}

std::string file(const std::string& name) {
  return read_text(std::string(ATLAS_TEST_SOURCE_DIR) + "/tests/northwind/" + name);
}

void copy_table(Sql& from, Sql& to, const std::string& table) {
  const std::string rows =
      from.one(fmt::format("select coalesce(json_agg(t), '[]') from {} t", table));
  (void)to.query(
      fmt::format("insert into {0} select * from json_populate_recordset(null::{0}, {1})", table,
                  literal(rows)));
}

}  // namespace

std::optional<std::string> sample() {
  const char* folder = std::getenv("ATLAS_SHARED_DATA");
  if (folder == nullptr || *folder == '\0') return std::nullopt;
  std::string text = read_text(std::string(folder) + "/northwind.sql");
  if (text.empty()) throw std::runtime_error(std::string(folder) + " has no northwind.sql");
  return text;
}

Company::Company(const std::string& sample, Rows rows)
    : legacy_(open(legacy_server(), "LEGACY_DSN")),
      people_(open(platform_server(), "PEOPLE_DSN")),
      catalog_(open(platform_server(), "CATALOG_DSN")),
      sales_(open(platform_server(), "SALES_DSN")) {
  (void)legacy_->query(sample);
  if (rows == Rows::kNone) {
    (void)legacy_->query(
        "truncate categories, customers, customer_demographics, employees, region, shippers, "
        "suppliers, us_states cascade");
  }
  (void)legacy_->query(file("legacy.sql"));
  (void)people_->query(file("people.sql"));
  (void)catalog_->query(file("catalog.sql"));
  (void)sales_->query(file("sales.sql"));
  set_mapping(file("northwind.yaml"));
}

std::unique_ptr<Sql> Company::open(PostgresServer& server, const std::string& variable) {
  const std::string dsn = server.create_database();
  environment[variable] = dsn;
  return postgres_session(dsn);
}

void Company::copy_platform(Company& other) {
  for (const char* table :
       {"regions", "territories", "employees", "personnel_files", "assignments"})
    copy_table(other.people(), people(), std::string("people.") + table);
  for (const char* table : {"categories", "suppliers", "products", "stock_levels"})
    copy_table(other.catalog(), catalog(), std::string("catalog.") + table);
  for (const char* table : {"states", "shippers", "customers", "segments", "customer_segments",
                            "orders", "shipments", "order_lines"})
    copy_table(other.sales(), sales(), std::string("sales.") + table);
}

void Company::forget_bridge() {
  for (Sql* database : {legacy_.get(), people_.get(), catalog_.get(), sales_.get()})
    (void)database->query("drop schema atlas_bridge cascade");
}

RowVersions Company::versions() {
  RowVersions out = row_versions(legacy(), "legacy");
  out.merge(row_versions(people(), "people"));
  out.merge(row_versions(catalog(), "catalog"));
  out.merge(row_versions(sales(), "sales"));
  return out;
}

}  // namespace atlas::e2e::northwind
