#pragma once

#include "app/tenant_name.h"
#include "endpoint/endpoint.h"
#include "mapping/plan.h"
#include "state/store.h"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace atlas::postgres {
class SessionCache;
}

namespace atlas::app {

// The only place that names concrete engines. Opens what a mapping file names; PostgreSQL sessions
// that one endpoint or store leaves behind serve the next. Cheap to copy; copies share the
// sessions. Any thread.
class Engines {
 public:
  // Relative paths of SQLite files begin in the mapping file's folder.
  explicit Engines(std::string mapping_file);

  //   errors  kUnreachable, kLoginRefused, kDatabaseMissing, kPoolerRefused, kPrivilegeMissing
  Result<std::unique_ptr<Endpoint>> open_endpoint(const EndpointPlan& endpoint) const;
  // `endpoints`: a SQLite state that lies in one of their files shares it, else the file is its
  // own.
  Result<std::unique_ptr<StateStore>> open_state(const EndpointPlan& state,
                                                 std::span<const EndpointPlan> endpoints) const;
  // The endpoint in whose SQLite file the state lies; null when it has a file or a database of its
  // own.
  const EndpointPlan* state_shares(const EndpointPlan& state,
                                   std::span<const EndpointPlan> endpoints) const;
  // What doctor says of the state's place.
  std::vector<Finding> state_findings(const EndpointPlan& state,
                                      std::span<const EndpointPlan> endpoints) const;
  // How much of a tenant's state is there. Writes nothing, and makes no file.
  Result<Prepared> prepared(const EndpointPlan& state, std::span<const EndpointPlan> endpoints,
                            const TenantName& tenant, std::span<const EntityLayout> entities) const;
  // A state for a preview, which writes nothing: where nothing of the tenant is kept yet, an empty
  // state in memory.
  //   errors  also kNoPassingCheck: the state would have to be changed for these entities first
  Result<std::unique_ptr<StateStore>> open_preview_state(
      const EndpointPlan& state, std::span<const EndpointPlan> endpoints, const TenantName& tenant,
      std::span<const EntityLayout> entities) const;

 private:
  std::string mapping_file_;
  std::shared_ptr<postgres::SessionCache> sessions_;  // shared: every endpoint gives back to it
};

}  // namespace atlas::app
