// Expressions as SQL: what is handed to PostgreSQL and SQLite means there exactly what the
// evaluator computes. Drawn expressions over edge values, NULL and characters beyond ASCII
// included.

#include "engines/postgres/server_testing.h"
#include "mapping/expression_testing.h"
#include "mapping/lens_column.h"
#include "mapping/lens_number.h"
#include "model/text_form.h"
#include "tests/support/sql.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <random>
#include <unistd.h>

namespace atlas::e2e {
namespace {

struct Shown {
  const char* name;
  const char* type;
  std::vector<const char*> values;  // null: NULL
};

const std::vector<Shown> kTable = {
    {"s",
     "text",
     {nullptr, "", "a", "A", "ab", " a ", "a b", "\xc3\xa4\xc3\x9f", "e\xcc\x81",
      "\xf0\x9f\x98\x80z", "it's", "10", "9"}},
    {"r", "text", {"b", "a", nullptr, "", "B", "\xc3\x84", " ", "aa", "%", "_", "\\", "z", "a"}},
    {"n",
     "numeric",
     {"0", "1.50", "-2.5", nullptr, "1.5", "0.01", "99999999999999999999.99", "-0.5", "2.5", "3",
      "NaN", "7", "-7"}},
    {"i",
     "int8",
     {"1", "-1", nullptr, "0", "9223372036854775807", "-9223372036854775808", "2", "3", "10", "100",
      "7", "42", "5"}},
    {"b",
     "bool",
     {"true", "false", nullptr, "true", "false", "true", nullptr, "false", "true", "false", "true",
      "false", nullptr}},
    {"d",
     "date",
     {"2024-02-29", nullptr, "1970-01-01", "infinity", "0044-03-15 BC", "9999-12-31", "2024-02-29",
      "2000-01-01", "1999-12-31", "2024-03-01", "2024-10-27", "0001-01-01", nullptr}},
    {"c",
     "char(4)",
     {"ab", "a", nullptr, "", "abcd", "a b", "A", "\xc3\xa4", " x", "z", "10", "9", "ab"}},
};
// What SQLite has of them, by position.
const std::vector<std::size_t> kSqlite = {0, 1, 3, 4};

class Drawer {
 public:
  Drawer(unsigned seed, bool sqlite) : random_(seed), sqlite_(sqlite) {}

  std::string boolean(int depth) {
    switch (pick(depth > 0 ? 11 : 3)) {
      case 0:
        return "b";
      case 1:
        return pick(2) == 0 ? "true" : "false";
      case 2:
        return fmt::format("{} == null", pick(2) == 0 ? "s" : "i");
      case 3:
        return fmt::format("({} && {})", boolean(depth - 1), boolean(depth - 1));
      case 4:
        return fmt::format("({} || {})", boolean(depth - 1), boolean(depth - 1));
      case 5:
        return fmt::format("!({})", boolean(depth - 1));
      case 6:
        return fmt::format("{} {} {}", text(depth - 1), comparison(), text(depth - 1));
      case 7:
        return fmt::format("{} {} {}", number(depth - 1), comparison(), number(depth - 1));
      case 8:
        return fmt::format("{}({}, {})",
                           one_of({"starts_with", "contains", sqlite_ ? "contains" : "ends_with"}),
                           text(depth - 1), text(depth - 1));
      case 9:
        return fmt::format("{} in ['a', 'A', '', '\xc3\xa4\xc3\x9f']", text(depth - 1));
      default:
        return sqlite_ ? fmt::format("i in [1, -1, {}]", pick(9))
                       : fmt::format("d {} {}", comparison(),
                                     pick(2) == 0 ? "'2024-02-29'" : "'1970-01-01'");
    }
  }
  std::string text(int depth) {
    switch (pick(depth > 0 ? 12 : 4)) {
      case 0:
        return "s";
      case 1:
        return "r";
      case 2:
        return one_of({"'a'", "''", "'\xc3\xa4'", "'it''s'", "' '", "'aa'"});
      case 3:
        return sqlite_ ? "s" : "c";
      case 4:
        return fmt::format("({} + {})", text(depth - 1), text(depth - 1));
      case 5:
        return fmt::format("{}({})", one_of({"trim", "trim_start", "trim_end"}), text(depth - 1));
      case 6:
        return fmt::format("substring({}, {}, {})", text(depth - 1), 1 + pick(4), 1 + pick(4));
      case 7:
        return fmt::format("{}({}, {})", one_of({"left", "right"}), text(depth - 1), 1 + pick(4));
      case 8:
        if (sqlite_) return "r";
        return fmt::format("replace({}, {}, {})", text(depth - 1), text(depth - 1),
                           text(depth - 1));
      case 9:
        return fmt::format("coalesce({}, {})", text(depth - 1), text(depth - 1));
      case 10:
        return fmt::format("null_if({}, {})", text(depth - 1), text(depth - 1));
      default:
        if (!sqlite_ && pick(3) == 0) return fmt::format("reverse({})", text(depth - 1));
        return fmt::format("({} ? {} : {})", boolean(depth - 1), text(depth - 1), text(depth - 1));
    }
  }
  std::string number(int depth) {
    switch (pick(depth > 0 ? 9 : 3)) {
      case 0:
        return "i";
      case 1:
        return sqlite_ ? "i" : "n";
      case 2:
        return one_of({"0", "1", "-1", "7", sqlite_ ? "3" : "1.50", sqlite_ ? "-9" : "0.001"});
      case 3:
        return fmt::format("length({})", text(depth - 1));
      case 4:
        return fmt::format("position({}, {})", text(depth - 1), text(depth - 1));
      case 5:
        return fmt::format("coalesce({}, {})", number(depth - 1), number(depth - 1));
      case 6:
        return fmt::format("({} ? {} : {})", boolean(depth - 1), number(depth - 1),
                           number(depth - 1));
      case 7:
        return sqlite_ ? "number(b)"
                       : fmt::format("({} {} {})", number(depth - 1), one_of({"+", "-", "*"}),
                                     number(depth - 1));
      default:
        return sqlite_ ? "i"
                       : fmt::format(
                             fmt::runtime(one_of({"abs({})", "round({}, 1)", "trunc({}, 1)",
                                                  "floor({})", "ceil({})", "sign({})", "-({})"})),
                             number(depth - 1));
    }
  }
  std::string any(int depth) {
    switch (pick(3)) {
      case 0:
        return boolean(depth);
      case 1:
        return text(depth);
      default:
        return number(depth);
    }
  }

 private:
  int pick(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }
  std::string one_of(std::vector<const char*> words) {
    return words[static_cast<std::size_t>(pick(static_cast<int>(words.size())))];
  }
  std::string comparison() { return one_of({"==", "!=", "<", "<=", ">", ">="}); }

  std::mt19937 random_;
  bool sqlite_;
};

struct Counts {
  int expressions = 0, values = 0, refused = 0;
};

class Comparison {
 public:
  Comparison(Sql& database, SqlDialect dialect) : database_(database), dialect_(dialect) {
    const bool all = dialect == SqlDialect::kPostgres;
    std::string columns;
    for (std::size_t i = 0; i < kTable.size(); ++i) {
      if (!all && std::ranges::find(kSqlite, i) == kSqlite.end()) continue;
      shown_.push_back(i);
      columns_.push_back(column_named(fmt::format("{} {}", kTable[i].name, kTable[i].type)));
      names_.emplace_back(kTable[i].name);
      const std::string type = all      ? kTable[i].type
                               : i < 2  ? "text"
                               : i == 3 ? "integer"
                                        : "boolean";
      columns += fmt::format(", {} {}", kTable[i].name, type);
    }
    (void)database.query("create table t (id int primary key" + columns + ")");
    for (std::size_t row = 0; row < kTable[0].values.size(); ++row) insert(row);
  }

  void run(const std::string& text, Counts& counts) {
    const auto made = expression_of(text, columns_);
    ASSERT_TRUE(std::holds_alternative<Expression>(made))
        << text << ": " << std::get<std::string>(made);
    const auto& expression = std::get<Expression>(made);
    const auto sql = expression.sql(dialect_, names_);
    ASSERT_TRUE(sql.has_value()) << text << ": "
                                 << testing::PrintToString(expression.not_in_sql(dialect_));
    ++counts.expressions;
    const bool postgres = dialect_ == SqlDialect::kPostgres;
    const auto rows = database_.query(
        fmt::format("select {}{} from t order by id", *sql, postgres ? "::text" : ""));
    for (std::size_t row = 0; row < rows.size(); ++row) {
      const std::string ours = evaluated(expression, row);
      if (ours.starts_with('!')) {
        ++counts.refused;
        continue;
      }
      ++counts.values;
      const std::string theirs = rows[row][0].value_or("null");
      EXPECT_TRUE(same(expression.type(), ours, theirs))
          << text << " in row " << row << ": " << ours << " here, " << theirs << " by " << *sql;
    }
  }

 private:
  void insert(std::size_t row) {
    std::string values;
    for (const std::size_t i : shown_) {
      const char* value = kTable[i].values[row];
      const bool plain = std::string_view(kTable[i].type) == "bool" || i == 3;
      if (value == nullptr)
        values += ", null";
      else
        values += ", " + (plain ? std::string(value) : literal(std::string(value)));
    }
    (void)database_.query(fmt::format("insert into t values ({}{})", row, values));
  }
  std::string evaluated(const Expression& expression, std::size_t row) {
    Arena arena;
    std::vector<Value> values;
    for (std::size_t at = 0; at < shown_.size(); ++at) {
      const char* text = kTable[shown_[at]].values[row];
      values.emplace_back();
      if (text == nullptr) continue;
      ColumnOptions options;
      options.without_padding = columns_[at].type.kind == TypeKind::kChar;
      const auto column =
          Column::make(columns_[at], natural_meet(columns_[at].type), options, nullptr);
      const auto cell = parse_value(text, columns_[at].type, arena);
      EXPECT_TRUE(column && cell && column->read(*cell, arena, values.back()).ok());
    }
    Value out;
    const Fit fit = expression.evaluate(values, arena, out);
    return fit.ok() ? value_text(out) : fmt::format("! {}", fit.reason);
  }
  static bool same(std::optional<Meet> type, const std::string& ours, const std::string& theirs) {
    if (ours == "null" || theirs == "null") return ours == theirs;
    if (type == Meet::kNumber && ours != "NaN") {
      const auto a = Decimal::parse(ours);
      const auto b = Decimal::parse(theirs);
      return a && b && *a == *b;
    }
    if (type == Meet::kBool)
      return (ours == "true") == (theirs == "true" || theirs == "t" || theirs == "1");
    return ours == theirs;
  }

  Sql& database_;
  SqlDialect dialect_;
  std::vector<std::size_t> shown_;
  std::vector<LensColumn> columns_;
  std::vector<std::string> names_;
};

constexpr unsigned kExpressions = 3000;

TEST(ExpressionSql, MeansTheSameInPostgres) {
  const std::string dsn = shared_postgres_server().create_database();
  const auto database = postgres_session(dsn);
  Comparison comparison(*database, SqlDialect::kPostgres);
  Counts counts;
  for (unsigned seed = 0; seed < kExpressions && !HasFailure(); ++seed)
    comparison.run(Drawer(seed, false).any(3), counts);
  EXPECT_EQ(counts.expressions, static_cast<int>(kExpressions));
  EXPECT_LT(counts.refused, counts.values / 10);
}

TEST(ExpressionSql, MeansTheSameInSqlite) {
  const auto folder =
      std::filesystem::temp_directory_path() / fmt::format("atlas-expr-{}", getpid());
  std::filesystem::create_directories(folder);
  {
    const auto database = sqlite_session((folder / "t.db").string());
    Comparison comparison(*database, SqlDialect::kSqlite);
    Counts counts;
    for (unsigned seed = 0; seed < kExpressions && !HasFailure(); ++seed)
      comparison.run(Drawer(seed, true).any(3), counts);
    EXPECT_EQ(counts.expressions, static_cast<int>(kExpressions));
    EXPECT_LT(counts.refused, counts.values / 10);
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace atlas::e2e
