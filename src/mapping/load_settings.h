#pragma once

// The parts of a mapping file that are not entities: tenant, variables, sides, state, capture,
// limits, zones.

#include "mapping/document.h"
#include "mapping/load_reader.h"

#include <string_view>

namespace atlas {

// What all readers of one file share. One thread.
struct LoadContext {
  Document& document;
  ProblemList& problems;
  const YamlNode* lenses = nullptr;  // the map under `lenses:`, or null
};

// Names of the phases, as the mapping and tenant files spell them.
const std::vector<std::pair<std::string, Phase>>& phase_names();
// `chosen` takes the place of the file's own tenant.
void load_tenant(const YamlNode* node, const SourcePosition& top, const TenantFile* chosen,
                 LoadContext& context);
void load_variables(const YamlNode* node, LoadContext& context);
void load_sides(const YamlNode* node, LoadContext& context);
void load_state(const YamlNode* node, const SourcePosition& top, LoadContext& context);
void load_capture(const YamlNode* node, CapturePlan& out, LoadContext& context);
void load_limits(const YamlNode* node, LimitsPlan& out, LoadContext& context);

// A type by its PostgreSQL name ("int4", "bigint", "uuid", "numeric(10,2)"); nullopt for unknown
// ones.
std::optional<Type> named_type(std::string_view name);

// `map` with the operators of the lens named by `use:` added where `map` does not give them itself;
// `use` removed.
YamlNode with_lens(const YamlNode& map, LoadContext& context);
// The lens called `name`, or null after a problem at `where`.
const YamlNode* find_lens(const std::string& name, const SourcePosition& where,
                          LoadContext& context);
// tz, ambiguous and gap; null when `map` has no tz.
std::optional<ZoneRule> load_zone(MapReader& map, LoadContext& context);

}  // namespace atlas
