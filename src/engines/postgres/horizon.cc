#include "engines/postgres/horizon.h"

#include "engines/postgres/codec.h"
#include "engines/postgres/sql_text.h"

#include <fmt/format.h>

namespace atlas::postgres {
namespace {

// now() is fixed before the backends are looked at: a transaction that begins meanwhile is not
// older than it. Autovacuum workers write no stamps and may run for hours; without the right to see
// it a session has no backend_type, but its user is always told, and they have none. Our own
// other connections count like anyone's.
constexpr std::string_view kActivity = R"(
select pg_is_in_recovery(), now(), least(now(), min(a.xact_start)),
       pg_has_role(current_user, 'pg_read_all_stats', 'usage'),
       count(*) filter (where a.usesysid <> (select oid from pg_roles where rolname = current_user)
                          and not coalesce(pg_has_role(current_user, a.usesysid, 'usage'), false)) > 0
from (select 1) as one
left join pg_stat_activity a
  on a.datid = (select oid from pg_database where datname = current_database())
 and a.pid <> pg_backend_pid() and a.backend_type is distinct from 'autovacuum worker')";

constexpr std::string_view kPrepared =
    "select exists (select 1 from pg_prepared_xacts where database = current_database())";

Instant instant_of(const Rowset& rows, std::size_t column) {
  return Instant(Micros(from_server_time(rows.integer(0, column))));
}

}  // namespace

Error replica(const std::string& where) {
  return Error(Code::kReadOnlyServer, "the server is a replica").at(where);
}

std::string grant_stats(const Session& session) {
  return fmt::format("GRANT pg_read_all_stats TO {};", quote_name(session.user));
}

Result<Horizon> read_horizon(Connection& connection) {
  ATLAS_TRY(const Rowset activity, connection.run("horizon", kActivity));
  const std::string& where = connection.options().where;
  if (activity.boolean(0, 0)) return replica(where);
  const bool sees_all = activity.boolean(0, 3);
  const bool strangers = activity.boolean(0, 4);
  // A statement and transaction of its own, after the first: a transaction prepared in between was
  // seen as running.
  ATLAS_TRY(const Rowset prepared, connection.run("horizon", kPrepared));
  Horizon out{.safe = instant_of(activity, 2),
              .server_now = instant_of(activity, 1),
              .prepared_pending = prepared.boolean(0, 0),
              .hidden = {}};
  if (!sees_all && strangers) {
    out.hidden = Error(Code::kStampedUnsafe, "transactions of other users are hidden from us")
                     .at(where)
                     .advise(grant_stats(connection.session()));
  }
  return out;
}

}  // namespace atlas::postgres
