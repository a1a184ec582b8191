#pragma once

// A script of endpoint operations as data, and the tables that it plays in.

#include "endpoint/conformance.h"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace atlas::agree {

// A stamp of the past: seconds after the new year of 2024. What clocks give is later.
struct At {
  std::int64_t seconds = 0;
};
using Cell = std::variant<std::monostate, std::int64_t, std::string, At>;

// team 1:n person (and its boss), person 1:n badge by a deferred reference, person 1:n visit by one
// that takes visits along.
enum class Which : std::uint8_t { kTeam, kPerson, kBadge, kVisit };
inline constexpr std::size_t kTables = 4;
const TestTable& table_of(Which which);

// Which version a write claims to have read.
enum class Guard : std::uint8_t { kNow, kFirst, kNone };

struct Row {
  std::vector<Cell> key;
  std::vector<Cell> cells{};  // in the order of the group's columns
  Guard guard = Guard::kNow;
  std::uint32_t instance = 0;
};
struct Group {
  Which table = Which::kPerson;
  WriteKind kind = WriteKind::kUpdate;
  std::vector<std::string> columns{};  // but the key's, which inserts write too
  std::vector<Row> rows{};             // one a key, in any order
  bool touch = true;                   // the stamp, by the database's clock
};

enum class Op : std::uint8_t {
  // The user's; on a row that is (not) there, else nothing happens.
  kUserInsert,  // key, and `cells` of `columns`
  kUserUpdate,
  kUserRemove,
  kUserRows,  // all rows as the user sees them
  // Reading, by a snapshot of this moment or the one that is kept.
  kKeep,     // from here on `kept` reads see this moment
  kChanged,  // all pages of `limit` after `key.front()`, a stamp, and the rest of `key`
  kKeys,     // all pages of `limit` after `key`
  kScan,
  kRead,  // `keys`
  kReferred,
  // Writing. Transactions are numbered: the second one belongs to a tenant of its own.
  kBegin,     // `number`: how the epoch differs from the fence
  kBeginOld,  // with the batch number of the last transaction
  kBeginDrifted,
  kApply,
  kApplyAgainst,  // `number` 1: the first transaction commits once this one waits; 0: it is dropped
  kCommit,
  kDrop,
  // Fences and witnesses.
  kFence,
  kRaise,  // by `number`
  kSettle,
  kPurge,
  kReserve,
  kHorizon,
  kDescribe,
};

struct Step {
  Op op{};
  Which table = Which::kPerson;
  std::vector<Cell> key{};
  std::vector<std::vector<Cell>> keys{};
  std::vector<std::string> columns{};
  std::vector<Cell> cells{};
  std::size_t limit = 100;
  std::int64_t number = 0;
  std::size_t transaction = 0;  // 0 or 1
  bool kept = false;
  bool scoped = false;  // rows of org 1
  std::vector<Group> groups{};
};
std::string describe(const Step& step);

struct Script {
  std::string name;
  bool two_writers = false;  // two transactions write side by side
  std::vector<Step> steps{};
};

}  // namespace atlas::agree
