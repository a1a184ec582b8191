#include "engines/sqlite/fence.h"

#include "foundation/fault_point.h"

#include <fmt/format.h>

namespace atlas::sqlite {
namespace {

constexpr const char* kTables = R"sql(
CREATE TABLE IF NOT EXISTS atlas_bridge_fence (
  tenant TEXT NOT NULL PRIMARY KEY,
  epoch INTEGER NOT NULL,
  mark TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
-- applied: 1 written by the intent's own transaction, 0 by recovery, which thereby forbids it.
-- unapplied: ordinals of writes that were refused, four bytes each, lowest byte first.
CREATE TABLE IF NOT EXISTS atlas_bridge_witness (
  tenant TEXT NOT NULL,
  batch INTEGER NOT NULL,
  applied INTEGER NOT NULL,
  unapplied BLOB NOT NULL DEFAULT x'',
  PRIMARY KEY (tenant, batch)
) STRICT, WITHOUT ROWID;
-- first_free: the lowest key value of the table that was never reserved.
CREATE TABLE IF NOT EXISTS atlas_bridge_sequence (
  table_name TEXT NOT NULL PRIMARY KEY COLLATE NOCASE,
  first_free INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
)sql";

constexpr const char* kAddMark =
    "ALTER TABLE main.atlas_bridge_fence ADD COLUMN mark TEXT NOT NULL DEFAULT ''";

constexpr const char* kWitness =
    "CREATE TABLE atlas_bridge_witness (tenant TEXT NOT NULL, batch INTEGER NOT NULL, applied "
    "INTEGER NOT NULL, unapplied BLOB NOT NULL DEFAULT x'', PRIMARY KEY (tenant, batch)) STRICT, "
    "WITHOUT ROWID";

// kUnmarked: as an earlier version made them. kNone: some are to be made.
enum class Tables : std::uint8_t { kNone, kUnmarked, kAll };

// Without its witness a target cannot say whether an intent was applied: made anew, it would say no
// to all of them. Where the fence is, it has been.
Result<> witness_there(Connection& connection) {
  ATLAS_TRY(
      const std::int64_t lost,
      connection.number(
          "witness",
          "SELECT sum(name = 'atlas_bridge_fence') > sum(name = 'atlas_bridge_witness') FROM "
          "main.sqlite_schema WHERE type = 'table' AND name LIKE 'atlas#_bridge#_%' ESCAPE '#'"));
  if (lost == 0) return {};
  const ConnectionOptions& options = connection.options();
  return Error(Code::kWitnessGone,
               "table atlas_bridge_witness is missing, atlas_bridge_fence is not")
      .at(options.where)
      .advise(
          fmt::format("nothing was written; restore the file, or, if no run was cut short since "
                      "the table went: sqlite3 {} \"{}\"",
                      options.path, kWitness));
}

Result<Tables> tables_there(Connection& connection) {
  ATLAS_TRY(
      const std::int64_t tables,
      connection.number("install",
                        "SELECT count(*) FROM main.sqlite_schema WHERE type = 'table' AND name IN "
                        "('atlas_bridge_fence', 'atlas_bridge_witness', 'atlas_bridge_sequence')"));
  if (tables != 3) return Tables::kNone;
  ATLAS_TRY(const std::int64_t marks,
            connection.number("install",
                              "SELECT count(*) FROM pragma_table_info('atlas_bridge_fence', "
                              "'main') WHERE name = 'mark'"));
  return marks == 1 ? Tables::kAll : Tables::kUnmarked;
}

Error missing_tables(const Connection& connection, Error cause) {
  return Error(Code::kWitnessMissing, "the bridge's tables do not exist in this file")
      .at(connection.options().where)
      .advise(writable_advice(connection.options().path))
      .because(std::move(cause));
}

Error lost(const Connection& connection, const char* what) {
  return Error(Code::kConnectionLost, fmt::format("{} was cut", what))
      .at(connection.options().where);
}

std::string encode_ordinals(const std::vector<std::uint32_t>& ordinals) {
  std::string out;
  for (const std::uint32_t ordinal : ordinals) {
    for (unsigned shift = 0; shift < 32; shift += 8)
      out.push_back(static_cast<char>(ordinal >> shift));
  }
  return out;
}

std::vector<std::uint32_t> decode_ordinals(std::string_view bytes) {
  std::vector<std::uint32_t> out;
  for (std::size_t i = 0; i + 4 <= bytes.size(); i += 4) {
    std::uint32_t ordinal = 0;
    for (unsigned k = 0; k < 4; ++k) {
      ordinal |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i + k])) << (8 * k);
    }
    out.push_back(ordinal);
  }
  return out;
}

Result<std::int64_t> read_epoch(Connection& connection, const std::string& tenant) {
  ATLAS_TRY(
      Query query,
      connection.prepare("fence", "SELECT epoch FROM main.atlas_bridge_fence WHERE tenant = ?1"));
  query.text(0, tenant);
  ATLAS_TRY(const bool row, query.step());
  return row ? query.integer(0) : 0;
}

}  // namespace

Result<> install_tables(Connection& connection) {
  ATLAS_OK(witness_there(connection));
  ATLAS_TRY(const Tables before, tables_there(connection));
  if (before == Tables::kAll) return {};
  auto begun = connection.begin_write();
  if (begun) {
    WriteScope scope(connection);
    ATLAS_TRY(const Tables now, tables_there(connection));
    begun = now == Tables::kAll ? Result<>() : connection.execute("install", kTables);
    if (begun && now == Tables::kUnmarked) begun = connection.execute("install", kAddMark);
    if (begun) begun = scope.commit();
  }
  if (!begun && begun.error().code() == Code::kPrivilegeMissing) {
    return missing_tables(connection, std::move(begun).error());
  }
  return begun;
}

Result<Fence> fence_of(Connection& connection, const std::string& tenant) {
  ATLAS_OK(witness_there(connection));
  ATLAS_TRY(const Tables tables, tables_there(connection));
  if (tables == Tables::kNone) return Fence{};
  ATLAS_TRY(Query query,
            connection.prepare("fence", tables == Tables::kAll
                                            ? "SELECT epoch, mark FROM main.atlas_bridge_fence "
                                              "WHERE tenant = ?1"
                                            : "SELECT epoch, '' FROM main.atlas_bridge_fence "
                                              "WHERE tenant = ?1"));
  query.text(0, tenant);
  ATLAS_TRY(const bool row, query.step());
  if (!row) return Fence{};
  return Fence{Epoch{query.integer(0)}, std::string(query.bytes(1))};
}

Result<std::string> raise_fence_to(Connection& connection, const std::string& tenant,
                                   const Fence& to) {
  if (fault_point("sqlite.raise_fence") == Fault::kFail)
    return lost(connection, "raising the fence");
  ATLAS_OK(connection.begin_write());
  WriteScope scope(connection);
  auto now = read_epoch(connection, tenant);
  if (!now && now.error().code() == Code::kTableMissing)
    return missing_tables(connection, std::move(now).error());
  if (!now) return std::move(now).error();
  if (*now > to.epoch.value) {
    return Error(Code::kFenceStale,
                 fmt::format("the fence stands at epoch {}, ours is {}", *now, to.epoch.value))
        .at(connection.options().where);
  }
  ATLAS_TRY(Query put,
            connection.prepare("raise fence",
                               "INSERT INTO main.atlas_bridge_fence AS f VALUES (?1, ?2, ?3) "
                               "ON CONFLICT (tenant) DO UPDATE SET epoch = excluded.epoch, "
                               "mark = iif(f.mark = '', excluded.mark, f.mark) RETURNING mark"));
  put.text(0, tenant).integer(1, to.epoch.value).text(2, to.mark);
  ATLAS_TRY(const bool row, put.step());
  std::string mark(row ? put.bytes(0) : std::string_view());
  ATLAS_TRY(const bool more, put.step());
  if (more) return Error(Code::kInternal, "a fence of two rows");
  ATLAS_OK(scope.commit());
  return mark;
}

Result<> enter_fence(Connection& connection, const ApplyTicket& ticket) {
  auto now = read_epoch(connection, ticket.tenant);
  if (!now && now.error().code() == Code::kTableMissing)
    return missing_tables(connection, std::move(now).error());
  if (!now) return std::move(now).error();
  if (*now != ticket.epoch.value) {
    // Below: nobody lowers a fence, so the file lost it (E9).
    return Error(*now > ticket.epoch.value ? Code::kFenceStale : Code::kTargetRewound,
                 fmt::format("the fence stands at epoch {}, ours is {}", *now, ticket.epoch.value))
        .at(connection.options().where);
  }
  ATLAS_TRY(Query put,
            connection.prepare("witness",
                               "INSERT INTO main.atlas_bridge_witness (tenant, batch, applied) "
                               "VALUES (?1, ?2, 1) ON CONFLICT DO NOTHING"));
  ATLAS_OK(put.text(0, ticket.tenant).integer(1, ticket.batch.value).run());
  if (connection.changes() == 1) return {};
  return Error(Code::kFenceStale, fmt::format("intent {} was settled already", ticket.batch.value))
      .at(connection.options().where);
}

Result<> witness_unapplied(Connection& connection, const ApplyTicket& ticket,
                           const std::vector<std::uint32_t>& ordinals) {
  ATLAS_TRY(Query put, connection.prepare("witness unapplied",
                                          "UPDATE main.atlas_bridge_witness SET unapplied = ?3 "
                                          "WHERE tenant = ?1 AND batch = ?2"));
  const std::string bytes = encode_ordinals(ordinals);
  return put.text(0, ticket.tenant).integer(1, ticket.batch.value).blob(2, bytes).run();
}

Result<Settlement> settle_intent(Connection& connection, const ApplyTicket& ticket) {
  if (fault_point("sqlite.settle") == Fault::kFail) return lost(connection, "settling");
  ATLAS_OK(connection.begin_write());
  WriteScope scope(connection);
  {
    ATLAS_TRY(Query put,
              connection.prepare("settle",
                                 "INSERT INTO main.atlas_bridge_witness (tenant, batch, applied) "
                                 "VALUES (?1, ?2, 0) ON CONFLICT DO NOTHING"));
    ATLAS_OK(put.text(0, ticket.tenant).integer(1, ticket.batch.value).run());
  }
  Settlement out;
  {
    ATLAS_TRY(Query get,
              connection.prepare("settle",
                                 "SELECT applied, unapplied FROM main.atlas_bridge_witness "
                                 "WHERE tenant = ?1 AND batch = ?2"));
    get.text(0, ticket.tenant).integer(1, ticket.batch.value);
    ATLAS_TRY(const bool row, get.step());
    out.applied = row && get.integer(0) != 0;
    if (row) out.unapplied = decode_ordinals(get.bytes(1));
  }
  ATLAS_OK(scope.commit());
  return out;
}

Result<> drop_witnesses(Connection& connection, const std::string& tenant, BatchNumber upto) {
  ATLAS_TRY(Query drop, connection.prepare("purge witnesses",
                                           "DELETE FROM main.atlas_bridge_witness "
                                           "WHERE tenant = ?1 AND batch <= ?2"));
  return drop.text(0, tenant).integer(1, upto.value).run();
}

}  // namespace atlas::sqlite
