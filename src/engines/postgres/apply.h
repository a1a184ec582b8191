#pragma once

// Applies the groups of one transaction: set-wise, instances whole, poison found by bisecting.

#include "endpoint/endpoint.h"
#include "engines/postgres/connection.h"
#include "engines/postgres/copy.h"
#include "engines/postgres/referring.h"

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <vector>

namespace atlas::postgres {

using ApplyResults = std::vector<std::vector<WriteResult>>;

// What the catalog says of the tables of one transaction, under their locks.
struct TableTraits {
  std::vector<TableName> partitioned;
  std::vector<TableName> may_be_referred;  // a delete may set a foreign key off
};

// Used once. Works inside an open, fenced transaction under one savepoint that is renewed for every
// attempt.
class Applier {
 public:
  // All must outlive the applier.
  Applier(Connection& connection, std::span<const WriteGroup> groups, const TableTraits& traits);
  // errors  all but kRejected: the transaction is dead
  Result<ApplyResults> run();

 private:
  struct Place {
    std::uint32_t instance, group, row;
    auto operator<=>(const Place&) const = default;
  };
  // Rows of one group that go in one statement.
  struct Statement {
    std::uint32_t group = 0;
    std::vector<std::uint32_t> rows;
    bool copied = false;
    Params params;  // copied: the first row's key, by which the version of all is read
    CopyRows copy;  // copied
  };
  // What an attempt gave: results by statement, before the one that failed.
  struct Attempt {
    std::vector<Rowset> results;
    std::vector<Rowset> looks;  // DeleteGuard::look; empty where nothing is guarded
    std::optional<Error> error;
    std::ptrdiff_t failed = -1;  // the statement of `error`; -1: none in particular
  };
  // How the rows of a group can be copied in.
  struct Copying {
    bool possible = false;
    std::string sql, version_sql;
    std::string touched;  // the stamp's binary form
  };
  // How the removes of a group are guarded, or why none of them can be made.
  struct Guarding {
    std::optional<DeleteGuard> guard;
    std::optional<Error> blind;
  };
  // Whose answer a step gives.
  struct Owner {
    std::ptrdiff_t statement = -1;
    bool look = false;
  };
  // What the savepoint needs before the next attempt.
  enum class Mark : std::uint8_t { kNone, kKept, kUndo };

  void number_instances();
  std::vector<std::uint32_t> fitting_instances();
  Result<> prepare_copies();
  Result<> prepare_guards();
  Result<> apply_set(std::vector<std::uint32_t> set);
  Result<> retry_references();
  void build(std::span<const std::uint32_t> set);
  void add_rows(std::uint32_t group, std::span<const std::uint32_t> rows);
  Attempt attempt();
  bool send(std::vector<Step>& steps, std::vector<Owner>& owners, Attempt& out);
  bool copies_fell_short(const Attempt& answer) const;
  void read_returned(const Attempt& answer);
  void read_removed(const Statement& statement, const Rowset& rows, const Rowset& look);
  void read_insert(const Statement& statement, const Rowset& rows);
  void read_copied(const Statement& statement, const Rowset& rows);
  Result<> look_again();
  // The instances of `set` all of whose writes were applied; `mixed` tells whether another one had
  // some of its writes applied.
  std::vector<std::uint32_t> whole_instances(std::span<const std::uint32_t> set, bool& mixed);
  void reject(std::uint32_t instance, std::ptrdiff_t group, const Error& error);
  std::span<const Place> places(std::uint32_t instance) const;
  WriteResult& result(const Place& place) { return results_[place.group][place.row]; }

  Connection& connection_;
  std::span<const WriteGroup> groups_;
  const TableTraits& traits_;
  std::vector<std::string> sql_, labels_;  // per group
  std::vector<Copying> copying_;           // per group
  std::vector<Guarding> guarding_;         // per group
  std::vector<Place> places_;              // sorted; instances renumbered from 0
  std::vector<std::uint32_t> begins_;      // per instance: its first place; one more at the end
  std::deque<Statement> statements_;
  std::size_t statements_used_ = 0;
  ApplyResults results_;
  std::vector<std::uint32_t> missing_references_;  // instances refused by a foreign key
  Mark mark_ = Mark::kNone;
  Arena arena_;
};

}  // namespace atlas::postgres
