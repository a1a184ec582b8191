#include "model/table_changes.h"

#include <gtest/gtest.h>

#include <functional>

namespace atlas {
namespace {

Type type(std::string name) {
  Type out;
  out.name = std::move(name);
  return out;
}

TableInfo users() {
  TableInfo out;
  out.table = {"public", "users"};
  out.columns = {{.name = "id",
                  .type = type("integer"),
                  .not_null = true,
                  .has_default = true,
                  .sequence = "users_id_seq"},
                 {.name = "phone", .type = type("varchar(20)"), .sequence = {}},
                 {.name = "mood", .type = type("mood"), .sequence = {}}};
  out.columns[2].type.labels = {"good", "bad"};
  out.primary_key = {"id"};
  out.uniques = {{.name = "users_pkey", .columns = {"id"}, .primary = true}};
  out.foreign_keys = {{"users_team_fkey", {"team"}, {"public", "teams"}, {"id"}, false}};
  out.checks = {"CHECK (phone <> '')"};
  out.triggers = {{.name = "stamp", .before_row = true}};
  return out;
}

struct Case {
  const char* name;
  std::function<void(TableInfo&)> change;
  std::vector<std::string> lines;
};

class TableChanges : public testing::TestWithParam<Case> {};

TEST_P(TableChanges, AreNamed) {
  const TableInfo before = users();
  TableInfo now = users();
  GetParam().change(now);
  EXPECT_EQ(table_changes(before, now), GetParam().lines);
}

const Case kCases[] = {
    {"Type",
     [](TableInfo& t) { t.columns[1].type.name = "varchar(40)"; },
     {"column public.users.phone: varchar(20) -> varchar(40)"}},
    {"Dropped",
     [](TableInfo& t) { t.columns.erase(t.columns.begin() + 1); },
     {"column public.users.phone: dropped"}},
    {"Renamed",
     [](TableInfo& t) { t.columns[1].name = "telephone"; },
     {"column public.users.phone: dropped", "column public.users.telephone: added, varchar(20)"}},
    {"Added",
     [](TableInfo& t) {
       t.columns.push_back({.name = "fax", .type = type("text"), .not_null = true, .sequence = {}});
     },
     {"column public.users.fax: added, text not null"}},
    {"NotNull",
     [](TableInfo& t) { t.columns[1].not_null = true; },
     {"column public.users.phone: now not null"}},
    {"Nullable",
     [](TableInfo& t) { t.columns[0].not_null = false; },
     {"column public.users.id: now nullable"}},
    {"Default",
     [](TableInfo& t) { t.columns[0].has_default = false; },
     {"column public.users.id: now without a default"}},
    {"Generated",
     [](TableInfo& t) { t.columns[1].generated = true; },
     {"column public.users.phone: now generated"}},
    {"Labels",
     [](TableInfo& t) { t.columns[2].type.labels.push_back("so so"); },
     {"column public.users.mood: labels of mood (good, bad) -> (good, bad, so so)"}},
    {"PrimaryKey",
     [](TableInfo& t) {
       t.primary_key = {"id", "phone"};
       t.uniques[0].columns = t.primary_key;
     },
     {"primary key of public.users: (id) -> (id, phone)",
      "unique constraint users_pkey of public.users: (id) primary -> (id, phone) primary"}},
    {"UniqueAdded",
     [](TableInfo& t) { t.uniques.push_back({.name = "users_phone_key", .columns = {"phone"}}); },
     {"unique constraint users_phone_key of public.users: added, (phone)"}},
    {"ForeignKeyCascades",
     [](TableInfo& t) { t.foreign_keys[0].cascades = true; },
     {"foreign key users_team_fkey of public.users: (team) to public.teams (id) -> (team) to "
      "public.teams (id) cascading"}},
    {"ForeignKeyDropped",
     [](TableInfo& t) { t.foreign_keys.clear(); },
     {"foreign key users_team_fkey of public.users: dropped"}},
    {"TriggerAdded",
     [](TableInfo& t) { t.triggers.push_back({.name = "audit", .after_or_deferred = true}); },
     {"trigger audit of public.users: added, after or deferred"}},
    {"TriggerDropped",
     [](TableInfo& t) { t.triggers.clear(); },
     {"trigger stamp of public.users: dropped"}},
    {"Check",
     [](TableInfo& t) { t.checks[0] = "CHECK (phone <> '-')"; },
     {"check of public.users: dropped, CHECK (phone <> '')",
      "check of public.users: added, CHECK (phone <> '-')"}},
    {"RowSecurity",
     [](TableInfo& t) { t.row_security = true; },
     {"row security of public.users: switched on"}},
    {"Gone",
     [](TableInfo& t) {
       t = TableInfo();
       t.table = {"public", "users"};
     },
     {"table public.users: gone"}},
    {"IndexesAndStatisticsDoNotCount",
     [](TableInfo& t) {
       t.indexes.push_back({"users_phone_idx", {"phone"}});
       t.rows_estimate = 7;
     },
     {}},
};

INSTANTIATE_TEST_SUITE_P(Cases, TableChanges, testing::ValuesIn(kCases),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace atlas
