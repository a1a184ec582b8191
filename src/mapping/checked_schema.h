#pragma once

// What a passing check saw of both schemas, kept as a text, and what has become different since:
// drift pauses the entities that it touches and no others (MAPPING §4, ENGINE E8).

#include "mapping/compile.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atlas {

// The tables of the mapping as they are: JSON, see docs/formats/checked-schema.md.
//   catalogs  by endpoint position
std::string checked_schema(const Connections& connections, const Catalogs& catalogs);

// A table that is not as it was checked.
struct TableDrift {
  EndpointIndex endpoint;
  TableName table;
  std::vector<std::string> changes;  // one line each; never empty
};

struct SchemaDrift {
  std::vector<TableDrift> tables;
  // The live catalogs, with the drifted tables as they were checked: the mapping is lawful for
  // these.
  Catalogs checked;
};

// Compares fingerprints; only tables whose fingerprints differ are looked at closer.
//   gives  nullopt when `checked` is no such text, or does not have all tables of the mapping
std::optional<SchemaDrift> schema_drift(std::string_view checked, const Connections& connections,
                                        const Catalogs& live);

// Marks the entities that have a part in a drifted table, and the referrers that read one.
void pause_drifted(Plan& plan, const std::vector<TableDrift>& tables);

}  // namespace atlas
