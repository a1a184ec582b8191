#pragma once

// The catalog queries, each over a set of tables. Positions count from 1, in the order of the
// parameter arrays.

#include <string_view>

namespace atlas::postgres::catalog_sql {

// $1 schemas, $2 names → position, oid, row security active for us, filled by a subscription, is a
// table with row versions, rows by statistics (-1: none).
inline constexpr std::string_view kTables = R"(
select n.position, c.oid, row_security_active(c.oid),
       exists (select 1 from pg_subscription_rel r where r.srrelid = c.oid),
       c.relkind in ('r', 'p'), c.reltuples::int8
from unnest($1::text[], $2::text[]) with ordinality as n(schema, name, position)
join pg_namespace s on s.nspname = n.schema
join pg_class c on c.relnamespace = s.oid and c.relname = n.name and c.relkind in ('r', 'p', 'f', 'v', 'm')
order by n.position)";

// $1 oids → position, name, base type (oid, modifier, spelling, category, kind), array element?,
// not null, default?, generated, sequence, labels. Domains are followed to their base type.
inline constexpr std::string_view kColumns = R"(
with recursive base(relation, attnum, type, typmod) as (
  select a.attrelid, a.attnum, a.atttypid, a.atttypmod
  from pg_attribute a where a.attrelid = any ($1::oid[]) and a.attnum > 0 and not a.attisdropped
  union all
  select b.relation, b.attnum, t.typbasetype, case when b.typmod = -1 then t.typtypmod else b.typmod end
  from base b join pg_type t on t.oid = b.type where t.typtype = 'd')
select array_position($1::oid[], a.attrelid), a.attname::text, t.oid, b.typmod, format_type(t.oid, b.typmod),
       t.typtype::text, t.typcategory::text,
       a.attnotnull or exists (
         with recursive chain(id) as (
           select a.atttypid
           union all
           select d.typbasetype from chain join pg_type d on d.oid = chain.id where d.typtype = 'd')
         select 1 from chain join pg_type d on d.oid = chain.id where d.typnotnull),
       a.atthasdef or a.attidentity <> '',
       a.attgenerated <> '' or a.attidentity = 'a',
       coalesce(
         (select d.objid::regclass::text
          from pg_depend d join pg_class q on q.oid = d.objid and q.relkind = 'S'
          where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass
            and d.refobjid = a.attrelid and d.refobjsubid = a.attnum and d.deptype = 'i' limit 1),
         (select d.refobjid::regclass::text
          from pg_attrdef f
          join pg_depend d on d.classid = 'pg_attrdef'::regclass and d.objid = f.oid
            and d.refclassid = 'pg_class'::regclass
          join pg_class q on q.oid = d.refobjid and q.relkind = 'S'
          where f.adrelid = a.attrelid and f.adnum = a.attnum limit 1),
         ''),
       array_to_string(array(select e.enumlabel from pg_enum e where e.enumtypid = t.oid order by e.enumsortorder), E'\x01')
from base b
join pg_type t on t.oid = b.type and t.typtype <> 'd'
join pg_attribute a on a.attrelid = b.relation and a.attnum = b.attnum
order by 1, a.attnum)";

// $1 oids → position, name, columns (separated by \x01), primary, unique, deferrable, plain, an
// index that a planner may use.
inline constexpr std::string_view kIndexes = R"(
select array_position($1::oid[], i.indrelid), c.relname::text,
       array_to_string(array(
         select a.attname from unnest(i.indkey::int2[]) with ordinality k(attnum, n)
         join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
         where k.n <= i.indnkeyatts
           and k.n < coalesce((select min(z.n) from unnest(i.indkey::int2[]) with ordinality z(attnum, n)
                               where z.attnum = 0), 32767)
         order by k.n), E'\x01'),
       i.indisprimary, i.indisunique, not i.indimmediate,
       i.indexprs is null and i.indpred is null,
       i.indisvalid and i.indpred is null and c.relam = (select oid from pg_am where amname = 'btree')
from pg_index i join pg_class c on c.oid = i.indexrelid
where i.indrelid = any ($1::oid[])
order by 1, not i.indisprimary, c.relname)";

// $1 oids → position, name, columns, target schema, target name, target columns, cascades.
inline constexpr std::string_view kForeignKeys = R"(
select array_position($1::oid[], f.conrelid), f.conname::text,
       array_to_string(array(select a.attname from unnest(f.conkey) with ordinality k(attnum, n)
         join pg_attribute a on a.attrelid = f.conrelid and a.attnum = k.attnum order by k.n), E'\x01'),
       s.nspname::text, t.relname::text,
       array_to_string(array(select a.attname from unnest(f.confkey) with ordinality k(attnum, n)
         join pg_attribute a on a.attrelid = f.confrelid and a.attnum = k.attnum order by k.n), E'\x01'),
       f.confdeltype in ('c', 'n', 'd') or f.confupdtype in ('c', 'n', 'd')
from pg_constraint f
join pg_class t on t.oid = f.confrelid
join pg_namespace s on s.oid = t.relnamespace
where f.conrelid = any ($1::oid[]) and f.contype = 'f'
order by 1, f.conname)";

// $1 oids → position, schema and name of a table that refers here and acts on delete, its columns,
// ours.
inline constexpr std::string_view kCascades = R"(
select array_position($1::oid[], f.confrelid), s.nspname::text, t.relname::text,
       array_to_string(array(select a.attname from unnest(f.conkey) with ordinality k(attnum, n)
         join pg_attribute a on a.attrelid = f.conrelid and a.attnum = k.attnum order by k.n), E'\x01'),
       array_to_string(array(select a.attname from unnest(f.confkey) with ordinality k(attnum, n)
         join pg_attribute a on a.attrelid = f.confrelid and a.attnum = k.attnum order by k.n), E'\x01')
from pg_constraint f
join pg_class t on t.oid = f.conrelid
join pg_namespace s on s.oid = t.relnamespace
where f.confrelid = any ($1::oid[]) and f.contype = 'f' and f.confdeltype in ('c', 'n', 'd')
  and not exists (select from pg_constraint p where p.oid = f.conparentid and p.confrelid = f.confrelid)
order by 1, f.conname)";

// $1 oids → position, definition.
inline constexpr std::string_view kChecks = R"(
select array_position($1::oid[], c.conrelid), pg_get_constraintdef(c.oid)
from pg_constraint c
where c.conrelid = any ($1::oid[]) and c.contype in ('c', 'x')
order by 1, c.conname)";

// $1 oids → position, name, before row, after, uses the caller's path (as far as its text tells: a
// table is named without schema, and the function sets no path of its own), takes the session's
// time (a clock, and neither a zone at its side nor one set for the function). Only those that fire
// in an ordinary session. A rule other than a view's own can leave a write out just as a BEFORE
// trigger can.
inline constexpr std::string_view kTriggers = R"(
select array_position($1::oid[], t.tgrelid), t.tgname::text,
       (t.tgtype & 3) = 3, (t.tgtype & 66) = 0,
       not coalesce(p.proconfig::text ~ 'search_path=', false)
         and (p.prosrc ~* '\m(insert\s+into|update|delete\s+from)\s+[a-z_"][a-z0-9_$"]*\s*([^a-z0-9_$".\s]|\s[^.]|$)'
           or p.prosrc ~* '\m(from|join)\s+[a-z_"][a-z0-9_$"]*\s*([;)]|\s[^(.]|$)'),
       not coalesce(p.proconfig::text ~* 'timezone=', false)
         and p.prosrc ~* '\m((now|clock_timestamp|transaction_timestamp|statement_timestamp)\s*\(\s*\)|current_timestamp|localtimestamp)'
         and p.prosrc !~* 'at\s+time\s+zone|\mtimezone\s*\('
from pg_trigger t join pg_proc p on p.oid = t.tgfoid
where t.tgrelid = any ($1::oid[]) and not t.tgisinternal and t.tgenabled in ('O', 'A')
union all
select array_position($1::oid[], r.ev_class), 'rule ' || r.rulename, true, false, false, false
from pg_rewrite r
where r.ev_class = any ($1::oid[]) and r.ev_type <> '1' and r.ev_enabled in ('O', 'A')
order by 1, 2)";

// $1 schemas, $2 names → position, document, partitioned?, may be referred to?: all that a write
// depends on, in one text (E8). A table that no foreign key refers to has no triggers for it.
inline constexpr std::string_view kFingerprint = R"(
select n.position,
  concat_ws(E'\n', c.relkind::text, c.relrowsecurity::text, c.relforcerowsecurity::text,
    (select string_agg(concat_ws(E'\x01', a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.atthasdef,
              a.attgenerated, a.attidentity, t.typtype, format_type(nullif(t.typbasetype, 0), t.typtypmod), t.typnotnull,
              (select string_agg(e.enumlabel, E'\x02' order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid)),
            E'\n' order by a.attname)
     from pg_attribute a join pg_type t on t.oid = a.atttypid
     where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped),
    (select string_agg(concat_ws(E'\x01', i.indisprimary, not i.indimmediate, i.indisvalid,
              substr(pg_get_indexdef(i.indexrelid), strpos(pg_get_indexdef(i.indexrelid), ' USING '))),
            E'\n' order by i.indisprimary, pg_get_indexdef(i.indexrelid))
     from pg_index i where i.indrelid = c.oid and i.indisunique),
    (select string_agg(concat_ws(E'\x01', f.conname, f.conkey::text, f.confrelid::regclass::text, f.confkey::text,
              f.confdeltype, f.confupdtype, f.condeferrable, f.condeferred), E'\n' order by f.conname)
     from pg_constraint f where f.conrelid = c.oid and f.contype = 'f'),
    (select string_agg(concat_ws(E'\x01', t.tgname, t.tgtype, t.tgenabled, t.tgdeferrable, t.tgfoid::regprocedure::text,
              t.tgattr::text, t.tgqual::text is not null), E'\n' order by t.tgname)
     from pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal and t.tgenabled <> 'D'),
    (select string_agg(concat_ws(E'\x01', r.rulename, r.ev_type, r.ev_enabled, r.is_instead), E'\n' order by r.rulename)
     from pg_rewrite r where r.ev_class = c.oid and r.ev_type <> '1')),
  c.relkind = 'p',
  c.relhastriggers or c.relhassubclass or c.relkind = 'p'
from unnest($1::text[], $2::text[]) with ordinality as n(schema, name, position)
join pg_namespace s on s.nspname = n.schema
join pg_class c on c.relnamespace = s.oid and c.relname = n.name and c.relkind in ('r', 'p', 'f', 'v', 'm')
order by n.position)";

}  // namespace atlas::postgres::catalog_sql
