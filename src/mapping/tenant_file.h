#pragma once

// tenants/NAME.yaml: one tenant of a mapping (docs/formats/tenant.md).

#include "mapping/compile.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace atlas {

struct TenantFile {
  std::string name;  // the file's stem
  std::string file;
  std::string id;                                // canonical UUID
  std::map<std::string, std::string> variables;  // may hold secrets: never printed
  std::string cron, zone;                        // empty: none
  std::map<std::string, std::string> labels;
  std::optional<Phase> phase;
  std::string paused;  // the reason; empty: not paused
};

struct LoadedTenant {
  std::optional<TenantFile> tenant;  // nothing if there are fatal problems
  std::vector<Problem> problems;
};

LoadedTenant load_tenant_file(const std::string& file, const Variables& environment);

// The tenants' files of a mapping, by name; empty if it has no folder `tenants`.
std::vector<std::string> tenant_files(const std::string& mapping_file);
// "acme" of "tenants/acme.yaml".
std::string tenant_name(const std::string& file);

// The tenant's variables, then `environment`.
Variables with_tenant(const TenantFile& tenant, Variables environment);

// The scopes of all entities with their constants, equal for documents that claim the same rows.
std::string scope_text(const Document& document);

// Why `cron` is no list of five fields (minute, hour, day, month, weekday) as crontab(5) knows
// them; nullptr if it is one.
const char* cron_problem(std::string_view cron);

}  // namespace atlas
