#include "engines/sqlite/sequence.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>

namespace atlas::sqlite {
namespace {

Result<std::int64_t> first_free(Connection& connection, const TableShape& shape,
                                bool autoincrement) {
  const std::string& table = shape.table.name;
  ATLAS_TRY(const std::int64_t highest,
            connection.number("reserve",
                              fmt::format("SELECT max(rowid) FROM main.{}", quoted_name(table))));
  std::int64_t last = std::max<std::int64_t>(highest, 0);
  if (autoincrement) {
    ATLAS_TRY(Query given, connection.prepare(
                               "reserve", "SELECT seq FROM main.sqlite_sequence WHERE name = ?1"));
    given.text(0, table);
    ATLAS_TRY(const bool row, given.step());
    if (row) last = std::max(last, given.integer(0));
  }
  ATLAS_TRY(
      Query ours,
      connection.prepare(
          "reserve", "SELECT first_free FROM main.atlas_bridge_sequence WHERE table_name = ?1"));
  ours.text(0, table);
  ATLAS_TRY(const bool row, ours.step());
  if (row) last = std::max(last, ours.integer(0) - 1);
  return last;
}

// Moves what AUTOINCREMENT gives next behind our block: then no insert can collide with it.
Result<> push_autoincrement(Connection& connection, const std::string& table, std::int64_t last) {
  ATLAS_TRY(Query move, connection.prepare(
                            "reserve", "UPDATE main.sqlite_sequence SET seq = ?2 WHERE name = ?1"));
  ATLAS_OK(move.text(0, table).integer(1, last).run());
  if (connection.changes() > 0) return {};
  ATLAS_TRY(Query put,
            connection.prepare("reserve",
                               "INSERT INTO main.sqlite_sequence (name, seq) VALUES (?1, ?2)"));
  return put.text(0, table).integer(1, last).run();
}

}  // namespace

Result<std::vector<std::int64_t>> reserve_keys(Connection& connection, Catalog& catalog,
                                               const TableShape& shape, std::size_t n) {
  if (shape.key_sequence.empty() || shape.key.size() != 1) {
    return Error(Code::kKeyUnsupported, shape.table.text() + " does not give out its keys")
        .at(connection.options().where);
  }
  ATLAS_OK(connection.begin_write());
  WriteScope scope(connection);
  ATLAS_TRY(const auto stored, catalog.table(connection, shape.table));
  ATLAS_TRY(const std::int64_t last, first_free(connection, shape, stored->autoincrement));
  const auto count = static_cast<std::int64_t>(n);
  if (last > std::numeric_limits<std::int64_t>::max() - count - 1) {
    return Error(Code::kKeyUnsupported,
                 shape.table.text() + " has no free key values above its highest")
        .at(connection.options().where);
  }
  ATLAS_TRY(Query put,
            connection.prepare(
                "reserve",
                "INSERT INTO main.atlas_bridge_sequence VALUES (?1, ?2) "
                "ON CONFLICT (table_name) DO UPDATE SET first_free = excluded.first_free"));
  ATLAS_OK(put.text(0, shape.table.name).integer(1, last + count + 1).run());
  if (stored->autoincrement)
    ATLAS_OK(push_autoincrement(connection, shape.table.name, last + count));
  ATLAS_OK(scope.commit());
  std::vector<std::int64_t> out(n);
  std::iota(out.begin(), out.end(), last + 1);
  return out;
}

}  // namespace atlas::sqlite
