#include "sim/agree/script_testing.h"

#include <fmt/format.h>

#include <array>

namespace atlas::agree {
namespace {

TestColumn text(const char* name) { return {.name = name, .type = test_type(TypeKind::kText)}; }
TestColumn big(const char* name, bool not_null = false) {
  return {.name = name, .type = test_type(TypeKind::kInt8), .not_null = not_null};
}
TestColumn moment(const char* name) {
  return {.name = name, .type = test_type(TypeKind::kTimestampTz)};
}

TestTable team() {
  TestColumn name = text("name");
  name.not_null = true;
  return {.name = "team",
          .columns = {big("id", true), name, moment("updated")},
          .key = {"id"},
          .stamp = "updated",
          .key_sequence = true};
}

TestTable person() {
  TestColumn name = text("name");
  name.default_text = "nobody";
  return {.name = "person",
          .columns = {big("id", true), big("org", true), name, big("points"), text("email"),
                      big("team"), big("boss"), moment("deleted_at"), moment("updated")},
          .key = {"id"},
          .stamp = "updated",
          .uniques = {{.name = "person_email_key", .columns = {"email"}}},
          .checks = {{.name = "person_points_check", .column = "points", .at_least = 0}},
          .references = {{.name = "person_team_fkey", .column = "team", .target = "team"},
                         {.name = "person_boss_fkey", .column = "boss", .target = "person"}}};
}

TestTable badge() {
  TestColumn code = text("code");
  code.not_null = true;
  return {
      .name = "badge",
      .columns = {big("org", true), code, big("holder"), text("note"), moment("updated")},
      .key = {"org", "code"},
      .stamp = "updated",
      .references = {
          {.name = "badge_holder_fkey", .column = "holder", .target = "person", .deferred = true}}};
}

TestTable visit() {
  return {
      .name = "visit",
      .columns = {big("id", true), big("person"), text("note")},
      .key = {"id"},
      .stamp = {},
      .references = {
          {.name = "visit_person_fkey", .column = "person", .target = "person", .cascades = true}}};
}

std::string show(const Cell& cell) {
  if (const auto* number = std::get_if<std::int64_t>(&cell)) return std::to_string(*number);
  if (const auto* words = std::get_if<std::string>(&cell)) return '"' + *words + '"';
  if (const auto* at = std::get_if<At>(&cell)) return fmt::format("@{}", at->seconds);
  return "null";
}

std::string show(const std::vector<Cell>& cells) {
  std::string out;
  for (const Cell& cell : cells) out += (out.empty() ? "" : ", ") + show(cell);
  return "(" + out + ")";
}

std::string show(const Group& group) {
  constexpr std::array kinds = {"insert", "update", "remove"};
  constexpr std::array guards = {"", " as first seen", " unread"};
  std::string out = fmt::format("{} {}", kinds.at(static_cast<std::size_t>(group.kind)),
                                table_of(group.table).name);
  for (const std::string& column : group.columns) out += " " + column;
  if (!group.touch) out += " untouched";
  for (const Row& row : group.rows) {
    out += fmt::format(" [{} {}{} of {}]", show(row.key), show(row.cells),
                       guards.at(static_cast<std::size_t>(row.guard)), row.instance);
  }
  return out;
}

}  // namespace

const TestTable& table_of(Which which) {
  static const std::array<TestTable, kTables> kAll = {team(), person(), badge(), visit()};
  return kAll.at(static_cast<std::size_t>(which));
}

std::string describe(const Step& step) {
  constexpr std::array names = {
      "user inserts", "user updates", "user removes",  "rows",    "keep a snapshot",
      "changed",      "keys",         "scan",          "read",    "refer",
      "begin",        "begin again",  "begin drifted", "apply",   "apply against",
      "commit",       "drop",         "fence",         "raise",   "settle",
      "purge",        "reserve",      "horizon",       "describe"};
  std::string out =
      fmt::format("{} {}", names.at(static_cast<std::size_t>(step.op)), table_of(step.table).name);
  if (step.transaction != 0) out += " second";
  if (step.kept) out += " kept";
  if (step.scoped) out += " scoped";
  if (step.number != 0) out += fmt::format(" {:+}", step.number);
  if (step.limit != 100) out += fmt::format(" by {}", step.limit);
  if (!step.key.empty()) out += " " + show(step.key);
  for (const auto& key : step.keys) out += " " + show(key);
  for (const std::string& column : step.columns) out += " " + column;
  if (!step.cells.empty()) out += " = " + show(step.cells);
  for (const Group& group : step.groups) out += "; " + show(group);
  return out;
}

}  // namespace atlas::agree
