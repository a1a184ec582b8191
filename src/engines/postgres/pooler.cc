#include "engines/postgres/pooler.h"

namespace atlas::postgres {
namespace {

// Poolers reuse the last idle process first; other clients may come between, so ask a few times.
constexpr int kTries = 5;

Error refused(const Connection& connection) {
  return Error(Code::kPoolerRefused,
               "statements of one session are answered by several server processes")
      .at(connection.options().where);
}

}  // namespace

Result<> check_backend(const Connection& connection, const Rowset& answer) {
  if (static_cast<std::uint32_t>(answer.integer(0, 0)) == connection.session().backend) return {};
  return refused(connection);
}

Result<> refuse_shared_backends(Connection& first) {
  ATLAS_TRY(const std::unique_ptr<Connection> second, Connection::open(first.options()));
  if (first.session().backend == second->session().backend) return refused(first);
  for (int i = 0; i < kTries; ++i) {
    ATLAS_TRY(const Rowset mine, first.run("pooler", kBackendSql));
    ATLAS_OK(check_backend(first, mine));
    ATLAS_TRY(const Rowset theirs, second->run("pooler", kBackendSql));
    ATLAS_OK(check_backend(*second, theirs));
  }
  return {};
}

}  // namespace atlas::postgres
