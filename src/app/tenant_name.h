#pragma once

#include "mapping/compile.h"

#include <string>

namespace atlas::app {

// Whose state a mapping file speaks of.
struct TenantName {
  std::string name;
  std::string uuid;
};
TenantName tenant_of(const Document& document);

}  // namespace atlas::app
