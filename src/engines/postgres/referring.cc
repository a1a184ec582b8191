#include "engines/postgres/referring.h"

#include "engines/postgres/catalog.h"
#include "engines/postgres/sql_text.h"

#include <fmt/format.h>

namespace atlas::postgres {
namespace {

// $1 schemas, $2 names → position, schema and name of the table that refers, condition, usage of
// its schema, select on its columns, row security active for us. A key of a partition that is only
// the copy of its table's own key does not count again. Texts of two collations are compared as the
// key compares them.
constexpr std::string_view kReferring = R"(
with recursive family(position, relation) as (
  select n.position, c.oid
  from unnest($1::text[], $2::text[]) with ordinality as n(schema, name, position)
  join pg_namespace s on s.nspname = n.schema
  join pg_class c on c.relnamespace = s.oid and c.relname = n.name
  union
  select f.position, i.inhrelid from family f join pg_inherits i on i.inhparent = f.relation)
select m.position, s.nspname::text, r.relname::text,
       (select string_agg(format('t.%I operator(%I.%s) c.%I', a.attname, e.nspname, o.oprname, b.attname)
                            || coalesce(' collate ' || quote_ident(y.nspname) || '.' || quote_ident(x.collname), ''), ' and ' order by k.n)
        from unnest(f.confkey, f.conkey, f.conpfeqop) with ordinality as k(ours, theirs, equal, n)
        join pg_attribute a on a.attrelid = f.confrelid and a.attnum = k.ours
        join pg_attribute b on b.attrelid = f.conrelid and b.attnum = k.theirs
        join pg_operator o on o.oid = k.equal
        join pg_namespace e on e.oid = o.oprnamespace
        left join pg_collation z on z.oid = a.attcollation
        left join (pg_collation x join pg_namespace y on y.oid = x.collnamespace)
          on a.attcollation <> b.attcollation
             and x.oid = case when z.collisdeterministic then b.attcollation else a.attcollation end)
       || case when exists (select from family x where x.position = m.position and x.relation = r.oid)
               then ' and (c.tableoid, c.ctid) is distinct from (t.tableoid, t.ctid)' else '' end,
       has_schema_privilege(s.oid, 'usage'),
       (select bool_and(has_column_privilege(r.oid, k.theirs, 'select')) from unnest(f.conkey) as k(theirs)),
       row_security_active(r.oid)
from family m
join pg_constraint f on f.confrelid = m.relation and f.contype = 'f' and f.confdeltype in ('c', 'n', 'd')
join pg_class r on r.oid = f.conrelid
join pg_namespace s on s.oid = r.relnamespace
where not exists (select from pg_constraint p join family x on x.relation = p.confrelid
                  where p.oid = f.conparentid and x.position = m.position)
order by 1, 2, 3, f.conname)";

std::string missing_right(const Session& session, const TableName& table, const Rowset& rows,
                          std::size_t i) {
  const std::string role = quote_name(session.user);
  std::string out;
  if (!rows.boolean(i, 4)) {
    out += fmt::format("GRANT USAGE ON SCHEMA {} TO {}; ", quote_name(table.schema), role);
  }
  if (!rows.boolean(i, 5))
    out += fmt::format("GRANT SELECT ON TABLE {} TO {}; ", quote_table(table), role);
  if (rows.boolean(i, 6)) out += fmt::format("ALTER ROLE {} BYPASSRLS; ", role);
  if (!out.empty()) out.pop_back();
  return out;
}

}  // namespace

Result<std::vector<std::vector<ReferringKey>>> referring_keys(Connection& connection,
                                                              std::span<const TableName> tables) {
  const Params names = bind_tables(tables);
  ATLAS_TRY(const Rowset rows, connection.run("who refers", kReferring, names));
  std::vector<std::vector<ReferringKey>> out(tables.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const TableName table{.schema = rows.text(i, 1), .name = rows.text(i, 2)};
    out[static_cast<std::size_t>(rows.integer(i, 0)) - 1].push_back(
        {.table = table,
         .condition = rows.text(i, 3),
         .missing_right = missing_right(connection.session(), table, rows, i)});
  }
  return out;
}

Result<std::optional<DeleteGuard>> delete_guard(const TableName& table,
                                                std::span<const ReferringKey> keys,
                                                const std::string& source,
                                                const std::string& guard) {
  std::optional<DeleteGuard> out;
  if (keys.empty()) return out;
  out.emplace();
  std::string cases;
  for (const ReferringKey& key : keys) {
    if (!key.missing_right.empty()) {
      return Error(Code::kHasChildren, fmt::format("rows of {}, which cannot be seen: {}",
                                                   key.table.text(), key.missing_right))
          .advise("run " + key.missing_right);
    }
    const std::string any =
        fmt::format("exists (select from {} as c where {})", quote_table(key.table), key.condition);
    cases += fmt::format(" when {} then {}", any, out->tables.size());
    out->condition += fmt::format(" and ({}) is not true", any);
    out->tables.push_back(key.table);
  }
  // Counted, so that one row comes back and not one for each.
  out->lock = fmt::format(
      "select count(*) from (select from {} as t, {} where {} order by s.n for update of t) as l",
      quote_table(table), source, guard);
  out->look = fmt::format(
      "select s.n, r.which from {} as t, {}, lateral (select case{} end as which) as r where {} "
      "and r.which is not null",
      quote_table(table), source, cases, guard);
  return out;
}

}  // namespace atlas::postgres
