#include "engines/postgres/fence.h"

#include "engines/postgres/horizon.h"
#include "engines/postgres/sql_text.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace atlas::postgres {
namespace {

constexpr std::string_view kNever = "never";

constexpr std::string_view kMissingSql = R"(
select coalesce(has_schema_privilege(to_regnamespace('atlas_bridge'), 'usage')
  and has_table_privilege(to_regclass('atlas_bridge.fence'), 'select')
  and has_table_privilege(to_regclass('atlas_bridge.fence'), 'insert')
  and has_table_privilege(to_regclass('atlas_bridge.fence'), 'update')
  and has_table_privilege(to_regclass('atlas_bridge.witness'), 'select')
  and has_table_privilege(to_regclass('atlas_bridge.witness'), 'insert')
  and has_table_privilege(to_regclass('atlas_bridge.witness'), 'delete')
  and exists (select from pg_attribute a join pg_class c on c.oid = a.attrelid
    where c.relnamespace = to_regnamespace('atlas_bridge') and c.relname = 'fence'
    and a.attname = 'mark' and not a.attisdropped), false))";

// Whether the fence is there and the witness is not. Needs no privilege.
constexpr std::string_view kGoneSql = R"(
select coalesce(bool_or(relname = 'fence') and not bool_or(relname = 'witness'), false)
from pg_class where relnamespace = to_regnamespace('atlas_bridge') and relkind in ('r', 'p'))";

// Where the schema is there already, the right to make one is not needed.
constexpr std::string_view kEnsureSchema =
    "do $$ begin if to_regnamespace('atlas_bridge') is null then "
    "create schema if not exists atlas_bridge; end if; end $$";

constexpr std::array<std::string_view, 2> kTables = {
    "create table if not exists atlas_bridge.fence (tenant text primary key, epoch int8 not null, "
    "mark text not null default '')",
    "create table if not exists atlas_bridge.witness (tenant text not null, batch int8 not null, "
    "ordinal int4 not null, key bytea, primary key (tenant, batch, ordinal))",
};

constexpr std::string_view kAddMark =
    "alter table atlas_bridge.fence add column if not exists mark text not null default ''";

// For tables as an earlier version made them: only their owner may add a column.
constexpr std::string_view kEnsureMark =
    "do $$ begin if not exists (select from pg_attribute a join pg_class c on c.oid = a.attrelid "
    "where c.relnamespace = to_regnamespace('atlas_bridge') and c.relname = 'fence' "
    "and a.attname = 'mark' and not a.attisdropped) then "
    "alter table atlas_bridge.fence add column mark text not null default ''; end if; end $$";

// Keeps two installing runs from tripping over each other's half-made catalog rows.
constexpr std::string_view kInstallLock = "select pg_advisory_xact_lock(7020119480234871)";

std::string needed_statements(const Session& session) {
  const std::string role = quote_name(session.user);
  std::string out = fmt::format(
      "connect to database {} as its owner and run: create schema if not exists atlas_bridge; ",
      session.database);
  for (const std::string_view table : kTables) out += fmt::format("{}; ", table);
  out += fmt::format("{}; ", kAddMark);
  out += fmt::format(
      "grant usage on schema atlas_bridge to {0}; grant select, insert, update "
      "on atlas_bridge.fence to {0}; grant select, insert, delete on atlas_bridge.witness to {0};",
      role);
  return out;
}

Error missing(const Connection& connection, Error cause) {
  const Session& session = connection.session();
  return Error(Code::kWitnessMissing,
               fmt::format(
                   "role {} may not use or make the tables of schema atlas_bridge in database {}",
                   session.user, session.database))
      .at(connection.options().where)
      .advise(needed_statements(session))
      .because(std::move(cause));
}

// Without its witness a target cannot say whether an intent was applied: made anew, it would say no
// to all of them.
Error witness_gone(const Connection& connection) {
  const Session& session = connection.session();
  return Error(Code::kWitnessGone,
               fmt::format("table atlas_bridge.witness of database {} is missing, "
                           "atlas_bridge.fence is not",
                           session.database))
      .at(connection.options().where)
      .advise(fmt::format("nothing was written; restore the database, or, if no run was cut short "
                          "since the table went: {}; grant select, insert, delete on "
                          "atlas_bridge.witness to {};",
                          kTables[1], quote_name(session.user)));
}

// Waits longer for locks than ordinary statements do, in this transaction only.
constexpr std::string_view kPatienceSql =
    "select set_config('lock_timeout', $1, true), set_config('statement_timeout', $1, true)";

Result<> committed(Connection& connection) {
  CommitAnswer answer = connection.commit();
  if (answer.outcome == CommitOutcome::kCommitted) return {};
  if (answer.outcome == CommitOutcome::kRolledBack) return std::move(*answer.error);
  // All of this file's transactions may be repeated, whether they were committed or not.
  return Error(Code::kConnectionLost, "no answer to COMMIT")
      .at(connection.options().where)
      .because(std::move(*answer.error));
}

// begin, patience, then `steps`; the transaction stays open. The caller guards it.
Result<std::vector<Rowset>> begin_patiently(Connection& connection, std::chrono::milliseconds wait,
                                            std::span<const Step> steps) {
  Params patience;
  patience.text(fmt::format("{}ms", wait.count()));
  std::vector<Step> all = {
      {.label = steps.front().label,
       .sql = "begin isolation level read committed",
       .prepared = false},
      {.label = steps.front().label, .sql = kPatienceSql, .params = &patience},
  };
  all.insert(all.end(), steps.begin(), steps.end());
  connection.set_patience(wait + std::chrono::seconds(15));
  auto results = connection.run_all(all);
  connection.reset_patience();
  if (!results) return witness_error(connection, std::move(results).error());
  results->erase(results->begin(), results->begin() + 2);
  return std::move(*results);
}

}  // namespace

Error witness_error(const Connection& connection, Error error) {
  const bool absent =
      error.code() == Code::kTableMissing || error.code() == Code::kPrivilegeMissing;
  return absent ? missing(connection, std::move(error)) : error;
}

Result<> install_witness(Connection& connection) {
  ATLAS_TRY(const Rowset there, connection.run("install", kMissingSql));
  if (there.boolean(0, 0)) return {};
  ATLAS_TRY(const Rowset gone, connection.run("install", kGoneSql));
  if (gone.boolean(0, 0)) return witness_gone(connection);
  RollbackGuard guard(connection);
  std::vector<Step> steps = {{.label = "install", .sql = "begin", .prepared = false},
                             {.label = "install", .sql = kInstallLock, .prepared = false},
                             {.label = "install", .sql = kEnsureSchema, .prepared = false}};
  for (const std::string_view sql : kTables)
    steps.push_back({.label = "install", .sql = sql, .prepared = false});
  steps.push_back({.label = "install", .sql = kEnsureMark, .prepared = false});
  auto made = connection.run_all(steps);
  if (!made) return witness_error(connection, std::move(made).error());
  return committed(connection);
}

Result<Fence> read_fence(Connection& connection, const std::string& tenant) {
  // Tables of an earlier version have no mark; a dry run does not add it. The fence of a replica
  // may be an older one, which would tell of a restore (E9).
  constexpr std::string_view kRead =
      "select epoch, coalesce(to_jsonb(f) ->> 'mark', ''), to_regclass('atlas_bridge.witness') is "
      "null, pg_is_in_recovery() from (select 1) as one "
      "left join atlas_bridge.fence f on tenant = $1";
  Params params;
  params.text(tenant);
  auto rows = connection.run("fence", kRead, params);
  if (!rows && rows.error().code() == Code::kTableMissing) return Fence{};
  if (!rows) return witness_error(connection, std::move(rows).error());
  if (rows->boolean(0, 3)) return replica(connection.options().where);
  if (rows->is_null(0, 0)) return Fence{};
  if (rows->boolean(0, 2)) return witness_gone(connection);
  return Fence{Epoch{rows->integer(0, 0)}, std::string(rows->text(0, 1))};
}

Result<std::string> raise_fence(Connection& connection, const std::string& tenant, const Fence& to,
                                std::chrono::milliseconds wait) {
  constexpr std::string_view kRaise =
      "insert into atlas_bridge.fence as f (tenant, epoch, mark) values ($1, $2, $3) "
      "on conflict (tenant) do update set epoch = excluded.epoch, "
      "mark = case when f.mark = '' then excluded.mark else f.mark end "
      "where f.epoch < excluded.epoch";
  Params raised, asked;
  raised.text(tenant).int8(to.epoch.value).text(to.mark);
  asked.text(tenant);
  const std::array steps = {Step{.label = "raise_fence", .sql = kRaise, .params = &raised},
                            Step{.label = "raise_fence", .sql = kShareFenceSql, .params = &asked}};
  RollbackGuard guard(connection);
  ATLAS_TRY(const std::vector<Rowset> results, begin_patiently(connection, wait, steps));
  const std::int64_t epoch = results[1].integer(0, 0);
  if (epoch > to.epoch.value) {
    return Error(Code::kFenceStale, fmt::format("the fence stands at epoch {}, this run's is {}",
                                                epoch, to.epoch.value))
        .at(connection.options().where);
  }
  std::string mark(results[1].text(0, 1));
  ATLAS_OK(committed(connection));
  return mark;
}

Result<Settlement> settle(Connection& connection, const ApplyTicket& ticket,
                          std::chrono::milliseconds wait) {
  // An apply transaction still in flight holds its row's key: the insert waits for its end.
  constexpr std::string_view kSettle =
      "insert into atlas_bridge.witness (tenant, batch, ordinal, key) "
      "values ($1, $2, -1, 'never'::bytea) on conflict (tenant, batch, ordinal) do nothing";
  constexpr std::string_view kRead =
      "select ordinal, coalesce(key, ''::bytea) from atlas_bridge.witness where tenant = $1 "
      "and batch = $2 order by ordinal";
  Params params;
  params.text(ticket.tenant).int8(ticket.batch.value);
  const std::array steps = {Step{.label = "settle", .sql = kSettle, .params = &params},
                            Step{.label = "settle", .sql = kRead, .params = &params}};
  RollbackGuard guard(connection);
  ATLAS_TRY(const std::vector<Rowset> results, begin_patiently(connection, wait, steps));
  const Rowset& rows = results[1];
  Settlement settlement;
  const std::string_view key = rows.bytes(0, 1);
  settlement.applied = key != kNever;
  // Empty in the witness of an earlier version.
  if (settlement.applied && !key.empty())
    (void)std::from_chars(key.data(), key.data() + key.size(), settlement.stamp_us);
  for (std::size_t i = 1; i < rows.size(); ++i) {
    settlement.unapplied.push_back(static_cast<std::uint32_t>(rows.integer(i, 0)));
  }
  ATLAS_OK(committed(connection));
  return settlement;
}

Result<> purge_witnesses(Connection& connection, const std::string& tenant, BatchNumber upto) {
  Params params;
  params.text(tenant).int8(upto.value);
  auto purged = connection.run(
      "purge", "delete from atlas_bridge.witness where tenant = $1 and batch <= $2", params);
  if (!purged) return witness_error(connection, std::move(purged).error());
  return {};
}

}  // namespace atlas::postgres
