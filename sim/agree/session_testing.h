#pragma once

// A script's steps on one endpoint: what it says, line by line. The methods are in four files: the
// user, reading (session_look), writing (session_write), fences and facts (session_facts).

#include "sim/agree/canon_testing.h"
#include "sim/agree/player_testing.h"

#include <array>
#include <deque>
#include <optional>
#include <stdexcept>
#include <utility>

namespace atlas::agree {

inline constexpr std::array kTenants = {"tenant-a", "tenant-b"};

Value value_of(const Cell& cell);  // borrows its text
std::vector<Value> values_of(const std::vector<Cell>& cells);
Key key_of(const std::vector<Cell>& cells);  // empty of none

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().line());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

// A WriteGroup and what it borrows.
struct Owned {
  std::vector<Key> keys;
  WriteGroup group;
};

class Session {
 public:
  // Makes the tables.
  explicit Session(Place& place);
  std::vector<std::string> play(const Step& step);

 private:
  struct Running {
    std::unique_ptr<Transaction> transaction;
    std::int64_t batch = 0;
    bool applied = false;
  };
  struct Prepared {
    std::vector<std::unique_ptr<Owned>> owned;
    std::vector<WriteGroup> groups;
  };
  using Answer = Result<std::vector<std::vector<WriteResult>>>;
  using PageAfter = std::function<Result<KeyPage>(const StampPosition&)>;

  void say(std::string line) { lines_.push_back("  " + std::move(line)); }
  void say(const Error& error) { say(Canon::error(error)); }
  Endpoint& endpoint(const Step& step) { return *connections_.at(step.transaction); }
  Running& running(const Step& step) { return running_.at(step.transaction); }
  // Shapes live as long as the session: endpoints may remember them.
  TableShape& shape(const Step& step);
  ApplyTicket ticket(const Step& step, std::int64_t later = 0) {
    return {.tenant = kTenants.at(step.transaction),
            .epoch = Epoch{epochs_.at(step.transaction) + later},
            .batch = BatchNumber{running(step).batch}};
  }

  void perform(const Step& step);
  bool there(const Step& step);
  void user(const Step& step);
  void rows(const Step& step);
  void look(const Step& step);
  void pages(const Step& step, const TableShape& of, const PageAfter& page);
  void begin(const Step& step);
  RowVersion claimed(const Step& step, const Row& row, const TableShape& of, KeyView key);
  std::unique_ptr<Owned> made(const Step& step, const Group& group, std::uint32_t& ordinal);
  Prepared prepared(const Step& step);
  void apply(const Step& step);
  void apply_against(const Step& step);
  void show(const Step& step, const Prepared& writes, const Answer* given);
  void end(const Step& step);
  void guard(const Step& step);
  void facts(const Step& step);

  Place& place_;
  Canon canon_;
  std::vector<TableName> names_;
  std::array<std::unique_ptr<Endpoint>, 2> connections_;
  std::vector<TableShape> shapes_;
  std::deque<TableShape> made_;
  std::array<std::int64_t, 2> epochs_ = {1, 1};
  std::unique_ptr<Snapshot> kept_;
  std::array<Running, 2> running_;
  std::vector<std::string> lines_;
};

}  // namespace atlas::agree
