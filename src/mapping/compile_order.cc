#include "mapping/compile_context.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas {
namespace {

struct Edge {
  std::size_t child = 0;
  std::size_t parent = 0;
  std::size_t field = 0;
};

// Whether every cell the reference writes may be null (and so may wait).
bool can_be_null(const EntityBuild& build, const FieldPlan& field, const FieldDecl& decl) {
  for (std::size_t i = 0; i < decl.platform.size(); ++i) {
    if (column_info(build.platform[field.platform[i].part - 1], decl.platform[i].column)->not_null)
      return false;
  }
  for (std::size_t k = 0; k < build.kind_count(); ++k) {
    if (((field.kinds >> k) & 1U) == 0) continue;
    for (const ColumnName& name : decl.legacy) {
      if (column_info(build.legacy[k], name.column)->not_null) return false;
    }
  }
  return true;
}

// References to the own entity wait by themselves where they may be null.
void settle_self_reference(CompileContext& context, EntityBuild& build, FieldPlan& field,
                           const FieldDecl& decl) {
  if (can_be_null(build, field, decl)) {
    if (!field.ref->defer) {
      context.problems.remark(Code::kCycleNotDeferred, decl.where,
                              fmt::format("`{}` refers to its own entity: new rows get null first, "
                                          "and the reference in the same run",
                                          decl.line));
    }
    field.ref->defer = true;
    return;
  }
  context.problems.refuse(
      Code::kCycleNotDeferred, decl.where,
      fmt::format("`{}` refers to its own entity and may not be null", decl.line),
      "make the columns nullable: a reference to a row of the same run is written as null first");
}

std::vector<Edge> collect_edges(CompileContext& context) {
  std::vector<Edge> out;
  for (std::size_t e = 0; e < context.entities.size(); ++e) {
    EntityBuild& build = context.entities[e];
    for (std::size_t f = 0; f < build.plan.fields.size(); ++f) {
      FieldPlan& field = build.plan.fields[f];
      if (!field.ref || field.ref->platform_key.empty()) continue;
      const FieldDecl& decl = *build.field_decls[f];
      const std::size_t parent = field.ref->parent.value;
      if (parent == e) {
        settle_self_reference(context, build, field, decl);
      } else if (field.ref->defer && !can_be_null(build, field, decl)) {
        context.problems.refuse(
            Code::kCycleNotDeferred, decl.where,
            fmt::format("`{}` is deferred, and one of its columns is NOT NULL", decl.line),
            "`defer` writes null first: make the columns nullable, or remove `defer`");
      } else if (!field.ref->defer) {
        out.push_back({e, parent, f});
      }
    }
  }
  return out;
}

// "team.lead_id → person, person.team_id → team"; starts anywhere on a cycle among `left`.
std::vector<Edge> find_cycle(const std::vector<Edge>& edges, const std::vector<bool>& left) {
  std::size_t at =
      static_cast<std::size_t>(std::find(left.begin(), left.end(), true) - left.begin());
  std::vector<Edge> path;
  while (true) {
    const auto seen =
        std::find_if(path.begin(), path.end(), [&](const Edge& e) { return e.child == at; });
    if (seen != path.end()) return {seen, path.end()};
    const auto next = std::find_if(edges.begin(), edges.end(),
                                   [&](const Edge& e) { return e.child == at && left[e.parent]; });
    if (next == edges.end()) return path;
    path.push_back(*next);
    at = next->parent;
  }
}

void report_cycle(CompileContext& context, const std::vector<Edge>& cycle) {
  if (cycle.empty()) return;
  std::string text;
  const Edge* candidate = nullptr;
  for (const Edge& edge : cycle) {
    const EntityBuild& build = context.entities[edge.child];
    const FieldDecl& decl = *build.field_decls[edge.field];
    if (!text.empty()) text += ", ";
    text += fmt::format("{}.{} → {}", build.decl->name.text, decl.name,
                        context.entities[edge.parent].decl->name.text);
    if (candidate == nullptr && can_be_null(build, build.plan.fields[edge.field], decl))
      candidate = &edge;
  }
  const Edge& shown = candidate != nullptr ? *candidate : cycle.front();
  const FieldDecl& decl = *context.entities[shown.child].field_decls[shown.field];
  context.problems.refuse(
      Code::kCycleNotDeferred, decl.where, fmt::format("the references form a cycle: {}", text),
      candidate != nullptr
          ? fmt::format("\"{}\": {{ref: {}, defer: true}}", decl.line,
                        decl.ref->entity + (decl.ref->kind.empty() ? "" : "/" + decl.ref->kind))
          : "make one of them nullable on both sides and add defer: true");
}

}  // namespace

void compile_order(CompileContext& context) {
  const std::vector<Edge> edges = collect_edges(context);
  std::vector<bool> left(context.entities.size(), true);
  std::vector<std::uint32_t> stage(context.entities.size(), 0);
  std::size_t remaining = left.size();
  for (std::uint32_t round = 0; remaining > 0; ++round) {
    std::vector<std::size_t> ready;
    for (std::size_t e = 0; e < left.size(); ++e) {
      const auto waits = [&](const Edge& edge) { return edge.child == e && left[edge.parent]; };
      if (left[e] && std::none_of(edges.begin(), edges.end(), waits)) ready.push_back(e);
    }
    if (ready.empty()) {
      report_cycle(context, find_cycle(edges, left));
      return;
    }
    for (const std::size_t e : ready) {
      left[e] = false;
      stage[e] = round;
    }
    remaining -= ready.size();
    context.plan.stages = round + 1;
  }
  for (std::size_t e = 0; e < stage.size(); ++e) context.entities[e].plan.stage = stage[e];
}

}  // namespace atlas
