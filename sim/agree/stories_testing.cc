#include "sim/agree/stories_testing.h"

namespace atlas::agree {
namespace {

using Kind = WriteKind;

Step born(Which table, std::vector<Cell> key, std::vector<std::string> columns,
          std::vector<Cell> cells) {
  return {.op = Op::kUserInsert,
          .table = table,
          .key = std::move(key),
          .columns = std::move(columns),
          .cells = std::move(cells)};
}
Step person(std::int64_t id, Cell stamp) {
  return born(Which::kPerson, {id}, {"org", "name", "email", "updated"},
              {std::int64_t{1 + (id % 2)}, "p" + std::to_string(id), "mail" + std::to_string(id),
               std::move(stamp)});
}
Step team(std::int64_t id) {
  return born(Which::kTeam, {id}, {"name", "updated"}, {"t" + std::to_string(id), At{0}});
}
Step edited(Which table, std::vector<Cell> key, std::string column, Cell cell) {
  return {.op = Op::kUserUpdate,
          .table = table,
          .key = std::move(key),
          .columns = {std::move(column)},
          .cells = {std::move(cell)}};
}
Step rows(Which table) { return {.op = Op::kUserRows, .table = table}; }
Step scan(Which table) { return {.op = Op::kScan, .table = table}; }
Step changed(std::size_t limit, std::vector<Cell> after = {}, bool scoped = false) {
  return {.op = Op::kChanged, .key = std::move(after), .limit = limit, .scoped = scoped};
}
Step apply(std::vector<Group> groups, std::size_t transaction = 0) {
  return {.op = Op::kApply, .transaction = transaction, .groups = std::move(groups)};
}
void add(Script& to, std::vector<Step> steps) {
  to.steps.insert(to.steps.end(), steps.begin(), steps.end());
}
// One committed transaction.
void applied(Script& to, std::vector<Group> groups) {
  add(to, {{.op = Op::kBegin}, apply(std::move(groups)), {.op = Op::kCommit}});
}

Script scans() {
  Script out{.name = "scans with ties"};
  for (std::int64_t id = 1; id <= 7; ++id)
    out.steps.push_back(person(id, id == 4 ? Cell() : Cell(At{id / 3})));
  for (const std::size_t limit : {1U, 2U, 3U, 6U, 7U, 9U}) out.steps.push_back(changed(limit));
  add(out, {changed(2, {At{1}}), changed(2, {At{1}, 3}), changed(2, {At{1}, 5}),
            changed(2, {At{9}}), changed(2, {}, true)});
  for (const std::size_t limit : {1U, 6U, 7U, 8U})
    out.steps.push_back({.op = Op::kKeys, .limit = limit});
  add(out, {{.op = Op::kKeys, .key = {3}, .limit = 2},
            {.op = Op::kKeys, .limit = 2, .scoped = true},
            {.op = Op::kScan, .key = {2}, .limit = 3},
            {.op = Op::kScan, .scoped = true},
            {.op = Op::kRead, .keys = {{7}, {1}, {99}}},
            {.op = Op::kRead, .keys = {{2}}, .scoped = true}});
  for (const char* code : {"b", "B", "ab", "a", ""})
    out.steps.push_back(born(Which::kBadge, {std::int64_t{code[0] == 'b' ? 2 : 1}, code},
                             {"note", "updated"}, {std::string("n") + code, At{1}}));
  add(out, {{.op = Op::kKeys, .table = Which::kBadge, .limit = 2},
            {.op = Op::kKeys, .table = Which::kBadge, .key = {1, "a"}, .limit = 2},
            {.op = Op::kChanged, .table = Which::kBadge, .key = {At{1}, 1, "a"}, .limit = 2},
            {.op = Op::kRead, .table = Which::kBadge, .keys = {{2, "b"}, {1, "B"}, {2, "B"}}}});
  return out;
}

Script guards() {
  Script out{.name = "guards"};
  add(out, {person(1, At{0}), person(2, At{0}), person(3, Cell()), scan(Which::kPerson),
            edited(Which::kPerson, {1}, "name", "theirs")});
  applied(out, {{.columns = {"name"},
                 .rows = {{{1}, {"ours1"}, Guard::kFirst, 1},
                          {{2}, {"ours2"}, Guard::kNow, 2},
                          {{3}, {"ours3"}, Guard::kNone, 3},
                          {{9}, {"ours9"}, Guard::kNow, 4}}}});
  applied(out, {{.kind = Kind::kRemove,
                 .rows = {{{1}, {}, Guard::kFirst, 1},
                          {{2}, {}, Guard::kNow, 2},
                          {{9}, {}, Guard::kNow, 3}}}});
  add(out, {{.op = Op::kSettle}, rows(Which::kPerson), scan(Which::kPerson), changed(2)});
  applied(out, {{.columns = {"name"}, .rows = {{{1}, {"kept stamp"}}}, .touch = false},
                {.columns = {"name", "updated"},
                 .rows = {{{3}, {"given stamp", At{7}}, Guard::kNow, 1}}}});
  add(out, {scan(Which::kPerson), changed(2)});
  return out;
}

Script refusals() {
  Script out{.name = "what constraints refuse"};
  add(out, {team(1), person(1, At{0}), person(2, At{0}), scan(Which::kPerson)});
  const std::vector<std::string> columns = {"org", "email", "points", "team", "boss"};
  applied(out, {{.kind = Kind::kInsert,
                 .columns = columns,
                 .rows = {{{1}, {1, "x1", 1, {}, {}}, Guard::kNow, 1},
                          {{3}, {1, "mail1", 1, {}, {}}, Guard::kNow, 2},
                          {{4}, {{}, "x4", 1, {}, {}}, Guard::kNow, 3},
                          {{5}, {1, "x5", -1, {}, {}}, Guard::kNow, 4},
                          {{6}, {1, "x6", 1, 7, {}}, Guard::kNow, 5},
                          {{7}, {1, "x7", {}, 1, 8}, Guard::kNow, 6},
                          {{8}, {1, {}, 0, {}, 8}, Guard::kNow, 7},
                          {{9}, {1, "x9", 0, {}, 99}, Guard::kNow, 8},
                          {{10}, {1, "x10", 0, {}, {}}, Guard::kNow, 9},
                          {{11}, {2, {}, 0, {}, {}}, Guard::kNow, 10}}}});
  add(out, {{.op = Op::kSettle}, rows(Which::kPerson)});
  applied(out,
          {{.columns = {"email", "points"},
            .rows = {{{1}, {"mail2", 1}, Guard::kNow, 1}, {{2}, {"mail1", 1}, Guard::kNow, 2}}}});
  applied(out, {{.table = Which::kBadge,
                 .kind = Kind::kInsert,
                 .columns = {"holder"},
                 .rows = {{{1, "a"}, {1}, Guard::kNow, 1}, {{1, "b"}, {77}, Guard::kNow, 2}}}});
  applied(out,
          {{.kind = Kind::kRemove,
            .rows = {
                {{1}, {}, Guard::kNow, 1}, {{2}, {}, Guard::kNow, 2}, {{8}, {}, Guard::kNow, 3}}}});
  applied(out, {{.table = Which::kTeam, .kind = Kind::kRemove, .rows = {{{1}}}}});
  add(out, {rows(Which::kTeam), rows(Which::kPerson), rows(Which::kBadge)});
  return out;
}

// PostgreSQL copies large groups in, and falls back where a row is refused.
Script large() {
  Script out{.name = "a large batch"};
  add(out, {team(1), person(3, At{0})});
  Group all{.table = Which::kPerson, .kind = Kind::kInsert, .columns = {"org", "points", "team"}};
  for (std::int64_t id = 10; id < 110; ++id)
    all.rows.push_back(
        {.key = {id}, .cells = {1, 1, 1}, .instance = static_cast<std::uint32_t>(id)});
  applied(out, {all});
  for (Row& row : all.rows) row.key = {std::get<std::int64_t>(row.key.front()) + 100};
  all.rows[20].key = {3};
  all.rows[40].cells = {1, -1, 1};
  all.rows[60].cells = {1, 1, 9};
  applied(out, {all});
  add(out,
      {{.op = Op::kSettle}, {.op = Op::kKeys, .limit = 50}, changed(64), rows(Which::kPerson)});
  return out;
}

Script children() {
  Script out{.name = "who goes along"};
  for (std::int64_t id = 1; id <= 4; ++id) out.steps.push_back(person(id, At{0}));
  add(out, {born(Which::kVisit, {1}, {"person", "note"}, {1, "n1"}),
            born(Which::kVisit, {2}, {"person", "note"}, {2, "n2"}),
            {.op = Op::kReferred,
             .table = Which::kVisit,
             .keys = {{1}, {3}, {2}},
             .columns = {"person"}}});
  applied(out, {{.kind = Kind::kRemove,
                 .rows = {{{1}, {}, Guard::kNow, 1}, {{3}, {}, Guard::kNow, 2}}}});
  applied(out,
          {{.table = Which::kVisit, .kind = Kind::kRemove, .rows = {{{2}, {}, Guard::kNow, 1}}},
           {.kind = Kind::kRemove, .rows = {{{2}, {}, Guard::kNow, 2}}}});
  add(out, {edited(Which::kPerson, {4}, "boss", 1),
            edited(Which::kPerson, {4}, "deleted_at", At{3}),
            {.op = Op::kReferred, .keys = {{1}, {4}}, .columns = {"boss"}},
            {.op = Op::kReferred, .keys = {{1}, {4}}, .columns = {"boss", "deleted_at"}},
            rows(Which::kPerson),
            rows(Which::kVisit)});
  return out;
}

Script instances() {
  Script out{.name = "all of an instance or none"};
  for (std::int64_t id = 1; id <= 4; ++id) out.steps.push_back(person(id, At{0}));
  out.steps.push_back(scan(Which::kPerson));
  applied(out, {{.columns = {"name"},
                 .rows = {{{1}, {"a1"}, Guard::kNow, 1},
                          {{2}, {"a2"}, Guard::kNow, 2},
                          {{3}, {"a3"}, Guard::kNow, 3}}},
                {.table = Which::kVisit,
                 .kind = Kind::kInsert,
                 .columns = {"person", "note"},
                 .rows = {{{1}, {1, "v1"}, Guard::kNow, 1},
                          {{2}, {99, "v2"}, Guard::kNow, 2},
                          {{3}, {3, "v3"}, Guard::kNow, 3}}}});
  applied(out, {{.columns = {"name"},
                 .rows = {{{2}, {"b2"}, Guard::kFirst, 1},
                          {{1}, {"b1"}, Guard::kFirst, 2},
                          {{4}, {"b4"}, Guard::kNow, 2}}},
                {.columns = {"points"}, .rows = {{{3}, {-5}, Guard::kNow, 1}}}});
  add(out, {{.op = Op::kSettle}, rows(Which::kPerson), rows(Which::kVisit)});
  return out;
}

Script fences() {
  Script out{.name = "fences and witnesses"};
  add(out, {person(1, At{0}),
            {.op = Op::kFence},
            {.op = Op::kBegin, .number = 1},
            {.op = Op::kBegin, .number = -1},
            {.op = Op::kBeginDrifted},
            {.op = Op::kSettle}});
  applied(out, {{.columns = {"name"}, .rows = {{{1}, {"a"}, Guard::kNow, 1}}},
                {.columns = {"points"}, .rows = {{{2}, {1}, Guard::kNow, 2}}}});
  add(out, {{.op = Op::kBeginOld},
            {.op = Op::kRaise, .number = -1},
            {.op = Op::kRaise, .number = 1},
            {.op = Op::kRaise, .number = 0},
            {.op = Op::kFence},
            {.op = Op::kSettle},
            {.op = Op::kSettle},
            {.op = Op::kBegin, .number = -1},
            {.op = Op::kSettle},
            {.op = Op::kBeginOld},
            {.op = Op::kPurge, .number = 0},
            {.op = Op::kSettle},
            {.op = Op::kHorizon},
            {.op = Op::kFence, .transaction = 1},
            {.op = Op::kReserve, .table = Which::kTeam, .limit = 3}});
  for (std::size_t t = 0; t < kTables; ++t)
    out.steps.push_back({.op = Op::kDescribe, .table = static_cast<Which>(t)});
  return out;
}

Script moments() {
  Script out{.name = "snapshots beside writes"};
  add(out, {person(1, At{0}),
            person(2, At{0}),
            {.op = Op::kKeep},
            {.op = Op::kBegin},
            apply({{.columns = {"name"}, .rows = {{{1}, {"ours"}}}}})});
  Step kept = scan(Which::kPerson);
  kept.kept = true;
  Step beside = scan(Which::kPerson);
  beside.transaction = 1;
  add(out, {kept,
            beside,
            {.op = Op::kCommit},
            kept,
            beside,
            edited(Which::kPerson, {2}, "name", "theirs"),
            kept,
            {.op = Op::kKeep},
            kept,
            {.op = Op::kBegin},
            apply({{.kind = Kind::kRemove, .rows = {{{1}}}}}),
            {.op = Op::kDrop},
            beside,
            changed(2)});
  return out;
}

Script writers() {
  Script out{.name = "two writers", .two_writers = true};
  for (std::int64_t id = 1; id <= 3; ++id) out.steps.push_back(person(id, At{0}));
  out.steps.push_back(team(1));
  const auto meet = [&](Group first, Group second, std::int64_t commits) {
    add(out, {{.op = Op::kBegin},
              apply({std::move(first)}),
              {.op = Op::kBegin, .transaction = 1},
              {.op = Op::kApplyAgainst,
               .number = commits,
               .transaction = 1,
               .groups = {std::move(second)}},
              {.op = Op::kCommit, .transaction = 1},
              rows(Which::kPerson)});
  };
  const auto named = [](std::int64_t id, const char* name) {
    return Group{.columns = {"name"}, .rows = {{{id}, {name}}}};
  };
  for (const std::int64_t commits : {1, 0}) {
    meet(named(1, "a"), named(1, "b"), commits);
    meet(named(1, "c"), named(2, "d"), commits);
    meet({.columns = {"email"}, .rows = {{{1}, {"new"}}}},
         {.columns = {"email"}, .rows = {{{2}, {"new"}}}}, commits);
    meet({.kind = Kind::kInsert, .columns = {"org"}, .rows = {{{7 + commits}, {1}}}},
         {.kind = Kind::kInsert, .columns = {"org"}, .rows = {{{7 + commits}, {2}}}}, commits);
    meet({.kind = Kind::kRemove, .rows = {{{3}}}}, {.columns = {"boss"}, .rows = {{{2}, {3}}}},
         commits);
  }
  return out;
}

}  // namespace

std::vector<Script> stories() {
  return {scans(),     guards(), refusals(), large(),  children(),
          instances(), fences(), moments(),  writers()};
}

}  // namespace atlas::agree
