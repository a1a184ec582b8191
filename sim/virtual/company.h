#pragma once

// The small company that schedules play in: teams and people on both sides, with what makes pairing
// hard: a reference, a platform row in two databases, soft deletes, an enum, a field that only a
// person may settle.
//
//   team     legacy.teams                <->  identity.teams
//   person   legacy.people (and .staff)  <->  identity.users, geo.profiles

#include "mapping/plan.h"
#include "sim/virtual/endpoint.h"
#include "sim/virtual/state.h"

#include <array>
#include <memory>
#include <string>
#include <vector>

namespace atlas::sim {

inline const TableName kTeams{"", "teams"};
inline const TableName kPeople{"", "people"};
inline const TableName kStaff{"", "staff"};
inline const TableName kUsers{"", "users"};
inline const TableName kProfiles{"", "profiles"};

struct CompanyOptions {
  std::string tenant = "acme";
  std::string uuid = "6f1c0f7e-6a4c-4a6e-9d35-0d3f5a1b2c3d";
  std::int64_t org = 1;        // scope of the platform's tables
  bool staff = false;          // a second kind of person
  bool match_mail = false;     // people are adopted by mail
  bool defer_team = false;     // the person's team is a deferred reference
  bool hard_legacy = false;    // legacy people are removed, not marked
  bool hard_platform = false;  // the platform's people are removed, not marked
  bool hard_teams = false;     // legacy teams are removed, not marked
  bool optional_profile = false;
  bool team_on_profile = false;  // the platform keeps the person's team in the other database
  std::vector<Canon> mail_canon = {};
  std::vector<std::pair<std::string, std::string>> status_codes = {{"A", "active"},
                                                                   {"I", "inactive"}};
};

// Databases with the company's tables. One platform may serve several tenants.
struct Databases {
  explicit Databases(World& world, TokenStyle tokens = TokenStyle::kWriter);
  Database legacy, identity, geo;
};

// One tenant: its plan, and the words its users speak.
class Company {
 public:
  Company(World& w, Databases& databases, StateData& s, CompanyOptions o = {})
      : Company(w, databases.legacy, databases.identity, databases.geo, s, std::move(o)) {}
  // With a legacy database of its own on a platform that it shares.
  Company(World& w, Database& l, Database& i, Database& g, StateData& s, CompanyOptions o);

  World& world;
  Database& legacy;
  Database& identity;
  Database& geo;
  StateData& state;
  CompanyOptions options;
  VirtualClock clock;
  Plan plan;

  // Makes the plan again from the options and from the tables as they are now (after triggers were
  // made).
  void compile();
  // Connections, as a run's ports want them.
  Result<std::unique_ptr<Endpoint>> open_endpoint(EndpointIndex index);
  Result<std::unique_ptr<StateStore>> open_state();

  EntityPlan& team() { return plan.entities[0]; }
  EntityPlan& person() { return plan.entities[1]; }
  FieldPlan& field(std::string_view name);  // of person
  // Sets a field apart from what it was when rows were linked, as an edited operator does (E15).
  void changed(std::string_view field);
  StateData::Entity& team_state() { return *state.entity(options.tenant, "team"); }
  StateData::Entity& person_state() { return *state.entity(options.tenant, "person"); }

  // Users of legacy. `team` empty = none.
  Key hire(std::string_view name, KeyView team = {}, std::string_view city = "Bonn");
  Key found(std::string_view team_name);
  // Users of the platform; keys are random uuids there, made from a counter here.
  Key sign_up(std::string_view name, KeyView team = {}, std::string_view city = "Bonn");
  Key open_team(std::string_view team_name);
  void set(Database& database, const TableName& table, KeyView key, std::string_view column,
           std::string_view text);
  void soft_delete(Database& database, const TableName& table, KeyView key);

  // The counterpart's key by the links; empty if there is none.
  Key platform_of(KeyView person, std::uint16_t kind = 0);
  Key legacy_of(KeyView user);
  std::string on_legacy(KeyView person, std::string_view column) const {
    return legacy.text(kPeople, person, column);
  }
  std::string on_platform(KeyView user, std::string_view column) const;

  // Every living person of a side as "name mail team status city remark", sorted: read without
  // plan, links or mapper.
  std::vector<std::string> legacy_people() const;
  std::vector<std::string> platform_people() const;
  std::vector<std::string> legacy_teams() const;
  std::vector<std::string> platform_teams() const;
  // Rows that the bridge wrote on all databases so far (S2).
  std::int64_t bridge_writes() const {
    return legacy.bridge_writes + identity.bridge_writes + geo.bridge_writes;
  }

 private:
  Value fresh_uuid(Arena& arena);

  std::uint64_t uuids_ = 0;
};

// One tenant alone in its world.
struct Scene {
  explicit Scene(CompanyOptions options = {}, TokenStyle tokens = TokenStyle::kWriter)
      : databases(world, tokens),
        state(world),
        company(world, databases, state, std::move(options)) {}
  World world;
  Databases databases;
  StateData state;
  Company company;
};

}  // namespace atlas::sim
