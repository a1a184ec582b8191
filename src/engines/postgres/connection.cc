#include "engines/postgres/connection.h"

#include "engines/postgres/classify.h"
#include "foundation/assert.h"
#include "foundation/fault_point.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <poll.h>
#include <sys/socket.h>

namespace atlas::postgres {
namespace {

// More statements than any set of tables needs; beyond it all are prepared anew.
constexpr std::size_t kPreparedMax = 1000;
// The server's own timeout fires first unless the network swallowed it.
constexpr std::chrono::milliseconds kNetworkGrace{15'000};
constexpr const char* kDeallocate = "deallocate all";

std::string_view field(const pg_result* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text == nullptr ? std::string_view() : std::string_view(text);
}

}  // namespace

Connection::Connection(pg_conn* connection, ConnectionOptions options)
    : connection_(connection), options_(std::move(options)), patience_(0) {
  reset_patience();
}

Connection::~Connection() { PQfinish(connection_); }

void Connection::reset_patience() { patience_ = options_.statement_timeout + kNetworkGrace; }

bool Connection::usable() const { return !severed_ && PQstatus(connection_) == CONNECTION_OK; }

void Connection::sever() {
  severed_ = true;
  if (const int socket = PQsocket(connection_); socket >= 0) (void)::shutdown(socket, SHUT_RDWR);
}

// False when a test or chaos run wants the connection to break here.
bool Connection::reached(std::string_view label, std::string_view stage) {
  if (fault_hook_installed() &&
      fault_point(fmt::format("postgres.{}.{}", label, stage)) == Fault::kFail) {
    sever();
    return false;
  }
  return true;
}

// --- sending and receiving ----------------------------------------------------------------------

bool Connection::wait(short events) {
  pollfd descriptor{.fd = PQsocket(connection_), .events = events, .revents = 0};
  int ready = 0;
  do {
    ready = ::poll(&descriptor, 1, static_cast<int>(patience_.count()));
  } while (ready < 0 && errno == EINTR);
  if (ready <= 0) {
    sever();
    return false;
  }
  if ((descriptor.revents & (POLLIN | POLLERR | POLLHUP)) != 0)
    return PQconsumeInput(connection_) == 1;
  return true;
}

// Reads while it writes: the server may answer early steps before it has taken the last.
bool Connection::flush() {
  while (true) {
    const int left = PQflush(connection_);
    if (left == 0) return true;
    if (left < 0 || !wait(POLLIN | POLLOUT)) return false;
  }
}

// The next result; nullptr between statements, and when the connection broke (then usable() is
// false).
pg_result* Connection::receive() {
  while (PQisBusy(connection_) != 0) {
    if (!wait(POLLIN)) {
      severed_ = severed_ || PQstatus(connection_) != CONNECTION_OK;
      if (severed_) return nullptr;
    }
  }
  return PQgetResult(connection_);
}

std::string& Connection::name_of(const std::string& sql) { return prepared_[sql]; }

bool Connection::send_step(const Step& step, std::vector<bool>& prepares) {
  static const Params kNone;
  const Params& params = step.params == nullptr ? kNone : *step.params;
  params.arrange(values_, lengths_, formats_);
  const int count = static_cast<int>(params.size());
  sql_.assign(step.sql);
  if (!step.prepared) {
    prepares.push_back(false);
    return PQsendQueryParams(connection_, sql_.c_str(), count, nullptr, values_.data(),
                             lengths_.data(), formats_.data(), 1) == 1;
  }
  std::string& name = name_of(sql_);
  const bool fresh = name.empty();
  if (fresh) {
    name = fmt::format("a{}", ++statements_);
    if (PQsendPrepare(connection_, name.c_str(), sql_.c_str(), 0, nullptr) != 1) return false;
  }
  prepares.push_back(fresh);
  return PQsendQueryPrepared(connection_, name.c_str(), count, values_.data(), lengths_.data(),
                             formats_.data(), 1) == 1;
}

PipelineAnswer Connection::pipeline(std::span<const Step> steps) {
  PipelineAnswer answer;
  ATLAS_ASSERT(!steps.empty(), "a pipeline needs a step");
  const std::string_view label = steps.front().label;
  if (!usable() || !reached(label, "send")) {
    answer.error = lost(label);
    return answer;
  }
  std::vector<bool> prepares;
  prepares.reserve(steps.size());
  bool sent = true;
  const bool forget =
      prepared_.size() > kPreparedMax && PQtransactionStatus(connection_) != PQTRANS_INERROR;
  if (forget) {
    prepared_.clear();
    sent =
        PQsendQueryParams(connection_, kDeallocate, 0, nullptr, nullptr, nullptr, nullptr, 1) == 1;
  }
  for (const Step& step : steps) sent = sent && send_step(step, prepares);
  sent = sent && PQpipelineSync(connection_) == 1 && flush();
  if (!sent || !reached(label, "sent")) {
    sever();
    answer.error = lost(label);
    return answer;
  }
  if (forget) {
    while (pg_result* result = receive()) PQclear(result);
  }
  collect(steps, prepares, answer);
  if (!reached(label, "received") && !answer.error) answer.error = lost(label);
  return answer;
}

// Reads the answers of every step up to the synchronisation point, in the order sent.
void Connection::collect(std::span<const Step> steps, const std::vector<bool>& prepares,
                         PipelineAnswer& answer) {
  answer.results.reserve(steps.size());
  for (std::size_t i = 0; i < steps.size(); ++i) {
    for (int part = prepares[i] ? 0 : 1; part < 2; ++part) {  // 0 answers Parse, 1 the statement
      Rowset kept;
      bool failed = false;
      while (pg_result* result = receive()) {
        Rowset rows(result);
        const ExecStatusType status = PQresultStatus(result);
        if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) {
          kept = std::move(rows);
          continue;
        }
        failed = true;
        if (!answer.error) {
          answer.error = error_of(result, steps[i]);
          answer.failed = i;
        }
      }
      if (!usable()) {
        if (!answer.error) {
          answer.error = lost(steps[i].label);
          answer.failed = i;
        }
        return;
      }
      if (part == 0 && failed) prepared_.erase(std::string(steps[i].sql));
      if (part == 1 && !answer.error) answer.results.push_back(std::move(kept));
    }
  }
  // The synchronisation point; COMMIT of an implicit transaction reports its failure before it.
  while (usable()) {
    pg_result* result = receive();
    if (result == nullptr) {
      sever();  // the answers are out of step
      break;
    }
    const Rowset owner(result);
    const ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_PIPELINE_SYNC) return;
    if (status == PGRES_FATAL_ERROR && !answer.error) {
      answer.error = error_of(result, steps.back());
      answer.failed = steps.size() - 1;
    }
  }
  if (!answer.error) {
    answer.error = lost(steps.back().label);
    answer.failed = steps.size() - 1;
  }
}

Result<std::vector<Rowset>> Connection::run_all(std::span<const Step> steps) {
  PipelineAnswer answer = pipeline(steps);
  if (answer.error) return std::move(*answer.error);
  return std::move(answer.results);
}

Result<Rowset> Connection::run(std::string_view label, std::string_view sql, const Params& params) {
  const Step step{.label = label, .sql = sql, .params = &params};
  ATLAS_TRY(std::vector<Rowset> results, run_all({&step, 1}));
  return std::move(results.front());
}

Result<Rowset> Connection::run(std::string_view label, std::string_view sql) {
  return run(label, sql, Params());
}

Result<> Connection::command(std::string_view label, std::string_view sql) {
  const Step step{.label = label, .sql = sql, .prepared = false};
  ATLAS_TRY([[maybe_unused]] const auto results, run_all({&step, 1}));
  return {};
}

// --- COPY ---------------------------------------------------------------------------------------

bool Connection::send_copy(std::string_view data) {
  constexpr std::size_t kChunkBytes = std::size_t{64} << 10;  // what libpq keeps at a time
  while (!data.empty()) {
    const std::string_view chunk = data.substr(0, kChunkBytes);
    const int taken = PQputCopyData(connection_, chunk.data(), static_cast<int>(chunk.size()));
    if (taken < 0 || !flush()) return false;
    if (taken > 0) data.remove_prefix(chunk.size());
  }
  return PQputCopyEnd(connection_, nullptr) == 1 && flush();
}

// COPY is not possible within a pipeline: it is left for the while, between two of them.
Result<> Connection::copy(std::string_view label, const std::string& sql, std::string_view data) {
  if (!usable() || !reached(label, "send")) return lost(label);
  if (PQexitPipelineMode(connection_) != 1 || PQsendQuery(connection_, sql.c_str()) != 1 ||
      !flush()) {
    sever();
    return lost(label);
  }
  std::optional<Error> error;
  while (pg_result* result = receive()) {
    const Rowset owner(result);
    const ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_COPY_IN) {
      if (!send_copy(data) || !reached(label, "sent")) {
        sever();
        return lost(label);
      }
    } else if (status == PGRES_FATAL_ERROR && !error) {
      error = error_of(result, {.label = label, .sql = sql});
    }
  }
  if (!usable() || !reached(label, "received")) return lost(label);
  if (PQenterPipelineMode(connection_) != 1) {
    sever();
    return lost(label);
  }
  if (error) return std::move(*error);
  return {};
}

// --- ends of transactions -----------------------------------------------------------------------

CommitAnswer Connection::commit() {
  CommitAnswer answer;
  if (!usable() || !reached("commit", "send")) {
    // COMMIT never left: the server rolls back when it sees the connection end.
    answer.outcome = CommitOutcome::kRolledBack;
    answer.error = lost("commit");
    return answer;
  }
  const Step step{.label = "commit", .sql = "commit", .prepared = false};
  std::vector<bool> prepares;
  const bool sent = send_step(step, prepares) && PQpipelineSync(connection_) == 1 && flush();
  if (!sent || !reached("commit", "sent")) {
    sever();
    answer.error = Error(Code::kCommitUnknown, "the connection broke while COMMIT was under way")
                       .at(options_.where);
    return answer;
  }
  PipelineAnswer reply;
  collect({&step, 1}, prepares, reply);
  const bool arrived = reached("commit", "received");
  if (!usable() || !arrived) {
    answer.error = Error(Code::kCommitUnknown, "no answer to COMMIT").at(options_.where);
    return answer;
  }
  if (reply.error) {
    answer.outcome = CommitOutcome::kRolledBack;
    answer.error = std::move(reply.error);
    return answer;
  }
  if (reply.results.front().command() != "COMMIT") {
    answer.outcome = CommitOutcome::kRolledBack;
    answer.error = Error(Code::kDatabaseFailed, "the server rolled back instead of committing")
                       .at(options_.where);
    return answer;
  }
  answer.outcome = CommitOutcome::kCommitted;
  return answer;
}

void Connection::rollback() {
  if (!usable() || PQtransactionStatus(connection_) == PQTRANS_IDLE) return;
  if (!command("rollback", "rollback")) sever();
}

// --- errors -------------------------------------------------------------------------------------

Error Connection::lost(std::string_view label) const {
  return Error(Code::kConnectionLost, fmt::format("the connection broke at '{}'", label))
      .at(options_.where);
}

// Only the server's names go in: its texts carry row values and are in the server's language.
Error Connection::error_of(const pg_result* result, const Step& step) {
  const std::string_view state = field(result, PG_DIAG_SQLSTATE);
  if (state.empty()) return lost(step.label);
  const Code code = classify(state, {.function = field(result, PG_DIAG_SOURCE_FUNCTION),
                                     .in_function = !field(result, PG_DIAG_CONTEXT).empty()});
  std::string why = fmt::format("the server refused '{}'", step.label);
  const std::string_view schema = field(result, PG_DIAG_SCHEMA_NAME);
  const std::string_view table = field(result, PG_DIAG_TABLE_NAME);
  const std::string_view column = field(result, PG_DIAG_COLUMN_NAME);
  const std::string_view constraint = field(result, PG_DIAG_CONSTRAINT_NAME);
  if (!table.empty()) why += fmt::format(" on {}.{}", schema, table);
  if (!column.empty()) why += fmt::format(", column {}", column);
  if (!constraint.empty()) why += fmt::format(", constraint {}", constraint);
  // These two are about the statement itself, which is ours: the text holds names and no values.
  if (code == Code::kColumnMissing || code == Code::kTableMissing)
    why += fmt::format(": {}", field(result, PG_DIAG_MESSAGE_PRIMARY));
  // A plan of an older schema; the next use is planned anew.
  if (state == "0A000") prepared_.erase(std::string(step.sql));
  return Error(code, std::move(why))
      .at(options_.where)
      .sql(std::string(state), std::string(step.label))
      .on_constraint(std::string(constraint.empty() ? column : constraint));
}

}  // namespace atlas::postgres
