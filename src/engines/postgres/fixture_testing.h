#pragma once

// The conformance suite's fixture on a database of a temporary server.

#include "endpoint/conformance.h"
#include "engines/postgres/endpoint.h"
#include "engines/postgres/server_testing.h"

#include <memory>
#include <string>

namespace atlas {

class PostgresFixture final : public EndpointFixture {
 public:
  PostgresFixture();

  std::unique_ptr<Endpoint> open() override;
  std::unique_ptr<Endpoint> open(const PostgresOptions& options);
  TableName create_table(const TestTable& table) override;
  void create_trigger(const TestTable& table, const TestTrigger& trigger) override;
  void add_column(const TestTable& table, const TestColumn& column) override;
  void insert(const TestTable& table, std::span<const std::vector<Value>> rows) override;
  void update(const TestTable& table, std::span<const Value> key, std::string_view column,
              const Value& value) override;
  void remove(const TestTable& table, std::span<const Value> key) override;
  std::vector<std::vector<Value>> rows(const TestTable& table, Arena& arena) override;

  const std::string& dsn() const { return dsn_; }
  PostgresOptions options() const;
  PostgresUser& user() { return *user_; }
  // "app"."name".
  static std::string sql_name(std::string_view table);

 private:
  static std::string key_condition(const TestTable& table, std::span<const Value> key);

  std::string dsn_;
  std::unique_ptr<PostgresUser> user_;
};

}  // namespace atlas
