#pragma once

// What the engine's own tests share: one account table and short words for reading and writing it.

#include "endpoint/conformance.h"
#include "engines/postgres/fixture_testing.h"

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace atlas::postgres {

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().line());
  return std::move(*result);
}
void must(Result<> result);

template <class T>
Code code_of(const Result<T>& result) {
  return result ? Code{} : result.error().code();
}

Key int_key(std::int64_t id);

// app.account(id int4 key, owner text, balance int4 check >= 0, updated timestamptz) with
// rows 1..rows, behind epoch 1.
struct Accounts {
  Accounts(const std::string& dsn, std::int64_t rows);

  std::unique_ptr<Endpoint> open(const PostgresOptions& options) const;
  // Begins a transaction of the next batch.
  Result<std::unique_ptr<Transaction>> begin();
  ApplyTicket ticket() const {
    return {.tenant = "tenant-a", .epoch = Epoch{1}, .batch = BatchNumber{batch}};
  }
  RowVersion version(std::int64_t id);
  std::string owner(std::int64_t id) {
    return user->one("select owner from app.account where id = " + std::to_string(id));
  }
  // An update of `owner` of the given rows under their present versions, one instance a row.
  TestGroup rename(const std::vector<std::int64_t>& ids, std::string_view to);

  PostgresOptions options;
  std::unique_ptr<PostgresUser> user;
  std::unique_ptr<Endpoint> endpoint;
  TableShape shape;
  std::int64_t batch = 0;
};

}  // namespace atlas::postgres
