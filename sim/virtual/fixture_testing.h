#pragma once

// The conformance suite's fixture on a virtual database.

#include "endpoint/conformance.h"
#include "sim/virtual/database.h"

namespace atlas::sim {

class VirtualFixture final : public EndpointFixture {
 public:
  explicit VirtualFixture(TokenStyle tokens);

  std::unique_ptr<Endpoint> open() override;
  TableName create_table(const TestTable& table) override;
  void create_trigger(const TestTable& table, const TestTrigger& trigger) override;
  void add_column(const TestTable& table, const TestColumn& column) override;
  void insert(const TestTable& table, std::span<const std::vector<Value>> rows) override;
  void update(const TestTable& table, std::span<const Value> key, std::string_view column,
              const Value& value) override;
  void remove(const TestTable& table, std::span<const Value> key) override;
  std::vector<std::vector<Value>> rows(const TestTable& table, Arena& arena) override;

  World& world() { return world_; }

 private:
  World world_;
  Database database_;
};

}  // namespace atlas::sim
