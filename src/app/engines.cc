#include "app/engines.h"

#include "engines/postgres/endpoint.h"
#include "engines/postgres/state.h"
#include "engines/sqlite/endpoint.h"
#include "engines/sqlite/state.h"
#include "foundation/clock.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace atlas::app {
namespace {

std::string path_of(const EndpointPlan& endpoint, const std::string& mapping_file) {
  const std::filesystem::path path(endpoint.address.reveal());
  if (path.is_absolute()) return path.string();
  return (std::filesystem::path(mapping_file).parent_path() / path).lexically_normal().string();
}

Result<std::unique_ptr<Endpoint>> open_sqlite(const EndpointPlan& endpoint,
                                              const std::string& mapping_file) {
  sqlite::EndpointOptions options;
  options.connection.path = path_of(endpoint, mapping_file);
  options.connection.where = endpoint.name;
  options.clock = &system_clock();
  ATLAS_TRY(auto opened, sqlite::SqliteEndpoint::open(std::move(options)));
  return std::unique_ptr<Endpoint>(std::move(opened));
}

PostgresOptions postgres_options(const EndpointPlan& endpoint,
                                 std::shared_ptr<postgres::SessionCache> sessions) {
  PostgresOptions options;
  options.sessions = std::move(sessions);
  options.dsn = endpoint.address;
  options.name = endpoint.name;
  return options;
}

}  // namespace

Engines::Engines(std::string mapping_file)
    : mapping_file_(std::move(mapping_file)),
      sessions_(std::make_shared<postgres::SessionCache>()) {}

Result<std::unique_ptr<Endpoint>> Engines::open_endpoint(const EndpointPlan& endpoint) const {
  switch (endpoint.engine) {
    case EngineKind::kPostgres:
      return PostgresEndpoint::open(postgres_options(endpoint, sessions_));
    case EngineKind::kSqlite:
      return open_sqlite(endpoint, mapping_file_);
  }
  return Error(Code::kInternal, "an engine without an endpoint");
}

Result<std::unique_ptr<StateStore>> Engines::open_state(
    const EndpointPlan& state, std::span<const EndpointPlan> endpoints) const {
  switch (state.engine) {
    case EngineKind::kPostgres:
      return PostgresState::open(postgres_options(state, sessions_));
    case EngineKind::kSqlite: {
      SqliteStateOptions options;
      options.path = path_of(state, mapping_file_);
      options.name = state.name;
      options.own_file = state_shares(state, endpoints) == nullptr;
      return SqliteStateStore::open(options);
    }
  }
  return Error(Code::kInternal, "an engine without a state store");
}

const EndpointPlan* Engines::state_shares(const EndpointPlan& state,
                                          std::span<const EndpointPlan> endpoints) const {
  if (state.engine != EngineKind::kSqlite) return nullptr;
  const std::string file = path_of(state, mapping_file_);
  const auto found = std::ranges::find_if(endpoints, [&](const EndpointPlan& endpoint) {
    if (endpoint.engine != EngineKind::kSqlite) return false;
    const std::string other = path_of(endpoint, mapping_file_);
    std::error_code missing;
    return other == file || std::filesystem::equivalent(other, file, missing);
  });
  return found == endpoints.end() ? nullptr : &*found;
}

std::vector<Finding> Engines::state_findings(const EndpointPlan& state,
                                             std::span<const EndpointPlan> endpoints) const {
  if (state.engine != EngineKind::kSqlite) return {};
  if (const EndpointPlan* shared = state_shares(state, endpoints); shared != nullptr) {
    return {{Finding::Level::kOk, "file",
             fmt::format("the state lies in the file of {}: a backup of that file is one of both",
                         shared->name),
             ""}};
  }
  return {sqlite::mode_finding(path_of(state, mapping_file_), sqlite::Readers::kOwner)};
}

Result<Prepared> Engines::prepared(const EndpointPlan& state,
                                   std::span<const EndpointPlan> endpoints,
                                   const TenantName& tenant,
                                   std::span<const EntityLayout> entities) const {
  const bool file = state.engine == EngineKind::kSqlite;
  if (file && !std::filesystem::exists(path_of(state, mapping_file_))) return Prepared::kNothing;
  ATLAS_TRY(const auto store, open_state(state, endpoints));
  return store->prepared(tenant.name, tenant.uuid, entities);
}

Result<std::unique_ptr<StateStore>> Engines::open_preview_state(
    const EndpointPlan& state, std::span<const EndpointPlan> endpoints, const TenantName& tenant,
    std::span<const EntityLayout> entities) const {
  ATLAS_TRY(const Prepared there, prepared(state, endpoints, tenant, entities));
  switch (there) {
    case Prepared::kNothing:
      return SqliteStateStore::open(
          {.path = std::string(sqlite::kInMemory), .name = state.name, .own_file = false});
    case Prepared::kReady:
      return open_state(state, endpoints);
    case Prepared::kPartly:
      break;
  }
  return Error(Code::kNoPassingCheck, "the state was not made ready for this mapping")
      .at(state.name)
      .advise("run `atlas-bridge check`; a preview itself writes nothing");
}

}  // namespace atlas::app
