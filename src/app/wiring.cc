#include "app/wiring.h"

#include "app/engines.h"
#include "app/tenant_name.h"
#include "flow/fences.h"
#include "flow/scopes.h"
#include "foundation/rng.h"
#include "mapping/suggest.h"
#include "state/passed_checks.h"
#include "verify/entity_decl.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <ostream>
#include <unistd.h>

namespace atlas::app {
namespace {

bool fatal(const Problem& problem) { return problem.fatal; }

// So many pages at a time are in memory, of all entities together; more of them gain little
// (docs/performance.md).
constexpr unsigned kThreads = 4;

}  // namespace

Variables environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return value;
  };
}

namespace {

// The tenant's file that is meant; nullopt: the mapping has no folder of tenants.
Result<std::optional<std::string>> choose_tenant(const CommonOptions& common) {
  const std::vector<std::string> files = tenant_files(common.config);
  if (files.empty()) {
    if (common.tenant.empty()) return std::optional<std::string>();
    return Error(Code::kNotFound,
                 fmt::format("there is no tenant {}: no folder `tenants` is beside {}",
                             one_line(common.tenant), common.config))
        .advise("leave --tenant out, or make tenants/" + one_line(common.tenant) + ".yaml");
  }
  std::vector<std::string> names;
  names.reserve(files.size());
  for (const std::string& file : files) names.push_back(tenant_name(file));
  if (common.tenant.empty() && files.size() == 1) return std::optional(files.front());
  const auto found = std::ranges::find(names, common.tenant);
  if (found != names.end())
    return std::optional(files[static_cast<std::size_t>(found - names.begin())]);
  constexpr std::size_t kListed = 20;
  std::string list;
  for (std::size_t i = 0; i < std::min(names.size(), kListed); ++i)
    list += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > kListed) list += fmt::format(", and {} more", names.size() - kListed);
  if (common.tenant.empty()) {
    return Error(Code::kUsage, "the mapping has several tenants: " + list)
        .advise("name one with --tenant; some verbs also take --all");
  }
  return Error(Code::kNotFound, fmt::format("there is no tenant {}", one_line(common.tenant)))
      .advise(suggestion(common.tenant, names));
}

}  // namespace

Mapping load_mapping(const CommonOptions& common, const Variables& variables) {
  Mapping mapping(common.config);
  auto chosen = choose_tenant(common);
  if (!chosen) {
    mapping.problems.push_back({std::move(chosen).error().at(common.config), true});
    return mapping;
  }
  Variables all = variables;
  if (*chosen) {
    LoadedTenant tenant = load_tenant_file(**chosen, variables);
    mapping.problems = std::move(tenant.problems);
    if (!tenant.tenant) return mapping;
    mapping.tenant = std::move(tenant.tenant);
    all = with_tenant(*mapping.tenant, variables);
  }
  Loaded loaded = load_file(common.config, all, mapping.tenant ? &*mapping.tenant : nullptr);
  mapping.document = std::move(loaded.document);
  std::ranges::move(loaded.problems, std::back_inserter(mapping.problems));
  if (mapping.document) mapping.connections = connections(*mapping.document);
  return mapping;
}

Result<> compile_mapping(Mapping& mapping) {
  // Databases side by side: most of it is waiting for their answers.
  const std::size_t n = mapping.connections.endpoints.size();
  std::vector<std::optional<Result<std::vector<TableInfo>>>> found(n);
  std::vector<std::function<void()>> tasks;
  tasks.reserve(n);
  for (std::size_t i = 0; i < n; ++i) {
    tasks.emplace_back([&, i] {
      auto endpoint = mapping.engines.open_endpoint(mapping.connections.endpoints[i]);
      if (endpoint) {
        found[i] = describe_tables(**endpoint, mapping.connections.tables[i]);
      } else {
        found[i] = std::move(endpoint).error();
      }
    });
  }
  ThreadExecutor(kThreads).run(std::move(tasks));
  for (auto& tables : found) {
    if (!*tables) return std::move(*tables).error();
    mapping.catalogs.push_back(std::move(**tables));
  }
  compile_described(mapping);
  return {};
}

void compile_described(Mapping& mapping) {
  Compiled compiled = compile(*mapping.document, mapping.catalogs);
  mapping.plan = std::move(compiled.plan);
  mapping.fields = std::move(compiled.fields);
  std::ranges::move(compiled.problems, std::back_inserter(mapping.problems));
}

Result<> remember_check(const OpenState& state, const Mapping& mapping) {
  return keep_check(*state.store, state.tenant.id,
                    {mapping.plan->mapping_hash, mapping.plan->schema_hash},
                    checked_schema(mapping.connections, mapping.catalogs));
}

namespace {

// Without tables when nothing drifted or is known.
Result<SchemaDrift> find_drift(const OpenState& state, const Mapping& mapping) {
  ATLAS_TRY(const std::optional<std::string> checked,
            schemas_checked(*state.store, state.tenant.id, mapping_hash(*mapping.document)));
  if (!checked) return SchemaDrift();
  auto drift = schema_drift(*checked, mapping.connections, mapping.catalogs);
  return drift ? std::move(*drift) : SchemaDrift();
}

}  // namespace

Result<std::vector<TableDrift>> drift_since_check(const OpenState& state, const Mapping& mapping) {
  ATLAS_TRY(SchemaDrift drift, find_drift(state, mapping));
  return std::move(drift.tables);
}

Result<bool> pause_drifted_entities(Mapping& mapping) {
  // A preview comes here too: where no check can have been kept, nothing is made.
  ATLAS_TRY(const Prepared there,
            mapping.engines.prepared(mapping.connections.state, mapping.connections.endpoints,
                                     tenant_of(*mapping.document), {}));
  if (there != Prepared::kReady) return false;
  ATLAS_TRY(const OpenState state, open_tenant(mapping));
  ATLAS_TRY(SchemaDrift drift, find_drift(state, mapping));
  if (drift.tables.empty()) return false;
  Compiled compiled = compile(*mapping.document, drift.checked);
  if (!compiled.plan) return false;
  pause_drifted(*compiled.plan, drift.tables);
  mapping.plan = std::move(compiled.plan);
  mapping.fields = std::move(compiled.fields);
  mapping.drift = std::move(drift.tables);
  std::erase_if(mapping.problems, fatal);
  return true;
}

Result<std::optional<Error>> refusal(const OpenState& state, const Mapping& mapping) {
  if (auto same = same_scope(*state.store, state.tenant.id, *mapping.plan); !same)
    return std::optional(std::move(same).error());
  ATLAS_TRY(const Epoch known, state.store->epoch(state.tenant.id));
  for (const EndpointPlan& plan : mapping.plan->endpoints) {
    ATLAS_TRY(const Fence noted, noted_fence(*state.store, state.tenant.id, plan.name));
    ATLAS_TRY(const auto endpoint, mapping.engines.open_endpoint(plan));
    auto found = endpoint->fence(state.tenant.uuid);
    if (!found && found.error().code() == Code::kWitnessGone)
      return std::optional(std::move(found).error());
    if (!found) continue;
    if (auto left = as_left(plan, noted, *found, known); !left)
      return std::optional(std::move(left).error());
  }
  return std::optional<Error>();
}

// The checker says where the mapping names a table that is missing.
Result<std::vector<TableInfo>> describe_tables(Endpoint& endpoint,
                                               const std::vector<TableName>& tables) {
  auto all = endpoint.describe(tables);
  if (all || all.error().code() != Code::kTableMissing) return all;
  std::vector<TableInfo> out;
  for (const TableName& table : tables) {
    auto one = endpoint.describe({&table, 1});
    if (!one && one.error().code() != Code::kTableMissing) return std::move(one).error();
    if (one) {
      out.push_back(std::move(one->front()));
    } else {
      TableInfo missing;
      missing.table = table;
      out.push_back(std::move(missing));
    }
  }
  return out;
}

// Remarks first and few of a kind, so that what has to be mended stands at the end.
void print_problems(Terminal& terminal, const std::vector<Problem>& problems, bool fatal_only) {
  constexpr std::int64_t kOfAKind = 3;
  std::map<Code, std::int64_t> remarks;
  for (const Problem& problem : problems) {
    if (problem.fatal || fatal_only || ++remarks[problem.error.code()] > kOfAKind) continue;
    const Error& error = problem.error;
    remark(terminal, fmt::format("remark {}: {}{}", code_text(error.code()), error.why(),
                                 error.where().empty() ? "" : " [" + error.where() + "]"));
  }
  for (const auto& [code, n] : remarks) {
    if (n <= kOfAKind) continue;
    remark(terminal, fmt::format("and {} of {}; `check -o json` lists all",
                                 counted(n - kOfAKind, "more remark"), code_text(code)));
  }
  std::int64_t count = 0;
  for (const Problem& problem : problems) {
    if (!problem.fatal) continue;
    ++count;
    print_error(terminal, problem.error);
  }
  if (count > 1) terminal.err << counted(count, "problem") << '\n';
}

ExitCode exit_of(const std::vector<Problem>& problems) {
  const auto first = std::ranges::find_if(problems, fatal);
  return first == problems.end() ? ExitCode::kPersonNeeded : first->error.exit();
}

std::array<std::uint8_t, 32> fresh_hash_key() {
  std::array<std::uint8_t, 32> key{};
  for (std::size_t i = 0; i < key.size(); i += sizeof(std::uint64_t)) {
    const std::uint64_t word = system_entropy();
    std::memcpy(key.data() + i, &word, sizeof word);
  }
  return key;
}

std::string holder_name() {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) return fmt::format("?:{}", ::getpid());
  return fmt::format("{}:{}", host.data(), ::getpid());
}

Bridge::Bridge(Mapping mapping) : mapping_(std::move(mapping)), executor_(kThreads) {}

Result<std::unique_ptr<Bridge>> Bridge::open(const CommonOptions& common, Terminal& terminal,
                                             ExitCode& exit, AskDrift ask,
                                             const Variables& variables) {
  Mapping mapping = load_mapping(common, variables);
  if (mapping.document) {
    ATLAS_OK(compile_mapping(mapping));
    if (!mapping.plan || ask == AskDrift::kAlways) ATLAS_OK(pause_drifted_entities(mapping));
  }
  if (!mapping.plan) {
    print_problems(terminal, mapping.problems, true);
    exit = exit_of(mapping.problems);
    return std::unique_ptr<Bridge>();
  }
  auto bridge = std::unique_ptr<Bridge>(new Bridge(std::move(mapping)));
  const std::vector<EntityPlan>& entities = bridge->plan().entities;
  for (const std::string& name : common.entities) {
    if (bridge->plan().entity(name) != nullptr) continue;
    std::vector<std::string> names;
    names.reserve(entities.size());
    for (const EntityPlan& entity : entities) names.push_back(entity.name);
    return Error(Code::kNotFound, fmt::format("the mapping has no entity {}", name))
        .at(common.config)
        .advise(suggestion(name, names));
  }
  for (const EntityPlan& entity : entities) {
    if (common.entities.empty() ||
        std::ranges::find(common.entities, entity.name) != common.entities.end()) {
      bridge->chosen_.push_back(entity.index);
    }
  }
  return bridge;
}

Ports Bridge::ports(std::function<Ports::Stop()> stop) {
  return Ports{system_clock(), executor_, [this](EndpointIndex index) { return endpoint(index); },
               [this] { return mapping_.engines.open_state(plan().state, plan().endpoints); },
               std::move(stop)};
}

Result<std::unique_ptr<Endpoint>> Bridge::endpoint(EndpointIndex index) const {
  return mapping_.engines.open_endpoint(plan().endpoints[index.value]);
}

Result<std::unique_ptr<StateStore>> Bridge::preview_state() const {
  std::vector<EntityLayout> entities;
  for (const EntityPlan& entity : plan().entities) entities.push_back(entity_decl(entity));
  return mapping_.engines.open_preview_state(plan().state, plan().endpoints,
                                             tenant_of(*mapping_.document), entities);
}

std::int64_t Bridge::rows_estimate(const EntityPlan& entity, Side side) const {
  const std::uint32_t part = side == Side::kLegacy ? 0 : 1;
  const auto kinds =
      side == Side::kLegacy ? static_cast<std::uint16_t>(entity.kinds.size()) : std::uint16_t{1};
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < kinds; ++i) {
    const auto kind = static_cast<std::uint16_t>(i);
    const TableName& name = entity.shape(part, kind).table;
    const std::vector<TableInfo>& tables = mapping_.catalogs[entity.endpoint(part, kind).value];
    const auto found = std::ranges::find(tables, name, &TableInfo::table);
    if (found == tables.end() || found->rows_estimate < 0) return -1;
    sum += found->rows_estimate;
  }
  return sum;
}

Result<> Bridge::find_entities(OpenState& state) const {
  for (const EntityPlan& entity : plan().entities) {
    ATLAS_TRY(EntityRef ref, state.store->entity(state.tenant.id, entity_decl(entity)));
    state.entities.push_back(ref);
  }
  return {};
}

Result<OpenState> Bridge::state() const {
  ATLAS_TRY(OpenState state, open_tenant(mapping_));
  ATLAS_OK(find_entities(state));
  return state;
}

Result<OpenState> Bridge::state_unchanged() const {
  const TenantName tenant = tenant_of(*mapping_.document);
  OpenState state;
  ATLAS_TRY(state.store, preview_state());
  ATLAS_TRY(state.tenant, state.store->tenant(tenant.name, tenant.uuid, fresh_hash_key()));
  ATLAS_OK(find_entities(state));
  return state;
}

Result<OpenState> open_tenant(const Mapping& mapping) {
  const TenantName tenant = tenant_of(*mapping.document);
  OpenState state;
  ATLAS_TRY(state.store,
            mapping.engines.open_state(mapping.connections.state, mapping.connections.endpoints));
  ATLAS_OK(state.store->migrate());
  ATLAS_TRY(state.tenant, state.store->tenant(tenant.name, tenant.uuid, fresh_hash_key()));
  return state;
}

Result<OpenState> open_tenant_of(const CommonOptions& common, Terminal& terminal) {
  Mapping mapping = load_mapping(common);
  if (mapping.document) return open_tenant(mapping);
  // The caller prints the error that it is given: the last one, so that file order is kept.
  std::vector<Problem> problems;
  std::ranges::copy_if(mapping.problems, std::back_inserter(problems), fatal);
  if (problems.empty())
    return Error(Code::kConfigUnreadable, "nothing could be read").at(common.config);
  Error last = std::move(problems.back().error);
  problems.pop_back();
  print_problems(terminal, problems, true);
  return last;
}

}  // namespace atlas::app
