// Facts about the file for doctor and check.

#include "engines/sqlite/endpoint.h"
#include "engines/sqlite/stamp_text.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <sys/stat.h>
#include <unistd.h>

namespace atlas::sqlite {
namespace {

// Rows looked at for spellings that cannot be ordered.
constexpr int kSampledRows = 200;

Finding ok(std::string topic, std::string detail) {
  return {Finding::Level::kOk, std::move(topic), std::move(detail), {}};
}

Result<Finding> journal_finding(Connection& connection) {
  ATLAS_TRY(Query mode, connection.prepare("journal mode", "PRAGMA journal_mode"));
  ATLAS_TRY(const bool row, mode.step());
  const std::string name(row ? mode.bytes(0) : "unknown");
  if (name == "wal") return ok("journal mode", "wal");
  return Finding{Finding::Level::kFail, "journal mode",
                 name + ": a reader and a writer block each other",
                 "sqlite3 " + connection.options().path + " 'PRAGMA journal_mode=WAL'"};
}

// Other encodings sort texts by other bytes than ours (E30), and cannot be changed in a file that
// has tables.
Result<Finding> encoding_finding(Connection& connection) {
  ATLAS_TRY(Query query, connection.prepare("encoding", "PRAGMA encoding"));
  ATLAS_TRY(const bool row, query.step());
  const std::string name(row ? query.bytes(0) : "unknown");
  if (name == "UTF-8") return ok("encoding", name);
  return Finding{Finding::Level::kFail, "encoding",
                 name + ": texts do not sort by their UTF-8 bytes",
                 "sqlite3 " + connection.options().path + " .dump | sqlite3 new.db"};
}

Finding writable_finding(const Connection& connection) {
  if (!connection.read_only()) return ok("privileges", "the file can be written");
  return {Finding::Level::kFail, "privileges", "the file is read-only for us",
          writable_advice(connection.options().path)};
}

Result<Finding> lock_finding(Connection& connection) {
  auto begun = connection.begin_write();
  if (begun) {
    connection.rollback();
    return ok("write lock", "free");
  }
  if (begun.error().code() == Code::kPrivilegeMissing)
    return ok("write lock", "not asked for: the file is read-only");
  if (begun.error().code() != Code::kTimeout) return std::move(begun).error();
  return Finding{Finding::Level::kWarn, "write lock",
                 "another program has kept it all the time that we waited",
                 "find the program that leaves a write transaction open"};
}

// Columns of times whose latest rows are spelled so that texts do not sort like times.
Result<> spelling_findings(Connection& connection, const StoredTable& table,
                           std::vector<Finding>& findings) {
  for (const ColumnInfo& column : table.info.columns) {
    if (!is_stamp(column.type.kind)) continue;
    ATLAS_TRY(Query sample,
              connection.prepare(
                  "sample of spellings",
                  fmt::format("SELECT t.{0} FROM main.{1} AS t WHERE t.{0} IS NOT NULL LIMIT {2}",
                              quoted_name(column.name), quoted_name(table.info.table.name),
                              kSampledRows)));
    int unsortable = 0;
    for (;;) {
      ATLAS_TRY(const bool row, sample.step());
      if (!row) break;
      if (sample.storage(0) != Storage::kText || !sortable_stamp(sample.bytes(0), column.type.kind))
        ++unsortable;
    }
    if (unsortable == 0) continue;
    const char* form = column.type.kind == TypeKind::kTimestampTz ? "YYYY-MM-DD HH:MM:SS.ffffff+00"
                                                                  : "YYYY-MM-DD HH:MM:SS.ffffff";
    findings.push_back(
        {Finding::Level::kWarn, "spelling",
         fmt::format("{}.{}: {} of {} rows looked at are not spelled '{}'; as a stamp the column "
                     "cannot be relied on",
                     table.info.table.text(), column.name, unsortable, kSampledRows, form),
         fmt::format("rewrite the column's values as '{}' and let the application write them so",
                     form)});
  }
  return {};
}

}  // namespace

Finding mode_finding(const std::string& path, Readers readers) {
  const bool owner = readers == Readers::kOwner;
  struct ::stat found{};
  if (::stat(path.c_str(), &found) != 0 || (found.st_mode & (owner ? 077U : 007U)) == 0) {
    return ok("file mode", "closed to other users");
  }
  const char* who = (found.st_mode & 007U) != 0 ? "every user of the machine" : "the file's group";
  return {Finding::Level::kWarn, "file mode",
          fmt::format("{:o}: {} can open the file", found.st_mode & 0777U, who),
          fmt::format("chmod {}-rwx {}", owner ? "go" : "o", path)};
}

Result<Probe> SqliteEndpoint::probe(std::span<const TableName> tables) {
  ATLAS_TRY(const Loan loan, Loan::take(pool_));
  Connection& connection = loan.connection();
  Probe out;
  out.product = fmt::format("SQLite {}", sqlite3_libversion());
  out.server_now = clock_.now();
  ATLAS_TRY(out.identity, connection.identity());
  ATLAS_TRY(Finding journal, journal_finding(connection));
  ATLAS_TRY(Finding lock, lock_finding(connection));
  ATLAS_TRY(Finding encoding, encoding_finding(connection));
  out.findings = {std::move(journal),
                  writable_finding(connection),
                  mode_finding(connection.options().path, Readers::kGroup),
                  std::move(lock),
                  std::move(encoding),
                  ok("clock", "this machine's")};
  for (const TableName& name : tables) {
    auto stored = loan.catalog().table(connection, name);
    if (!stored) {
      if (stored.error().code() != Code::kTableMissing) return std::move(stored).error();
      out.findings.push_back({Finding::Level::kFail, "tables", name.text() + " does not exist",
                              "check the table's name"});
      continue;
    }
    ATLAS_OK(spelling_findings(connection, **stored, out.findings));
  }
  return out;
}

}  // namespace atlas::sqlite
