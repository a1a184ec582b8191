#include "tests/support/sql.h"

#include "engines/postgres/server_testing.h"

#include <sqlite3.h>

#include <regex>
#include <stdexcept>

namespace atlas::e2e {
namespace {

constexpr int kBusyMs = 30'000;

class PostgresSql final : public Sql {
 public:
  explicit PostgresSql(const std::string& dsn) : user_(dsn) {}
  std::vector<SqlRow> query(const std::string& sql) override { return user_.query(sql); }
  void start(const std::string& sql) override { user_.start(sql); }
  std::vector<SqlRow> finish() override { return user_.finish(); }

 private:
  PostgresUser user_;
};

class SqliteSql final : public Sql {
 public:
  explicit SqliteSql(const std::string& file) {
    if (sqlite3_open(file.c_str(), &db_) != SQLITE_OK)
      throw std::runtime_error("cannot open " + file);
    (void)sqlite3_busy_timeout(db_, kBusyMs);
  }
  ~SqliteSql() override { (void)sqlite3_close(db_); }
  SqliteSql(const SqliteSql&) = delete;
  SqliteSql& operator=(const SqliteSql&) = delete;

  std::vector<SqlRow> query(const std::string& sql) override {
    static const std::regex kSchema(R"((^|[\s(,])(identity|org|geo)\.)");
    const std::string text = std::regex_replace(sql, kSchema, "$1");
    std::vector<SqlRow> rows;
    const char* rest = text.c_str();
    while (*rest != '\0') {
      sqlite3_stmt* statement = nullptr;
      if (sqlite3_prepare_v2(db_, rest, -1, &statement, &rest) != SQLITE_OK) fail(text);
      if (statement == nullptr) continue;
      rows.clear();
      int step = 0;
      while ((step = sqlite3_step(statement)) == SQLITE_ROW) rows.push_back(row_of(statement));
      (void)sqlite3_finalize(statement);
      if (step != SQLITE_DONE) fail(text);
    }
    return rows;
  }
  void start(const std::string& /*sql*/) override { throw std::runtime_error("not on SQLite"); }
  std::vector<SqlRow> finish() override { throw std::runtime_error("not on SQLite"); }

 private:
  static SqlRow row_of(sqlite3_stmt* statement) {
    SqlRow row;
    for (int i = 0; i < sqlite3_column_count(statement); ++i) {
      const unsigned char* text = sqlite3_column_text(statement, i);
      if (text == nullptr) {
        row.emplace_back();
      } else {
        row.emplace_back(std::string(text, text + sqlite3_column_bytes(statement, i)));
      }
    }
    return row;
  }
  [[noreturn]] void fail(const std::string& sql) const {
    throw std::runtime_error(std::string("a user's statement failed: ") + sqlite3_errmsg(db_) +
                             ": " + sql.substr(0, 300));
  }

  sqlite3* db_ = nullptr;
};

}  // namespace

std::string Sql::one(const std::string& sql) {
  const auto rows = query(sql);
  if (rows.empty() || rows.front().empty()) throw std::runtime_error("no row: " + sql);
  return rows.front().front().value_or("");
}

long Sql::number(const std::string& sql) { return std::stol(one(sql)); }

std::unique_ptr<Sql> postgres_session(const std::string& dsn) {
  return std::make_unique<PostgresSql>(dsn);
}

std::unique_ptr<Sql> sqlite_session(const std::string& file) {
  return std::make_unique<SqliteSql>(file);
}

std::string literal(const std::optional<std::string>& text) {
  if (!text) return "NULL";
  std::string out = "'";
  for (const char c : *text) {
    if (c == '\'') out += c;
    out += c;
  }
  return out + "'";
}

}  // namespace atlas::e2e
