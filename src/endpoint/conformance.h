#pragma once

// What every engine's Endpoint must do, as tests. An engine writes an EndpointFixture that makes
// tables in its own dialect and plays the user beside the bridge, and registers the suite once in
// one of its tests:
//
//   const bool registered = register_endpoint_conformance("Postgres", [] { return
//   std::make_unique<PostgresFixture>(); });
//
// Every case runs as PostgresEndpoint.<Claim> on a fixture, hence on a database, of its own.
// The cases are conformance_*_testing.cc; this header is for tests only.

#include "endpoint/endpoint.h"
#include "model/table.h"
#include "model/value.h"

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace atlas {

struct TestColumn {
  std::string name;
  Type type;  // kind, size, scale and labels say all; the fixture spells it in its dialect
  bool not_null = false;
  std::string default_text{};  // default of a text column; empty if none
};

// `column` is an integer and must be at least `at_least`.
struct TestCheck {
  std::string name;
  std::string column;
  std::int64_t at_least = 0;
};

struct TestUnique {
  std::string name;
  std::vector<std::string> columns;
};

// `column` names the single-column key of `target`.
struct TestReference {
  std::string name;
  std::string column;
  std::string target;
  bool deferred = false;  // checked at commit
  bool cascades = false;  // ON DELETE CASCADE
};

struct TestTable {
  std::string name;
  std::vector<TestColumn> columns;
  std::vector<std::string> key;
  std::string stamp;  // stamp column without a default; empty if none
  std::vector<TestUnique> uniques{};
  std::vector<TestCheck> checks{};
  std::vector<TestReference> references{};
  bool key_sequence = false;  // the single integer key column is fed by a sequence or rowid
};

enum class TestEffect : std::uint8_t {
  kSwallow,       // BEFORE: the statement's row is silently left out
  kRaise,         // BEFORE: the trigger refuses the row with an error of its own
  kRewrite,       // BEFORE or, where the dialect cannot, AFTER: column `set` becomes `to`
  kRewriteAfter,  // AFTER: column `set` becomes `to` by a further update
};

// A row trigger for rows whose text column `when` holds `is` (the new row; for removes the old
// one).
struct TestTrigger {
  std::string name;
  WriteKind on = WriteKind::kUpdate;
  TestEffect effect = TestEffect::kSwallow;
  std::string when{}, is{};
  std::string set{}, to{};  // text column and its new content, for the rewriting effects
};

// One empty database of a test's own, and a user who works in it. Methods that fail stop the test
// by an exception.
class EndpointFixture {
 public:
  virtual ~EndpointFixture() = default;

  // A further, independent connection of the bridge. The fence and witness tables are not installed
  // yet.
  virtual std::unique_ptr<Endpoint> open() = 0;

  virtual TableName create_table(const TestTable& table) = 0;
  virtual void create_trigger(const TestTable& table, const TestTrigger& trigger) = 0;
  // A nullable column at the end, as a migration would add it.
  virtual void add_column(const TestTable& table, const TestColumn& column) = 0;

  // The user's writes over a connection of its own; each call is one committed transaction. Rows in
  // the order of table.columns.
  virtual void insert(const TestTable& table, std::span<const std::vector<Value>> rows) = 0;
  virtual void update(const TestTable& table, std::span<const Value> key, std::string_view column,
                      const Value& value) = 0;
  virtual void remove(const TestTable& table, std::span<const Value> key) = 0;
  // What the user sees: all rows and columns of table.columns, ordered by key. Read by another way
  // than the endpoint's.
  virtual std::vector<std::vector<Value>> rows(const TestTable& table, Arena& arena) = 0;

  // Whether a column of `type` of this product can hold `value` at all (SQLite keeps no NaN).
  virtual bool holds(const Type& /*type*/, const Value& /*value*/) const { return true; }
};

using EndpointFixtureFactory = std::function<std::unique_ptr<EndpointFixture>()>;

// Registers every case under "<product>Endpoint". Always true, so that it can initialise a
// constant.
bool register_endpoint_conformance(std::string_view product, const EndpointFixtureFactory& factory);

// --- for the cases and for engines' own tests
// -----------------------------------------------------------------------

// Types by kind, spelled as PostgreSQL does.
Type test_type(TypeKind kind, int size = 0, int scale = 0);
// The shape of all columns of `table` as `endpoint` describes them; fails the test by an exception
// where that fails.
TableShape shape_of(Endpoint& endpoint, const TestTable& table, const TableName& name);
// A group of writes to `shape`, one instance a row, ordinals from 0. Owns keys and cells.
class TestGroup {
 public:
  TestGroup(const TableShape& shape, WriteKind kind, const std::vector<std::string_view>& columns);
  // `key` in shape.key order; `cells` as the columns given above. The guard is unused for inserts.
  TestGroup& add(std::span<const Value> key, RowVersion guard, std::span<const Value> cells,
                 std::uint32_t instance);
  const WriteGroup& group() const { return group_; }
  WriteGroup& group() { return group_; }

 private:
  Arena arena_;
  WriteGroup group_;
};

}  // namespace atlas
