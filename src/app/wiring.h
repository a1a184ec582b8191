#pragma once

#include "app/engines.h"
#include "app/terminal.h"
#include "app/verb.h"
#include "flow/ports.h"
#include "mapping/checked_schema.h"
#include "mapping/compile.h"
#include "mapping/tenant_file.h"
#include "model/table.h"
#include "state/store.h"

#include <memory>
#include <string>
#include <vector>

namespace atlas::app {

// A mapping file, as far as it could be read: loaded, then held against the live catalogs.
struct Mapping {
  explicit Mapping(const std::string& path) : file(path), engines(path) {}

  std::string file;
  Engines engines;
  std::optional<TenantFile> tenant;          // of the folder `tenants`
  std::shared_ptr<const Document> document;  // null: the file has fatal problems
  Connections connections;
  Catalogs catalogs;
  std::unique_ptr<Plan> plan;  // null: a problem is fatal
  std::vector<TableDrift> drift;
  std::vector<Problem> problems;
  std::vector<FieldReport> fields;
};

// What the bridge remembers of the tenant, opened for a person's question.
struct OpenState {
  std::unique_ptr<StateStore> store;
  TenantInfo tenant;
  std::vector<EntityRef> entities;  // by EntityIndex; empty when opened without a plan
};

// The process's environment.
Variables environment();
// Level 1: reads the file, and the tenant's where the mapping has a folder `tenants`. Without a
// tenant named, the only one is taken; several are a problem that lists them.
Mapping load_mapping(const CommonOptions& common, const Variables& variables = environment());
// Opens every endpoint, reads its catalog and compiles (levels 2 to 4). Call after load_mapping
// gave a document.
//   errors  kUnreachable, kLoginRefused and others that leave nothing to check
Result<> compile_mapping(Mapping& mapping);
// One endpoint's tables in order; a table that does not exist has no columns.
Result<std::vector<TableInfo>> describe_tables(Endpoint& endpoint,
                                               const std::vector<TableName>& tables);
// The part of compile_mapping after the catalogs were read.
void compile_described(Mapping& mapping);
// Notes that the mapping is lawful for the schemas as they are: `sync` demands it.
Result<> remember_check(const OpenState& state, const Mapping& mapping);
// The tables that are not as the last passing check of this mapping saw them; none when no such
// check is kept.
Result<std::vector<TableDrift>> drift_since_check(const OpenState& state, const Mapping& mapping);
// Where tables are not as the last passing check of this mapping saw them, compiles it for what
// that check saw, with the entities of these tables paused (E8). False: the plan stays as it is,
// since nothing drifted or no such check is kept.
//   errors  as open_tenant
Result<bool> pause_drifted_entities(Mapping& mapping);
// Why a run would be refused although the mapping is lawful: an endpoint is not as the last one
// left it (E9), or has lost its witness. Fences that cannot be read count as in order: the run says
// what is missing.
Result<std::optional<Error>> refusal(const OpenState& state, const Mapping& mapping);
// Prints the problems in file order on `err`; `fatal_only` leaves remarks out.
void print_problems(Terminal& terminal, const std::vector<Problem>& problems, bool fatal_only);
// The exit of a mapping that cannot be used.
ExitCode exit_of(const std::vector<Problem>& problems);

// 32 random bytes of the operating system.
std::array<std::uint8_t, 32> fresh_hash_key();
// "host:pid", for the lease and the ledger.
std::string holder_name();

// Opens and migrates the state and finds the tenant; `entities` stays empty. Needs a document, not
// a plan: what the bridge remembers can be shown while a side is down.
//   errors  as open_state
Result<OpenState> open_tenant(const Mapping& mapping);
// The same from the file. A fatal problem is printed; its error is returned.
Result<OpenState> open_tenant_of(const CommonOptions& common, Terminal& terminal);

// When a verb wants to know of drift: always; or only where a mapping is not lawful for the schemas
// as they are. A run has the state open anyway and asks it by itself.
enum class AskDrift : std::uint8_t { kAlways, kIfUnlawful };

// Everything that a verb works with once the mapping is lawful.
class Bridge {
 public:
  // Prints the problems when there are fatal ones; nullptr then, with `exit` set.
  //   errors  as compile_mapping; kNotFound when an entity asked for is not in the mapping
  static Result<std::unique_ptr<Bridge>> open(const CommonOptions& common, Terminal& terminal,
                                              ExitCode& exit, AskDrift ask = AskDrift::kIfUnlawful,
                                              const Variables& variables = environment());

  const Plan& plan() const { return *mapping_.plan; }
  const Mapping& mapping() const { return mapping_; }
  // As pause_drifted_entities(); the plan is another one if true. Indexes stay.
  Result<bool> pause_drifted() { return pause_drifted_entities(mapping_); }
  // Indexes of the entities asked for, in plan order.
  const std::vector<EntityIndex>& chosen() const { return chosen_; }
  // Threads and connections for a run. Borrows this object.
  Ports ports(std::function<Ports::Stop()> stop);
  // About how many rows the entity's root tables of a side have; -1 where a database has no
  // statistics.
  std::int64_t rows_estimate(const EntityPlan& entity, Side side) const;
  // Migrates the state and finds the tenant and every entity.
  Result<OpenState> state() const;
  // The state as a preview may use it: nothing is written.
  //   errors  kNoPassingCheck when it has to be changed first
  Result<std::unique_ptr<StateStore>> preview_state() const;
  // As state(), of what preview_state() opens.
  Result<OpenState> state_unchanged() const;
  // Connection of the plan's endpoint.
  Result<std::unique_ptr<Endpoint>> endpoint(EndpointIndex index) const;

 private:
  explicit Bridge(Mapping mapping);
  Result<> find_entities(OpenState& state) const;

  Mapping mapping_;
  ThreadExecutor executor_;
  std::vector<EntityIndex> chosen_;
};

}  // namespace atlas::app
