#include "engines/postgres/probe.h"

#include "engines/postgres/catalog.h"
#include "engines/postgres/codec.h"
#include "engines/postgres/horizon.h"
#include "engines/postgres/pooler.h"
#include "engines/postgres/referring.h"
#include "engines/postgres/sql_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas::postgres {
namespace {

using Level = Finding::Level;

constexpr std::string_view kServer = R"(
select split_part(current_setting('server_version'), ' ', 1), clock_timestamp(), pg_is_in_recovery(),
       (select rolsuper from pg_roles where rolname = current_user),
       pg_has_role(current_user, 'pg_read_all_stats', 'usage'),
       current_setting('fsync')::bool and current_setting('full_page_writes')::bool)";

// $1 schemas, $2 names → position, oid, schema usage, select, insert, update, delete, row security.
constexpr std::string_view kTables = R"(
select n.position, c.oid, has_schema_privilege(s.oid, 'usage'),
       has_table_privilege(c.oid, 'select'), has_table_privilege(c.oid, 'insert'),
       has_table_privilege(c.oid, 'update'), has_table_privilege(c.oid, 'delete'), row_security_active(c.oid)
from unnest($1::text[], $2::text[]) with ordinality as n(schema, name, position)
join pg_namespace s on s.nspname = n.schema
join pg_class c on c.relnamespace = s.oid and c.relname = n.name
order by n.position)";

// $1 schemas, $2 names → sequences of these tables' columns that we may not use.
// The privilege is asked inside a CASE: as a plain condition it may be evaluated for relations that
// are no sequences, and fails there.
constexpr std::string_view kSequences = R"(
select distinct q.oid::regclass::text
from unnest($1::text[], $2::text[]) as n(schema, name)
join pg_namespace s on s.nspname = n.schema
join pg_class c on c.relnamespace = s.oid and c.relname = n.name
join (
  select d.refobjid as relation, d.objid as sequence
  from pg_depend d
  where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass
    and d.refobjsubid > 0 and d.deptype in ('a', 'i')
  union
  select f.adrelid, d.refobjid
  from pg_attrdef f
  join pg_depend d on d.classid = 'pg_attrdef'::regclass and d.objid = f.oid
    and d.refclassid = 'pg_class'::regclass) as feeds on feeds.relation = c.oid
join pg_class q on q.oid = feeds.sequence and q.relkind = 'S'
where not case when q.relkind = 'S' then has_sequence_privilege(q.oid, 'usage') else true end
order by 1)";

void add(Probe& probe, Level level, std::string topic, std::string detail, std::string fix = {}) {
  probe.findings.push_back({.level = level,
                            .topic = std::move(topic),
                            .detail = std::move(detail),
                            .fix = std::move(fix)});
}

void judge_table(Probe& probe, const Session& session, const TableName& table, const Rowset& rows,
                 std::size_t i) {
  const std::string role = quote_name(session.user);
  if (!rows.boolean(i, 2)) {
    add(probe, Level::kFail, "privileges", fmt::format("no access to schema {}", schema_of(table)),
        fmt::format("GRANT USAGE ON SCHEMA {} TO {};", quote_name(schema_of(table)), role));
  }
  constexpr std::array<std::string_view, 4> kRights = {"SELECT", "INSERT", "UPDATE", "DELETE"};
  std::string lacking;
  for (std::size_t k = 0; k < kRights.size(); ++k) {
    if (!rows.boolean(i, 3 + k))
      lacking += fmt::format("{}{}", lacking.empty() ? "" : ", ", kRights[k]);
  }
  if (lacking.empty()) {
    add(probe, Level::kOk, "privileges", fmt::format("{}: all rights", table.text()));
  } else {
    add(probe, Level::kFail, "privileges", fmt::format("{}: no right to {}", table.text(), lacking),
        fmt::format("GRANT {} ON TABLE {} TO {};", lacking, quote_table(table), role));
  }
  if (rows.boolean(i, 7)) {
    add(probe, Level::kFail, "row security",
        fmt::format("{}: policies hide rows from us", table.text()),
        fmt::format("ALTER ROLE {} BYPASSRLS;", role));
  }
}

// A delete is made only when everybody can be seen who would go along with it.
Result<> judge_referring(Probe& probe, Connection& connection, std::span<const TableName> tables) {
  ATLAS_TRY(const auto keys, referring_keys(connection, tables));
  for (std::size_t i = 0; i < tables.size(); ++i) {
    for (const ReferringKey& key : keys[i]) {
      const bool ours = std::find(tables.begin(), tables.end(), key.table) != tables.end();
      if (key.missing_right.empty() || ours) continue;
      add(probe, Level::kWarn, "privileges",
          fmt::format("{}: its foreign key acts when rows of {} are deleted, and we cannot see "
                      "whom: such deletes are held",
                      key.table.text(), tables[i].text()),
          key.missing_right);
    }
  }
  return {};
}

Result<> judge_tables(Probe& probe, Connection& connection, std::span<const TableName> tables) {
  const Params names = bind_tables(tables);
  const Session& session = connection.session();
  ATLAS_TRY(const Rowset rows, connection.run("probe", kTables, names));
  std::size_t next = 0;
  for (std::size_t position = 0; position < tables.size(); ++position) {
    const bool found =
        next < rows.size() && static_cast<std::size_t>(rows.integer(next, 0)) == position + 1;
    if (found) {
      judge_table(probe, session, tables[position], rows, next++);
    } else {
      add(probe, Level::kFail, "tables", fmt::format("{} does not exist", tables[position].text()),
          "check schema and table name in the mapping");
    }
  }
  ATLAS_OK(judge_referring(probe, connection, tables));
  ATLAS_TRY(const Rowset sequences, connection.run("probe", kSequences, names));
  for (std::size_t i = 0; i < sequences.size(); ++i) {
    const std::string name = sequences.text(i, 0);
    add(probe, Level::kFail, "privileges",
        fmt::format("no right to take numbers from sequence {}", name),
        fmt::format("GRANT USAGE ON SEQUENCE {} TO {};", name, quote_name(session.user)));
  }
  return {};
}

void judge_server(Probe& probe, const Session& session, const Rowset& server) {
  if (server.boolean(0, 2))
    add(probe, Level::kFail, "server", "it is a read-only replica", "connect to the primary");
  if (server.boolean(0, 3)) {
    add(probe, Level::kWarn, "role", fmt::format("{} is a superuser", session.user),
        "use a role with rights on the mapped tables only");
  } else {
    add(probe, Level::kOk, "role", fmt::format("{} is no superuser", session.user));
  }
  if (server.boolean(0, 4)) {
    add(probe, Level::kOk, "watermark", "transactions of all users can be seen");
  } else {
    add(probe, Level::kWarn, "watermark",
        "transactions of other users are hidden: stamps by the database cannot be trusted",
        grant_stats(session));
  }
  if (!server.boolean(0, 5)) {
    add(probe, Level::kWarn, "durability",
        "fsync or full_page_writes is off: a crash of the server may corrupt it", "set both on");
  }
  if (session.server_encoding != "UTF8") {
    add(probe, Level::kWarn, "encoding",
        fmt::format("the database's encoding is {}: texts outside of it are refused",
                    session.server_encoding),
        "keep it in mind when rows are quarantined for their encoding");
  }
}

Result<> judge_pooler(Probe& probe, Connection& connection) {
  if (!connection.session().proxied) {
    add(probe, Level::kOk, "pooler", "connected to the server directly");
    return {};
  }
  const auto direct = refuse_shared_backends(connection);
  if (direct) {
    add(probe, Level::kWarn, "pooler", "a proxy stands in between; it keeps sessions apart so far",
        "use session mode or connect to the server directly");
    return {};
  }
  if (direct.error().code() != Code::kPoolerRefused) return direct.error();
  add(probe, Level::kFail, "pooler", "a transaction-mode pooler stands in between",
      direct.error().next());
  return {};
}

}  // namespace

Result<Probe> probe_server(Connection& connection, std::span<const TableName> tables) {
  ATLAS_TRY(const Rowset server, connection.run("probe", kServer));
  Probe probe;
  probe.product = "PostgreSQL " + server.text(0, 0);
  probe.server_now = Instant(Micros(from_server_time(server.integer(0, 1))));
  probe.identity = connection.session().identity;
  add(probe, Level::kOk, "connection",
      fmt::format("database {} as {}", connection.session().database, connection.session().user));
  judge_server(probe, connection.session(), server);
  ATLAS_OK(judge_pooler(probe, connection));
  ATLAS_OK(judge_tables(probe, connection, tables));
  return probe;
}

}  // namespace atlas::postgres
