#pragma once

// Applies the groups of one transaction: set-wise, instances whole, poison found by bisecting.

#include "endpoint/endpoint.h"
#include "engines/postgres/connection.h"
#include "engines/postgres/copy.h"

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <vector>

namespace atlas::postgres {

using ApplyResults = std::vector<std::vector<WriteResult>>;

// Used once. Works inside an open, fenced transaction under one savepoint that is renewed for every
// attempt.
class Applier {
 public:
  // Of `partitioned` tables the versions of inserted rows are read back.
  // They must outlive the applier.
  Applier(Connection& connection, std::span<const WriteGroup> groups,
          std::span<const TableName> partitioned);
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
    std::optional<Error> error;
    std::ptrdiff_t failed = -1;  // the statement of `error`; -1: none in particular
  };
  // How the rows of a group can be copied in.
  struct Copying {
    bool possible = false;
    std::string sql, version_sql;
    std::string touched;  // the stamp's binary form
  };
  // What the savepoint needs before the next attempt.
  enum class Mark : std::uint8_t { kNone, kKept, kUndo };

  void number_instances();
  std::vector<std::uint32_t> fitting_instances();
  Result<> prepare_copies();
  Result<> apply_set(std::vector<std::uint32_t> set);
  Result<> retry_references();
  void build(std::span<const std::uint32_t> set);
  void add_rows(std::uint32_t group, std::span<const std::uint32_t> rows);
  Attempt attempt();
  bool send(std::vector<Step>& steps, std::vector<std::ptrdiff_t>& owners, Attempt& out);
  bool copies_fell_short(const Attempt& answer) const;
  void read_returned(const std::vector<Rowset>& results);
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
  std::span<const TableName> partitioned_;
  std::vector<std::string> sql_, labels_;  // per group
  std::vector<Copying> copying_;           // per group
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
