#include "app/demo_database.h"

#include <fmt/format.h>
#include <sqlite3.h>

namespace atlas::app {
namespace {

class DemoSqlite final : public DemoDatabase {
 public:
  explicit DemoSqlite(sqlite3* handle) : handle_(handle) {}
  ~DemoSqlite() override {
    sqlite3_finalize(insert_);
    sqlite3_close(handle_);
  }
  DemoSqlite(const DemoSqlite&) = delete;
  DemoSqlite& operator=(const DemoSqlite&) = delete;

  Result<std::vector<Row>> run(const std::string& sql) override {
    std::vector<Row> rows;
    const char* rest = sql.c_str();
    while (*rest != '\0') {
      sqlite3_stmt* statement = nullptr;
      if (sqlite3_prepare_v2(handle_, rest, -1, &statement, &rest) != SQLITE_OK) return failed();
      if (statement == nullptr) continue;  // white space or a comment
      rows.clear();
      int step = SQLITE_ROW;
      while ((step = sqlite3_step(statement)) == SQLITE_ROW) rows.push_back(row_of(statement));
      sqlite3_finalize(statement);
      if (step != SQLITE_DONE) return failed();
    }
    return rows;
  }

  Result<> begin_load() override {
    ATLAS_TRY(const auto rows, run("BEGIN; PRAGMA defer_foreign_keys = ON"));
    return {};
  }

  Result<> put(const AtlasTable& table,
               std::span<const std::optional<std::string_view>> cells) override {
    if (table.name != table_) ATLAS_OK(prepare(table));
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const int at = static_cast<int>(i) + 1;
      if (cells[i]) {
        sqlite3_bind_text(insert_, at, cells[i]->data(), static_cast<int>(cells[i]->size()),
                          SQLITE_STATIC);
      } else {
        sqlite3_bind_null(insert_, at);
      }
    }
    const int step = sqlite3_step(insert_);
    sqlite3_reset(insert_);
    if (step != SQLITE_DONE) return failed();
    return {};
  }

  Result<> end_load() override {
    ATLAS_TRY(const auto rows, run("COMMIT"));
    return {};
  }

  std::string_view version_column() const override { return ""; }

 private:
  Result<> prepare(const AtlasTable& table) {
    std::string columns;
    std::string marks;
    for (const std::string_view column : table.columns) {
      columns += fmt::format("{}{}", columns.empty() ? "" : ", ", column);
      marks += marks.empty() ? "?" : ", ?";
    }
    const std::string sql =
        fmt::format("INSERT INTO {} ({}) VALUES ({})", table.name, columns, marks);
    sqlite3_finalize(insert_);
    insert_ = nullptr;
    table_ = table.name;
    if (sqlite3_prepare_v2(handle_, sql.c_str(), -1, &insert_, nullptr) != SQLITE_OK) {
      return failed();
    }
    return {};
  }

  static Row row_of(sqlite3_stmt* statement) {
    Row row;
    for (int i = 0; i < sqlite3_column_count(statement); ++i) {
      // SQLite gives text as unsigned bytes.
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, i));
      row.emplace_back(text == nullptr ? "" : text);
    }
    return row;
  }

  Error failed() const { return {Code::kDatabaseFailed, sqlite3_errmsg(handle_)}; }

  sqlite3* handle_;
  sqlite3_stmt* insert_ = nullptr;
  std::string_view table_;  // that insert_ is for
};

}  // namespace

Result<std::unique_ptr<DemoDatabase>> open_demo_sqlite(const std::string& path) {
  sqlite3* handle = nullptr;
  const int opened = sqlite3_open(path.c_str(), &handle);
  auto database = std::make_unique<DemoSqlite>(handle);
  if (opened != SQLITE_OK) return Error(Code::kDatabaseFailed, sqlite3_errmsg(handle)).at(path);
  sqlite3_busy_timeout(handle, 5000);
  // The bridge wants WAL; the demo's files may be lost with the machine.
  ATLAS_TRY(const auto rows,
            database->run("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; "
                          "PRAGMA foreign_keys = ON"));
  return std::unique_ptr<DemoDatabase>(std::move(database));
}

}  // namespace atlas::app
