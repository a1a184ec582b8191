#include "sim/proof/ends.h"

#include "model/text_form.h"
#include "verify/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace atlas::sim {
namespace {

struct Living {
  Key key;
  std::map<std::string, std::string> fields;
};
using People = std::map<std::int64_t, std::vector<Living>>;

Key key_of(const Value& value) { return encode_key({&value, 1}); }

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

void add(People& people, Key key, std::map<std::string, std::string> fields) {
  const auto token = token_of(fields.at("name"));
  people[token ? token->person : 0].push_back({std::move(key), std::move(fields)});
}

People legacy_people(const Company& company) {
  People out;
  const Database& legacy = company.legacy;
  for (const TableName& table : {kPeople, kStaff}) {
    for (const auto& [key, row] : legacy.rows(table)) {
      const Table& t = *legacy.find(table);
      auto text = [&](std::string_view column) { return value_text(row->cells[t.column(column)]); };
      if (text("deleted_at") != "null") continue;
      const Value& team = row->cells[t.column("team")];
      std::string status = text("status");
      for (const auto& [code, word] : company.options.status_codes) {
        if (status == code) {
          status = word;
          break;
        }
      }
      add(out, key,
          {{"name", text("name")},
           {"mail", text("mail")},
           {"team", team.is_null() ? "null" : legacy.text(kTeams, key_of(team), "name")},
           {"status", status},
           {"city", text("city")},
           {"remark", text("remark")}});
    }
  }
  return out;
}

People platform_people(const Company& company) {
  People out;
  const Database& identity = company.identity;
  const Table& t = *identity.find(kUsers);
  for (const auto& [key, row] : identity.rows(kUsers)) {
    auto text = [&](std::string_view column) { return value_text(row->cells[t.column(column)]); };
    if (text("deleted_at") != "null") continue;
    const bool profiled = company.geo.has(kProfiles, key);
    Value team = row->cells[t.column("team")];
    if (company.options.team_on_profile) {
      const Table& profiles = *company.geo.find(kProfiles);
      team =
          profiled ? company.geo.rows(kProfiles).at(key)->cells[profiles.column("team")] : Value();
    }
    add(out, key,
        {{"name", text("name")},
         {"mail", text("mail")},
         {"team", team.is_null() ? "null" : identity.text(kTeams, key_of(team), "title")},
         {"status", text("status")},
         {"city", profiled ? company.geo.text(kProfiles, key, "city") : "null"},
         {"remark", text("remark")}});
  }
  return out;
}

bool in_conflict(const StateData& state, const Key& legacy_key, const std::string& field) {
  for (const StateData::Entity& entity : state.entities) {
    if (entity.name != "person") continue;
    for (const Conflict& c : entity.conflicts) {
      if (c.open && c.field == field && c.instance.key == legacy_key) return true;
    }
  }
  return false;
}

// Whether a dead row has the mail.
bool a_dead_row_has(const Database& database, const TableName& name, const std::string& mail) {
  const Table& table = *database.find(name);
  const std::uint32_t column = table.column("mail");
  const std::uint32_t mark = table.column("deleted_at");
  return std::ranges::any_of(database.rows(name), [&](const auto& entry) {
    return !entry.second->cells[mark].is_null() && value_text(entry.second->cells[column]) == mail;
  });
}

// A row that cannot come over, because another one, dead, holds its mail there or would be its
// pair: a person must decide, and it says so.
bool waits_for_a_person(const Company& company, Side side, const Living& row, bool restored) {
  const std::string& mail = row.fields.at("mail");
  const bool held = side == Side::kLegacy ? a_dead_row_has(company.identity, kUsers, mail)
                                          : a_dead_row_has(company.legacy, kPeople, mail) ||
                                                a_dead_row_has(company.legacy, kStaff, mail);
  if (!held && !restored) return false;
  const StateData::Entity& entity = *company.state.entity(company.options.tenant, "person");
  return std::ranges::any_of(entity.pending, [&](const auto& entry) {
    const auto& [instance, pending] = entry;
    // Of two rows that may be one, one says so, and the other one is its candidate.
    if (pending.code == static_cast<std::uint16_t>(Code::kAmbiguousMatch) &&
        entity.candidates.contains({side, 0, row.key}))
      return true;
    return instance.side == side && instance.key == row.key &&
           (pending.code == static_cast<std::uint16_t>(Code::kUniqueTaken) ||
            pending.code == static_cast<std::uint16_t>(Code::kAmbiguousMatch));
  });
}

std::optional<Violation> teams_differ(const Company& company) {
  std::vector<std::string> legacy = company.legacy_teams();
  std::vector<std::string> platform = company.platform_teams();
  if (legacy == platform) return std::nullopt;
  return Violation{"S1 convergence", fmt::format("teams: {} on legacy, {} on the platform",
                                                 fmt::join(legacy, " "), fmt::join(platform, " "))};
}

}  // namespace

std::optional<Violation> difference(const Company& company, const StateData& state, bool restored) {
  if (auto differs = teams_differ(company)) return differs;
  const People legacy = legacy_people(company);
  const People platform = platform_people(company);
  for (const auto* side : {&legacy, &platform}) {
    const People& others = side == &legacy ? platform : legacy;
    const char* where = side == &legacy ? "legacy" : "the platform";
    for (const auto& [person, rows] : *side) {
      if (rows.size() != 1)
        return Violation{"S7 duplicates",
                         fmt::format("person {} lives {} times on {}", person, rows.size(), where)};
      const Side which = side == &legacy ? Side::kLegacy : Side::kPlatform;
      if (!others.contains(person) && waits_for_a_person(company, which, rows.front(), restored))
        continue;
      if (!others.contains(person))
        return Violation{"S1 convergence",
                         fmt::format("person {} lives only on {}", person, where)};
    }
  }
  for (const auto& [person, rows] : legacy) {
    if (!platform.contains(person)) continue;
    if (restored && waits_for_a_person(company, Side::kLegacy, rows.front(), true)) continue;
    const Living& here = rows.front();
    const Living& there = platform.at(person).front();
    for (const auto& [field, value] : here.fields) {
      if (upper(value) == upper(there.fields.at(field)) || in_conflict(state, here.key, field))
        continue;
      return Violation{"S1 convergence",
                       fmt::format("{} of person {}: {} on legacy, {} on the platform", field,
                                   person, value, there.fields.at(field))};
    }
  }
  for (const StateData::Tenant& tenant : state.tenants) {
    if (!tenant.intents.empty()) return Violation{"S8 exactly once", "an intent is left open"};
  }
  return std::nullopt;
}

std::optional<Violation> verdict(Company& company) {
  const VerifyPorts ports{company.clock,
                          [&](EndpointIndex index) { return company.open_endpoint(index); },
                          [&] { return company.open_state(); },
                          {}};
  VerifyObserver observer;
  VerifyOptions options;
  options.buckets = 8;
  options.fresh_key = {7, 1, 3};
  const auto report = verify(company.plan, ports, options, observer);
  if (!report) return Violation{"S20 unexpected error", report.error().line()};
  if (report->verdict == Verdict::kEqual) return std::nullopt;
  for (const EntityVerdict& entity : report->entities) {
    for (const VerifyFinding& f : entity.findings) {
      if (f.standing != Standing::kKnown)
        return Violation{"S1 convergence", fmt::format("verify: {} {} {}: {}", f.entity,
                                                       f.legacy_key, f.field, f.reason)};
    }
  }
  return Violation{"S1 convergence", "verify does not say equal"};
}

std::string show_row(const Table& table, const Row* before, const Row* after) {
  std::string out;
  const Row& shown = after == nullptr ? *before : *after;
  for (std::size_t i = 0; i < shown.cells.size(); ++i) {
    const std::string now = value_text(shown.cells[i]);
    const bool changed = before != nullptr && after != nullptr && i < before->cells.size() &&
                         !(before->cells[i] == after->cells[i]);
    if (changed)
      out +=
          fmt::format(" {}={} (was {})", table.columns[i].name, now, value_text(before->cells[i]));
    else if (now != "null" && (i == 0 || table.columns[i].name == "name" ||
                               table.columns[i].name == "title" || before == nullptr))
      out += fmt::format(" {}={}", table.columns[i].name, now);
  }
  return out;
}

std::string show_state(const StateData& state) {
  std::string out;
  for (const StateData::Entity& entity : state.entities) {
    for (const auto& [key, link] : entity.links)
      out += fmt::format("  {} {}{} <-> {}\n", entity.name, entity.kinds[key.first],
                         key_text(key.second), key_text(link.platform_key));
    for (const Conflict& c : entity.conflicts)
      out += fmt::format("  conflict {} {}: {} | {}, {} {}\n", key_text(c.instance.key), c.field,
                         c.legacy_value, c.platform_value, c.open ? "open" : c.winner, c.reason);
    for (const auto& [key, p] : entity.pending)
      out += fmt::format("  {} {} {} ATB-{} {}\n", pending_state_name(p.state), side_name(key.side),
                         key_text(key.key), p.code, p.reason);
    for (const auto& [key, match] : entity.candidates)
      out += fmt::format("  candidate {} {}\n", side_name(key.side), key_text(key.key));
  }
  return out;
}

}  // namespace atlas::sim
