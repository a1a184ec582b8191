#pragma once

// From mapping file to Plan: load (text → Document), compile (Document + live catalogs → Plan),
// check (levels 1 to 4).

#include "foundation/result.h"
#include "mapping/plan.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace atlas {

class Document;  // document.h: the parsed file with positions

// Looks up ${VAR}; the environment in production.
using Variables = std::function<std::optional<std::string>(const std::string& name)>;

// All problems found, in file order; not only the first.
struct Problem {
  Error error;
  bool fatal = true;  // false: a remark
};

struct Loaded {
  std::shared_ptr<const Document>
      document;  // null if there are fatal problems; shared with the plan's messages
  std::vector<Problem> problems;
};

struct TenantFile;  // mapping/tenant_file.h

// Level 1. `file` is used for positions and for ${file:…} relative paths. `tenant`, if given, takes
// the place of the file's own `tenant:`, and its phase that of `phase:`.
Loaded load(const std::string& file, const std::string& text, const Variables& variables,
            const TenantFile* tenant = nullptr);
// Reads the file and loads it. A missing file is a problem.
Loaded load_file(const std::string& file, const Variables& variables,
                 const TenantFile* tenant = nullptr);

// What is needed to open connections before compiling.
struct Connections {
  std::vector<EndpointPlan> endpoints;
  EndpointPlan state;
  // Tables used on each endpoint (by position in `endpoints`).
  std::vector<std::vector<TableName>> tables;
};
Connections connections(const Document& document);

// Catalogs by endpoint position, same order as Connections::tables. A table that does not exist has
// no columns.
using Catalogs = std::vector<std::vector<TableInfo>>;

struct FieldReport {
  std::string entity, field, law, evidence;
  std::vector<std::string> losses;  // declared, or values of one side that the other cannot hold
  bool loss_declared = false;       // by `loss:`
  // Level 6, of both sides; 0 where no rows were tried.
  std::int64_t rows = 0;    // looked at
  std::int64_t tried = 0;   // of them, rows with a value that can be mapped
  std::int64_t unfit = 0;   // will be quarantined
  std::int64_t broken = 0;  // do not survive the trip
};
struct Compiled {
  std::unique_ptr<Plan> plan;       // null if a problem is fatal
  std::vector<Problem> problems;    // levels 2 to 4
  std::vector<FieldReport> fields;  // with a plan: its fields, entity by entity, in their order
};
// Levels 2, 3 and 4 without looking at rows.
Compiled compile(const Document& document, const Catalogs& catalogs);

// Plan::mapping_hash, also of a document that cannot be compiled.
std::uint64_t mapping_hash(const Document& document);

// What `sync` demands a passing check for, in one word: mapping and both schemas.
std::string check_hash(const Plan& plan);

}  // namespace atlas
