#include "mapping/ddl_testing.h"

#include "mapping/load_settings.h"
#include "model/hashing.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>

namespace atlas {
namespace {

std::string lowered(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

bool word_char(char c) { return c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0; }

// Words, quoted texts, and single characters; comments and spaces left out.
std::vector<std::string> tokens_of(std::string_view sql) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < sql.size();) {
    const char c = sql[i];
    if (std::isspace(static_cast<unsigned char>(c)) != 0) {
      ++i;
    } else if (sql.substr(i, 2) == "--") {
      i = std::min(sql.find('\n', i), sql.size());
    } else if (sql.substr(i, 2) == "$$") {
      i = std::min(sql.find("$$", i + 2), sql.size() - 2) + 2;
    } else if (c == '\'') {
      const std::size_t end = std::min(sql.find('\'', i + 1), sql.size() - 1);
      out.emplace_back(sql.substr(i, end - i + 1));
      i = end + 1;
    } else if (word_char(c)) {
      std::size_t end = i;
      while (end < sql.size() && word_char(sql[end])) ++end;
      out.emplace_back(sql.substr(i, end - i));
      i = end;
    } else {
      out.emplace_back(1, c);
      ++i;
    }
  }
  return out;
}

// From the token after "(" to the one before its ")".
using Tokens = std::vector<std::string>;
struct Range {
  const Tokens* tokens;
  std::size_t begin, end;
  std::size_t size() const { return end - begin; }
  const std::string& operator[](std::size_t i) const { return (*tokens)[begin + i]; }
  std::string word(std::size_t i) const { return i < size() ? lowered((*this)[i]) : std::string(); }
};

std::size_t closing(const Tokens& tokens, std::size_t open) {
  int depth = 0;
  for (std::size_t i = open; i < tokens.size(); ++i) {
    if (tokens[i] == "(") ++depth;
    if (tokens[i] == ")" && --depth == 0) return i;
  }
  return tokens.size();
}

std::vector<Range> split(const Range& range) {
  std::vector<Range> out;
  int depth = 0;
  std::size_t from = range.begin;
  for (std::size_t i = range.begin; i <= range.end; ++i) {
    if (i == range.end || (depth == 0 && (*range.tokens)[i] == ",")) {
      out.push_back({range.tokens, from, i});
      from = i + 1;
    } else if ((*range.tokens)[i] == "(") {
      ++depth;
    } else if ((*range.tokens)[i] == ")") {
      --depth;
    }
  }
  return out;
}

std::string text_of(const Range& range) {
  std::string out;
  for (std::size_t i = 0; i < range.size(); ++i) out += (i == 0 ? "" : " ") + range[i];
  return out;
}

class DdlReader {
 public:
  DdlReader(std::string_view sql, EngineKind engine) : tokens_(tokens_of(sql)), engine_(engine) {}

  std::vector<TableInfo> run() {
    for (std::size_t i = 0; i + 2 < tokens_.size(); ++i) {
      if (lowered(tokens_[i]) != "create") continue;
      const std::string what = lowered(tokens_[i + 1]);
      if (what == "table") read_table(i + 2);
      if (what == "type") read_type(i + 2);
      if (what == "trigger") read_trigger(i + 2);
    }
    for (TableInfo& table : tables_) finish(table);
    return std::move(tables_);
  }

 private:
  TableName table_name(std::size_t& at) const {
    TableName out{engine_ == EngineKind::kPostgres ? "public" : "", tokens_[at++]};
    if (at + 1 < tokens_.size() && tokens_[at] == ".") {
      out.schema = out.name;
      out.name = tokens_[at + 1];
      at += 2;
    }
    return out;
  }

  // CREATE TYPE name AS ENUM ('a', 'b')
  void read_type(std::size_t at) {
    const std::string name = table_name(at).name;
    while (at < tokens_.size() && tokens_[at] != "(") ++at;
    Type type;
    type.kind = TypeKind::kEnum;
    type.name = name;
    for (const Range& label : split({&tokens_, at + 1, closing(tokens_, at)})) {
      type.labels.push_back(label[0].substr(1, label[0].size() - 2));
    }
    enums_.emplace(name, std::move(type));
  }

  // CREATE TRIGGER name BEFORE|AFTER … ON table …
  void read_trigger(std::size_t at) {
    TriggerInfo trigger;
    trigger.name = tokens_[at];
    trigger.before_row = lowered(tokens_[at + 1]) == "before";
    trigger.after_or_deferred = !trigger.before_row;
    while (at < tokens_.size() && lowered(tokens_[at]) != "on") ++at;
    ++at;
    const TableName name = table_name(at);
    for (TableInfo& table : tables_) {
      if (table.table == name) table.triggers.push_back(trigger);
    }
  }

  void read_table(std::size_t at) {
    TableInfo table;
    table.table = table_name(at);
    for (const Range& item : split({&tokens_, at + 1, closing(tokens_, at)}))
      read_item(table, item);
    tables_.push_back(std::move(table));
  }

  static std::vector<std::string> names_in(const Range& item, std::size_t open) {
    std::vector<std::string> out;
    for (const Range& name :
         split({item.tokens, item.begin + open + 1, closing(*item.tokens, item.begin + open)}))
      out.push_back(name[0]);
    return out;
  }

  void read_item(TableInfo& table, const Range& item) {
    const std::string first = item.word(0);
    if (first == "primary") {
      table.primary_key = names_in(item, 2);
    } else if (first == "unique") {
      UniqueInfo unique;
      unique.columns = names_in(item, 1);
      unique.deferrable = text_of(item).find("DEFERRABLE") != std::string::npos;
      table.uniques.push_back(std::move(unique));
    } else if (first == "check") {
      table.checks.push_back(text_of(item));
    } else if (first != "foreign") {
      read_column(table, item);
    }
  }

  std::size_t read_type_name(const Range& item, ColumnInfo& column) const {
    std::size_t at = item.word(2) == "." ? 4 : 2;  // a type may name its schema
    const std::string written = item[at - 1];
    std::string name = lowered(written);
    if (name == "double") name += " " + item.word(at++);
    std::string arguments;
    if (at < item.size() && item[at] == "(") {
      const std::size_t end = closing(*item.tokens, item.begin + at) - item.begin;
      for (std::size_t i = at + 1; i < end; ++i) arguments += item[i];
      at = end + 1;
    }
    if (auto it = enums_.find(written); it != enums_.end()) {
      column.type = it->second;
      return at;
    }
    if (name == "serial" || name == "bigserial") {
      column.sequence = "seq";
      column.has_default = true;
      name = name == "serial" ? "integer" : "bigint";
    }
    const std::string declared = name;
    for (const std::string_view end : {"_text", "_int"}) {
      if (engine_ == EngineKind::kSqlite && name.ends_with(end))
        name.resize(name.size() - end.size());
    }
    if (engine_ == EngineKind::kSqlite && name == "integer") name = "bigint";
    if (engine_ == EngineKind::kSqlite && name == "real") name = "float8";
    const std::string with_arguments =
        arguments.empty() ? name : fmt::format("{}({})", name, arguments);
    if (auto type = named_type(with_arguments)) column.type = *type;
    column.type.name = arguments.empty() ? declared : fmt::format("{}({})", declared, arguments);
    column.numeric_affinity =
        engine_ == EngineKind::kSqlite && (declared == "numeric" || declared == "decimal");
    return at;
  }

  void read_column(TableInfo& table, const Range& item) {
    ColumnInfo column;
    column.name = item[0];
    for (std::size_t at = read_type_name(item, column); at < item.size(); ++at) {
      const std::string word = item.word(at);
      if (word == "(") {
        at = closing(*item.tokens, item.begin + at) - item.begin;
      } else if (word == "not") {
        column.not_null = true;
      } else if (word == "default") {
        column.has_default = true;
      } else if (word == "primary") {
        table.primary_key = {column.name};
        column.not_null = true;
        if (engine_ == EngineKind::kSqlite && lowered(item[1]) == "integer")
          column.sequence = "rowid";
      } else if (word == "unique") {
        table.uniques.push_back({.name = column.name, .columns = {column.name}});
      } else if (word == "check") {
        table.checks.push_back(text_of(
            {item.tokens, item.begin + at, closing(*item.tokens, item.begin + at + 1) + 1}));
      } else if (word == "generated") {
        const bool identity = text_of(item).find("IDENTITY") != std::string::npos;
        column.generated = item.word(at + 1) == "always";
        column.has_default = true;
        if (identity) column.sequence = "seq", column.not_null = true;
      }
    }
    table.columns.push_back(std::move(column));
  }

  static void finish(TableInfo& table) {
    for (ColumnInfo& column : table.columns) {
      const auto& key = table.primary_key;
      if (std::find(key.begin(), key.end(), column.name) != key.end()) column.not_null = true;
      table.fingerprint = stable_hash(fmt::format("{}{}{}{}", table.fingerprint, column.name,
                                                  column.type.name, column.not_null));
    }
  }

  Tokens tokens_;
  EngineKind engine_;
  std::map<std::string, Type> enums_;
  std::vector<TableInfo> tables_;
};

}  // namespace

std::vector<TableInfo> read_ddl(std::string_view sql, EngineKind engine) {
  return DdlReader(sql, engine).run();
}

Catalogs catalogs_from(const Connections& wanted,
                       const std::vector<std::pair<std::string, std::string>>& scripts) {
  Catalogs out(wanted.endpoints.size());
  for (std::size_t e = 0; e < wanted.endpoints.size(); ++e) {
    const EndpointPlan& endpoint = wanted.endpoints[e];
    std::vector<TableInfo> found;
    for (const auto& [name, sql] : scripts) {
      const bool named = endpoint.name.ends_with("." + name) ||
                         (name == "legacy" && endpoint.side == Side::kLegacy);
      if (named) found = read_ddl(sql, endpoint.engine);
    }
    for (const TableName& name : wanted.tables[e]) {
      const auto it = std::find_if(found.begin(), found.end(),
                                   [&](const TableInfo& t) { return t.table == name; });
      TableInfo missing;
      missing.table = name;
      out[e].push_back(it == found.end() ? missing : *it);
    }
  }
  return out;
}

}  // namespace atlas
