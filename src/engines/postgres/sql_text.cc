#include "engines/postgres/sql_text.h"

namespace atlas::postgres {
namespace {

std::string quoted(std::string_view text, char quote) {
  std::string out;
  out.reserve(text.size() + 2);
  out += quote;
  for (const char c : text) {
    out += c;
    if (c == quote) out += c;
  }
  out += quote;
  return out;
}

// Leaves out "(10,2)" wherever it stands outside of a quoted name.
std::string without_modifiers(std::string_view name) {
  std::string out;
  bool in_name = false;
  bool in_modifier = false;
  for (const char c : name) {
    if (c == '"' && !in_modifier) in_name = !in_name;
    if (c == '(' && !in_name) in_modifier = true;
    if (!in_modifier) out += c;
    if (c == ')' && !in_name) in_modifier = false;
  }
  return out;
}

}  // namespace

std::string quote_name(std::string_view name) { return quoted(name, '"'); }

std::string quote_text(std::string_view text) { return quoted(text, '\''); }

std::string_view schema_of(const TableName& table) {
  return table.schema.empty() ? std::string_view("public") : std::string_view(table.schema);
}

std::string quote_table(const TableName& table) {
  return quote_name(schema_of(table)) + "." + quote_name(table.name);
}

std::string cast_name(const Type& type) {
  std::string name = without_modifiers(type.name);
  std::string suffix;
  while (name.ends_with("[]")) {
    name.resize(name.size() - 2);
    suffix += "[]";
  }
  // Both spellings mean "of length 1" when written bare.
  if (name == "character") name = "bpchar";
  if (name == "bit") name = "\"bit\"";
  return name + suffix;
}

}  // namespace atlas::postgres
