#pragma once

// The suite's own words: cases by theme, and the small world that most of them play in.

#include "endpoint/conformance.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace atlas::conformance {

struct Case {
  const char* claim;
  void (*run)(EndpointFixture&);
};

std::vector<Case> scan_cases();
std::vector<Case> apply_cases();
std::vector<Case> instance_cases();
std::vector<Case> fence_cases();
std::vector<Case> type_cases();

// 2024-01-01 00:00 UTC, the first stamp of most rows.
inline constexpr std::int64_t kNewYear = 1'704'067'200'000'000;
inline constexpr std::int64_t kSecond = 1'000'000;

// person(id int8 key, tenant int4, name text, points int4 check >= 0, email text unique, updated
// timestamptz stamp).
TestTable person_table();
using PersonRow = std::vector<Value>;
// Tenant 1, `points` 5, e-mail and name made of the id in `arena`, stamped kNewYear.
PersonRow person(std::int64_t id, Arena& arena);

// A database with person in it, installed, and the bridge's connection.
struct World {
  explicit World(EndpointFixture& fixture);
  World(EndpointFixture& fixture, const TestTable& table);

  // Opens a transaction with a batch number of its own, under the current fence.
  std::unique_ptr<Transaction> begin(const TableShape& shape);
  std::unique_ptr<Transaction> begin(std::vector<const TableShape*> shapes);
  ApplyTicket last_ticket() const {
    return {.tenant = "tenant-a", .epoch = Epoch{1}, .batch = BatchNumber{batch}};
  }
  // Applies in one committed transaction.
  std::vector<std::vector<WriteResult>> apply(std::vector<const TableShape*> shapes,
                                              const std::vector<WriteGroup>& groups);
  // One row by its integer key, through a new snapshot. The arena keeps the cells.
  Rows read(const TableShape& of, const std::vector<std::int64_t>& ids);
  RowVersion version(const TableShape& of, std::int64_t id);

  EndpointFixture& fixture;
  TestTable table;
  TableName name;
  std::unique_ptr<Endpoint> endpoint;
  TableShape shape;
  std::int64_t batch = 0;
};

// A single integer key.
Key int_key(std::int64_t id);
std::vector<Key> int_keys(const std::vector<std::int64_t>& ids);
std::vector<KeyView> views(const std::vector<Key>& keys);

// Takes the value of a Result or stops the test with its error's line.
template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().line());
  return std::move(*result);
}
void must(Result<> result);

}  // namespace atlas::conformance
