#include "model/table_changes.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas {
namespace {

std::string list(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

std::string_view or_no(bool yes, std::string_view word, std::string_view otherwise) {
  return yes ? word : otherwise;
}

// What a constraint says: two that say the same are equal.
std::string meaning(const UniqueInfo& unique) {
  return fmt::format("({}){}{}{}", list(unique.columns), unique.primary ? " primary" : "",
                     unique.deferrable ? " deferrable" : "",
                     unique.plain ? "" : " with an expression or a predicate");
}

std::string meaning(const ForeignKeyInfo& key) {
  return fmt::format("({}) to {} ({}){}", list(key.columns), key.target.text(),
                     list(key.target_columns), key.cascades ? " cascading" : "");
}

std::string meaning(const TriggerInfo& trigger) {
  return fmt::format("{}{}{}", trigger.before_row ? "before a row" : "",
                     trigger.after_or_deferred ? "after or deferred" : "",
                     trigger.uses_callers_path ? ", in the caller's search path" : "");
}

class Comparison {
 public:
  Comparison(const TableInfo& before, const TableInfo& now)
      : before_(before), now_(now), table_(before.table.text()) {}

  std::vector<std::string> run() {
    if (now_.columns.empty() && !before_.columns.empty())
      return {fmt::format("table {}: gone", table_)};
    for (const ColumnInfo& column : before_.columns) compare(column, now_.column(column.name));
    for (const ColumnInfo& column : now_.columns) {
      if (before_.column(column.name) == nullptr)
        line("column {}.{}: added, {}{}", table_, column.name, column.type.name,
             column.not_null ? " not null" : "");
    }
    if (before_.primary_key != now_.primary_key)
      line("primary key of {}: ({}) -> ({})", table_, list(before_.primary_key),
           list(now_.primary_key));
    named("unique constraint", before_.uniques, now_.uniques);
    named("foreign key", before_.foreign_keys, now_.foreign_keys);
    named("trigger", before_.triggers, now_.triggers);
    checks();
    if (before_.row_security != now_.row_security)
      line("row security of {}: switched {}", table_, or_no(now_.row_security, "on", "off"));
    return std::move(lines_);
  }

 private:
  template <class... Parts>
  void line(fmt::format_string<const Parts&...> form, const Parts&... parts) {
    lines_.push_back(fmt::format(form, parts...));
  }

  void compare(const ColumnInfo& was, const ColumnInfo* is) {
    const std::string name = table_ + "." + was.name;
    if (is == nullptr) return line("column {}: dropped", name);
    if (was.type.name != is->type.name) {
      line("column {}: {} -> {}", name, was.type.name, is->type.name);
    } else if (was.type.labels != is->type.labels) {
      line("column {}: labels of {} ({}) -> ({})", name, was.type.name, list(was.type.labels),
           list(is->type.labels));
    }
    if (was.not_null != is->not_null)
      line("column {}: now {}", name, or_no(is->not_null, "not null", "nullable"));
    if (was.has_default != is->has_default)
      line("column {}: now {} a default", name, or_no(is->has_default, "with", "without"));
    if (was.generated != is->generated)
      line("column {}: now {}", name, or_no(is->generated, "generated", "not generated"));
  }

  template <class Thing>
  void named(std::string_view what, const std::vector<Thing>& was, const std::vector<Thing>& is) {
    for (const Thing& thing : was) {
      const auto found = std::ranges::find(is, thing.name, &Thing::name);
      if (found == is.end()) {
        line("{} {} of {}: dropped", what, thing.name, table_);
      } else if (meaning(thing) != meaning(*found)) {
        line("{} {} of {}: {} -> {}", what, thing.name, table_, meaning(thing), meaning(*found));
      }
    }
    for (const Thing& thing : is) {
      if (std::ranges::find(was, thing.name, &Thing::name) == was.end())
        line("{} {} of {}: added, {}", what, thing.name, table_, meaning(thing));
    }
  }

  // They have no names here.
  void checks() {
    for (const std::string& check : before_.checks) {
      if (std::ranges::find(now_.checks, check) == now_.checks.end())
        line("check of {}: dropped, {}", table_, check);
    }
    for (const std::string& check : now_.checks) {
      if (std::ranges::find(before_.checks, check) == before_.checks.end())
        line("check of {}: added, {}", table_, check);
    }
  }

  const TableInfo& before_;
  const TableInfo& now_;
  std::string table_;
  std::vector<std::string> lines_;
};

}  // namespace

std::vector<std::string> table_changes(const TableInfo& before, const TableInfo& now) {
  return Comparison(before, now).run();
}

}  // namespace atlas
