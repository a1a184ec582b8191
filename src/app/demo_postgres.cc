#include "app/demo_database.h"

#include <fmt/format.h>
#include <libpq-fe.h>

namespace atlas::app {
namespace {

// COPY's text format: a tab between cells, \N for null, controls and backslashes escaped.
void append_copy_cell(std::string& line, const std::optional<std::string_view>& cell) {
  if (!cell) {
    line += "\\N";
    return;
  }
  for (const char c : *cell) {
    if (c == '\\')
      line += "\\\\";
    else if (c == '\t')
      line += "\\t";
    else if (c == '\n')
      line += "\\n";
    else if (c == '\r')
      line += "\\r";
    else
      line += c;
  }
}

class DemoPostgres final : public DemoDatabase {
 public:
  explicit DemoPostgres(PGconn* connection) : connection_(connection) {}
  ~DemoPostgres() override { PQfinish(connection_); }
  DemoPostgres(const DemoPostgres&) = delete;
  DemoPostgres& operator=(const DemoPostgres&) = delete;

  Result<std::vector<Row>> run(const std::string& sql) override {
    PGresult* result = PQexec(connection_, sql.c_str());
    const ExecStatusType status = PQresultStatus(result);
    std::vector<Row> rows;
    for (int r = 0; r < PQntuples(result); ++r) {
      Row& row = rows.emplace_back();
      for (int c = 0; c < PQnfields(result); ++c) row.emplace_back(PQgetvalue(result, r, c));
    }
    PQclear(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_COPY_IN) {
      return failed();
    }
    return rows;
  }

  Result<> begin_load() override {
    ATLAS_TRY(const auto rows, run("BEGIN; SET CONSTRAINTS ALL DEFERRED"));
    return {};
  }

  Result<> put(const AtlasTable& table,
               std::span<const std::optional<std::string_view>> cells) override {
    if (table.name != table_) {
      ATLAS_OK(end_copy());
      ATLAS_OK(begin_copy(table));
    }
    line_.clear();
    for (const auto& cell : cells) {
      if (!line_.empty()) line_ += '\t';
      append_copy_cell(line_, cell);
    }
    line_ += '\n';
    if (PQputCopyData(connection_, line_.data(), static_cast<int>(line_.size())) != 1) {
      return failed();
    }
    return {};
  }

  Result<> end_load() override {
    ATLAS_OK(end_copy());
    ATLAS_TRY(const auto rows, run("COMMIT; ANALYZE"));
    return {};
  }

  std::string_view version_column() const override { return "xmin, "; }

 private:
  Result<> begin_copy(const AtlasTable& table) {
    std::string columns;
    for (const std::string_view column : table.columns) {
      columns += fmt::format("{}{}", columns.empty() ? "" : ", ", column);
    }
    ATLAS_TRY(const auto rows, run(fmt::format("COPY {} ({}) FROM STDIN", table.name, columns)));
    table_ = table.name;
    numbered_ = table.numbered;
    return {};
  }

  Result<> end_copy() {
    if (table_.empty()) return {};
    if (PQputCopyEnd(connection_, nullptr) != 1) return failed();
    bool good = true;
    while (PGresult* result = PQgetResult(connection_)) {
      good = good && PQresultStatus(result) == PGRES_COMMAND_OK;
      PQclear(result);
    }
    if (!good) return failed();
    const std::string table(table_);
    table_ = {};
    if (!numbered_) return {};
    ATLAS_TRY(const auto rows,
              run(fmt::format(
                  "SELECT setval(pg_get_serial_sequence('{0}', 'id'), max(id)) FROM {0}", table)));
    return {};
  }

  Error failed() const {
    std::string why = PQerrorMessage(connection_);
    why.erase(why.find_last_not_of('\n') + 1);
    return {Code::kDatabaseFailed, why};
  }

  PGconn* connection_;
  std::string_view table_;  // under COPY, empty if none
  bool numbered_ = false;
  std::string line_;
};

}  // namespace

Result<std::unique_ptr<DemoDatabase>> open_demo_postgres(const std::string& dsn) {
  PGconn* connection = PQconnectdb(dsn.c_str());
  auto database = std::make_unique<DemoPostgres>(connection);
  if (PQstatus(connection) != CONNECTION_OK) {
    return Error(Code::kUnreachable, PQerrorMessage(connection));
  }
  ATLAS_TRY(const auto rows, database->run("SET client_min_messages = warning"));
  return std::unique_ptr<DemoDatabase>(std::move(database));
}

}  // namespace atlas::app
