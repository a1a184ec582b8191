#pragma once

// A session of a user beside the bridge, in text, on either engine.

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace atlas::e2e {

using SqlRow = std::vector<std::optional<std::string>>;

// Everything throws std::runtime_error with the database's message.
class Sql {
 public:
  virtual ~Sql() = default;
  // One or several statements; the rows of the last.
  virtual std::vector<SqlRow> query(const std::string& sql) = 0;
  // Sends a statement that may have to wait; finish() takes its answer. PostgreSQL only.
  virtual void start(const std::string& sql) = 0;
  virtual std::vector<SqlRow> finish() = 0;

  // The first cell of the first row, "" for NULL.
  std::string one(const std::string& sql);
  long number(const std::string& sql);
};

std::unique_ptr<Sql> postgres_session(const std::string& dsn);
// Platform tables may be spelled with their schema, as on PostgreSQL: it is dropped.
std::unique_ptr<Sql> sqlite_session(const std::string& file);

// 'text' as a literal, NULL for none.
std::string literal(const std::optional<std::string>& text);

}  // namespace atlas::e2e
