#pragma once

#include "endpoint/endpoint.h"
#include "mapping/plan.h"
#include "state/store.h"

#include <memory>
#include <span>
#include <string>

namespace atlas::app {

// The only place that names concrete engines. Each call makes a new connection.
//   mapping_file  relative paths of SQLite files begin in its folder
//   errors        kUnreachable, kLoginRefused, kDatabaseMissing, kPoolerRefused, kPrivilegeMissing
Result<std::unique_ptr<Endpoint>> open_endpoint(const EndpointPlan& endpoint,
                                                const std::string& mapping_file);
// `endpoints`: a SQLite state that lies in one of their files shares it, else the file is its own.
Result<std::unique_ptr<StateStore>> open_state(const EndpointPlan& state,
                                               std::span<const EndpointPlan> endpoints,
                                               const std::string& mapping_file);

}  // namespace atlas::app
