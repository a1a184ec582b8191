#include "engines/sqlite/fixture_testing.h"

#include "engines/sqlite/codec.h"
#include "model/text_form.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

namespace atlas::sqlite {
namespace {

template <class T>
T need(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().text());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

// How an application declares a column of the type, by the convention of README.md.
std::string declaration(const Type& type) {
  switch (type.kind) {
    case TypeKind::kBool:
      return "boolean_int";
    case TypeKind::kInt2:
      return "int2_int";
    case TypeKind::kInt4:
      return "int4_int";
    case TypeKind::kInt8:
      return "INTEGER";
    case TypeKind::kNumeric:
      return type.size > 0 ? fmt::format("decimal_text({},{})", type.size, type.scale)
                           : "decimal_text";
    case TypeKind::kFloat4:
      return "float4_real";
    case TypeKind::kFloat8:
      return "REAL";
    case TypeKind::kText:
    case TypeKind::kEnum:
      return "TEXT";
    case TypeKind::kVarchar:
      return type.size > 0 ? fmt::format("VARCHAR({})", type.size) : "VARCHAR";
    case TypeKind::kChar:
      return fmt::format("CHAR({})", type.size);
    case TypeKind::kBytea:
      return "bytea_blob";
    case TypeKind::kDate:
      return "date_text";
    case TypeKind::kTime:
      return "time_text";
    case TypeKind::kTimestamp:
      return "timestamp_text";
    case TypeKind::kTimestampTz:
      return "timestamptz_text";
    case TypeKind::kInterval:
      return "interval_text";
    case TypeKind::kUuid:
      return "uuid_text";
    case TypeKind::kJson:
      return "json_text";
    case TypeKind::kJsonb:
      return "jsonb_text";
    case TypeKind::kArray:
    case TypeKind::kOther:
      return "other_text";
  }
  return "TEXT";
}

std::string list_of(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + quoted_name(name);
  return out;
}

std::string key_condition(const TestTable& table, int first) {
  std::string out;
  for (const std::string& column : table.key) {
    out += fmt::format("{}{} = ?{}", out.empty() ? "" : " AND ", quoted_name(column), ++first);
  }
  return out;
}

void bind_all(Query& query, int first, std::span<const Value> values, Arena& arena) {
  for (const Value& value : values) {
    if (!bind_cell(query, first++, value, arena))
      throw std::runtime_error("SQLite holds no such value");
  }
}

std::string event_of(WriteKind kind) {
  switch (kind) {
    case WriteKind::kInsert:
      return "INSERT";
    case WriteKind::kUpdate:
      return "UPDATE";
    case WriteKind::kRemove:
      return "DELETE";
  }
  return {};
}

std::string literal(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += c;
    out += c;
  }
  return out + "'";
}

}  // namespace

TestFolder::TestFolder() {
  std::string pattern = std::filesystem::temp_directory_path() / "atlas-sqlite-XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no folder for a test");
  path_ = pattern;
}

TestFolder::~TestFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

SqliteFixture::SqliteFixture() : clock_(&system_clock()) {
  ConnectionOptions options;
  options.path = path();
  options.create = true;
  user_ = need(Connection::open(options));
}

std::unique_ptr<Endpoint> SqliteFixture::open() {
  EndpointOptions options;
  options.connection.path = path();
  options.connection.where = "test";
  options.connection.busy_timeout = busy_timeout_;
  options.clock = clock_;
  return need(SqliteEndpoint::open(options));
}

TableName SqliteFixture::create_table(const TestTable& table) {
  std::string sql = "CREATE TABLE " + quoted_name(table.name) + " (";
  for (const TestColumn& column : table.columns) {
    const bool rowid =
        table.key_sequence && table.key.size() == 1 && table.key.front() == column.name;
    sql +=
        quoted_name(column.name) + " " + (rowid ? "INTEGER PRIMARY KEY" : declaration(column.type));
    if (column.not_null && !rowid) sql += " NOT NULL";
    if (!column.default_text.empty()) sql += " DEFAULT " + literal(column.default_text);
    sql += ", ";
  }
  if (!table.key_sequence) sql += "PRIMARY KEY (" + list_of(table.key) + "), ";
  for (const TestUnique& unique : table.uniques) {
    sql += "CONSTRAINT " + quoted_name(unique.name) + " UNIQUE (" + list_of(unique.columns) + "), ";
  }
  for (const TestCheck& check : table.checks) {
    sql += fmt::format("CONSTRAINT {} CHECK ({} >= {}), ", quoted_name(check.name),
                       quoted_name(check.column), check.at_least);
  }
  for (const TestReference& reference : table.references) {
    sql +=
        fmt::format("CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {}{}{}, ",
                    quoted_name(reference.name), quoted_name(reference.column),
                    quoted_name(reference.target), reference.cascades ? " ON DELETE CASCADE" : "",
                    reference.deferred ? " DEFERRABLE INITIALLY DEFERRED" : "");
  }
  sql.resize(sql.size() - 2);
  run(sql + ")");
  if (!table.stamp.empty()) {
    run(fmt::format("CREATE INDEX {} ON {} ({}, {})", quoted_name(table.name + "_stamp"),
                    quoted_name(table.name), quoted_name(table.stamp), list_of(table.key)));
  }
  return {"", table.name};
}

void SqliteFixture::create_trigger(const TestTable& table, const TestTrigger& trigger) {
  const bool removes = trigger.on == WriteKind::kRemove;
  const bool rewrites =
      trigger.effect == TestEffect::kRewrite || trigger.effect == TestEffect::kRewriteAfter;
  std::string action;
  switch (trigger.effect) {
    case TestEffect::kSwallow:
      action = "SELECT RAISE(IGNORE)";
      break;
    case TestEffect::kRaise:
      action = "SELECT RAISE(ABORT, 'refused by the test')";
      break;
    case TestEffect::kRewrite:
    case TestEffect::kRewriteAfter: {
      std::string same;
      for (const std::string& column : table.key) {
        same += fmt::format("{0}{1} = NEW.{1}", same.empty() ? "" : " AND ", quoted_name(column));
      }
      action = fmt::format("UPDATE {} SET {} = {} WHERE {}", quoted_name(table.name),
                           quoted_name(trigger.set), literal(trigger.to), same);
      break;
    }
  }
  run(fmt::format("CREATE TRIGGER {} {} {} ON {} WHEN {}.{} = {} BEGIN {}; END",
                  quoted_name(trigger.name), rewrites ? "AFTER" : "BEFORE", event_of(trigger.on),
                  quoted_name(table.name), removes ? "OLD" : "NEW", quoted_name(trigger.when),
                  literal(trigger.is), action));
}

void SqliteFixture::add_column(const TestTable& table, const TestColumn& column) {
  run(fmt::format("ALTER TABLE {} ADD COLUMN {} {}", quoted_name(table.name),
                  quoted_name(column.name), declaration(column.type)));
}

void SqliteFixture::insert(const TestTable& table, std::span<const std::vector<Value>> rows) {
  std::string marks;
  for (std::size_t i = 0; i < table.columns.size(); ++i) marks += i == 0 ? "?" : ", ?";
  need(user_->begin_write());
  WriteScope scope(*user_);
  {
    Query put = need(user_->prepare(
        "insert", fmt::format("INSERT INTO {} VALUES ({})", quoted_name(table.name), marks)));
    for (const auto& row : rows) {
      Arena arena;
      bind_all(put, 0, row, arena);
      need(put.run());
    }
  }
  need(scope.commit());
}

void SqliteFixture::update(const TestTable& table, std::span<const Value> key,
                           std::string_view column, const Value& value) {
  Arena arena;
  Query put = need(user_->prepare(
      "update", fmt::format("UPDATE {} SET {} = ?1 WHERE {}", quoted_name(table.name),
                            quoted_name(column), key_condition(table, 1))));
  bind_all(put, 0, std::span(&value, 1), arena);
  bind_all(put, 1, key, arena);
  need(put.run());
}

void SqliteFixture::remove(const TestTable& table, std::span<const Value> key) {
  Arena arena;
  Query put =
      need(user_->prepare("delete", fmt::format("DELETE FROM {} WHERE {}", quoted_name(table.name),
                                                key_condition(table, 0))));
  bind_all(put, 0, key, arena);
  need(put.run());
}

std::vector<std::vector<Value>> SqliteFixture::rows(const TestTable& table, Arena& arena) {
  std::vector<std::string> names;
  names.reserve(table.columns.size());
  for (const TestColumn& column : table.columns) names.push_back(column.name);
  Query get =
      need(user_->prepare("rows", fmt::format("SELECT {} FROM {} ORDER BY {}", list_of(names),
                                              quoted_name(table.name), list_of(table.key))));
  std::vector<std::vector<Value>> out;
  while (need(get.step())) {
    auto& row = out.emplace_back();
    for (std::size_t i = 0; i < names.size(); ++i) {
      row.push_back(read_cell(get, static_cast<int>(i), table.columns[i].type, arena));
    }
  }
  return out;
}

bool SqliteFixture::holds(const Type& type, const Value& value) const {
  if (type.kind == TypeKind::kArray || type.kind == TypeKind::kEnum ||
      type.kind == TypeKind::kOther)
    return false;
  // A REAL column keeps whole numbers as integers, which have no -0.
  if (value.tag() != Tag::kFloat) return true;
  const double number = value.as_float();
  return !std::isnan(number) && (number != 0 || !std::signbit(number));
}

void SqliteFixture::run(const std::string& sql) { need(user_->execute("user", sql)); }

std::int64_t SqliteFixture::number(const std::string& sql) {
  return need(user_->number("user", sql));
}

}  // namespace atlas::sqlite
