#pragma once

// A database file of a test's own and a user who works in it.

#include "endpoint/conformance.h"
#include "engines/sqlite/connection.h"
#include "engines/sqlite/endpoint.h"

namespace atlas::sqlite {

// A folder that goes when the test ends.
class TestFolder {
 public:
  TestFolder();
  ~TestFolder();
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

class SqliteFixture final : public EndpointFixture {
 public:
  SqliteFixture();

  std::unique_ptr<Endpoint> open() override;
  TableName create_table(const TestTable& table) override;
  void create_trigger(const TestTable& table, const TestTrigger& trigger) override;
  void add_column(const TestTable& table, const TestColumn& column) override;
  void insert(const TestTable& table, std::span<const std::vector<Value>> rows) override;
  void update(const TestTable& table, std::span<const Value> key, std::string_view column,
              const Value& value) override;
  void remove(const TestTable& table, std::span<const Value> key) override;
  std::vector<std::vector<Value>> rows(const TestTable& table, Arena& arena) override;
  bool holds(const Type& type, const Value& value) const override;

  // For tests of this engine: any SQL as the user.
  void run(const std::string& sql);
  std::int64_t number(const std::string& sql);
  std::string path() const { return folder_.file("test.db"); }
  Connection& user() { return *user_; }
  // Of the endpoints that open() gives.
  Clock& clock() { return *clock_; }
  void set_busy_timeout(std::chrono::milliseconds timeout) { busy_timeout_ = timeout; }

 private:
  TestFolder folder_;
  std::unique_ptr<Connection> user_;
  Clock* clock_;
  std::chrono::milliseconds busy_timeout_{10'000};
};

}  // namespace atlas::sqlite
