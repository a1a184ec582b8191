#include "mapping/compile.h"

#include "mapping/check_tests.h"
#include "mapping/compile_context.h"
#include "mapping/referrers.h"
#include "model/hashing.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas {
namespace {

EndpointPlan endpoint_plan(const EndpointDecl& decl, std::string name) {
  return {std::move(name), decl.side, decl.engine, decl.address};
}

void append_tables(const std::vector<TableDecl>& tables, Connections& out) {
  for (const TableDecl& table : tables) {
    std::vector<TableName>& names = out.tables[table.endpoint];
    if (std::find(names.begin(), names.end(), table.table) == names.end())
      names.push_back(table.table);
  }
}

std::uint64_t schema_hash(const Connections& connections, const Catalogs& catalogs) {
  std::string text;
  for (std::size_t e = 0; e < connections.tables.size() && e < catalogs.size(); ++e) {
    for (const TableName& name : connections.tables[e]) {
      const auto it = std::find_if(catalogs[e].begin(), catalogs[e].end(),
                                   [&](const TableInfo& t) { return t.table == name; });
      text += fmt::format("{}|{}|{:x};", connections.endpoints[e].name, name.text(),
                          it == catalogs[e].end() ? 0 : it->fingerprint);
    }
  }
  return stable_hash(text);
}

// Lenses, roles and fields of one entity; every check that needs only that entity.
void compile_entity(CompileContext& context, EntityBuild& build) {
  build.plan.on_delete = build.decl->on_delete;
  build.plan.capture = build.decl->capture;
  build.plan.limits = build.decl->limits;
  build.plan.fingerprint = stable_hash(build.decl->text);
  compile_notes(context, build);
  compile_fields(context, build);
  spread_creates(build);
  compile_keys(context, build);
  check_kinds(context, build);
  check_writers(context, build);
  check_inserts(context, build);
  check_labels(context, build);
  check_uniques(context, build);
  check_parents(context, build);
}

}  // namespace

Connections connections(const Document& document) {
  Connections out;
  for (const EndpointDecl& endpoint : document.endpoints) {
    out.endpoints.push_back(endpoint_plan(
        endpoint, fmt::format("{}.{}", side_name(endpoint.side), endpoint.name.text)));
  }
  if (document.state) out.state = endpoint_plan(*document.state, "state");
  out.tables.resize(out.endpoints.size());
  for (const EntityDecl& entity : document.entities) {
    append_tables(entity.legacy, out);
    append_tables(entity.platform, out);
  }
  return out;
}

Compiled compile(const Document& document, const Catalogs& catalogs) {
  const Connections wanted = connections(document);
  auto plan = std::make_unique<Plan>();
  plan->tenant_name = document.tenant_name;
  plan->tenant_uuid = document.tenant_id;
  plan->phase = document.phase;
  plan->endpoints = wanted.endpoints;
  plan->state = wanted.state;
  plan->arena = std::make_shared<Arena>();
  plan->mapping_hash = mapping_hash(document);
  plan->schema_hash = schema_hash(wanted, catalogs);

  ProblemList problems(document.source);
  CompileContext context{document, wanted, catalogs, *plan, problems, {}, {}, {}};
  open_tables(context);
  // Roles of all entities first: a reference needs its parent's key and scope.
  for (EntityBuild& build : context.entities) {
    if (build.usable) compile_roles(context, build);
  }
  for (EntityBuild& build : context.entities) {
    if (build.usable) compile_entity(context, build);
  }
  compile_order(context);
  check_coverage(context);

  Compiled out;
  if (!problems.fatal()) {
    for (EntityBuild& build : context.entities) plan->entities.push_back(std::move(build.plan));
    find_referrers(*plan);
    add_foreign_keys(*plan, catalogs);
    check_tests(document, *plan, problems);
    if (!problems.fatal()) out.plan = std::move(plan);
  }
  out.fields = std::move(context.reports);
  out.problems = problems.take();
  return out;
}

std::uint64_t mapping_hash(const Document& document) { return stable_hash(document.text); }

std::string check_hash(const Plan& plan) {
  return fmt::format("{:016x}{:016x}", plan.mapping_hash, plan.schema_hash);
}

}  // namespace atlas
