#include "flow/scopes.h"

#include "model/text_form.h"
#include "verify/entity_decl.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace atlas {
namespace {

// "platform.identity users.tenant_id" → "42".
using Scope = std::map<std::string, std::string>;

Scope scope_of(const Plan& plan, const EntityPlan& entity) {
  Scope out;
  const auto add = [&](EndpointIndex endpoint, const TableShape& shape) {
    for (const ColumnEquals& equal : shape.scope) {
      out.emplace(fmt::format("{} {}.{}", plan.endpoints[endpoint.value].name, shape.table.text(),
                              shape.columns[equal.column].name),
                  value_text(equal.value));
    }
  };
  for (const KindPlan& kind : entity.kinds) add(kind.endpoint, kind.shape);
  for (const PartPlan& part : entity.parts) add(part.endpoint, part.shape);
  return out;
}

// A line each: name, tabulator, value.
std::string text_of(const Scope& scope) {
  std::string out;
  for (const auto& [name, value] : scope) out += fmt::format("{}\t{}\n", name, value);
  return out;
}

Scope parse(std::string_view text) {
  Scope out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t tab = line.find('\t');
    if (tab != std::string_view::npos) out.emplace(line.substr(0, tab), line.substr(tab + 1));
  }
  return out;
}

Error other_scope(const std::string& entity, const std::string& column, const std::string& before,
                  const std::string& now) {
  return Error(Code::kOtherDatabase,
               fmt::format("entity {}: its links were made where {} is {}, and the scope says {} "
                           "now",
                           entity, column, before, now))
      .advise(fmt::format(
          "nothing was written; set the value back where the mapping's scope or its variables "
          "name it; if the new one is meant, `atlas-bridge state reset --entity {} --reason ...` "
          "forgets the links of the old one",
          entity));
}

}  // namespace

std::string scope_note(std::string_view entity) { return fmt::format("scope {}", entity); }

Result<> same_scope(StateStore& state, TenantId tenant, const Plan& plan) {
  for (const EntityPlan& entity : plan.entities) {
    ATLAS_TRY(const auto note, state.note(tenant, scope_note(entity.name)));
    const Scope now = scope_of(plan, entity);
    for (const auto& [column, before] : parse(note.value_or(""))) {
      const auto value = now.find(column);
      if (value == now.end() || value->second == before) continue;
      ATLAS_TRY(const EntityRef ref, state.entity(tenant, entity_decl(entity)));
      ATLAS_TRY(const std::int64_t links, state.link_count(tenant, ref));
      if (links > 0) return other_scope(entity.name, column, before, value->second);
    }
  }
  return {};
}

Result<> note_scope(StateStore& state, TenantId tenant, const Plan& plan) {
  for (const EntityPlan& entity : plan.entities) {
    const std::string name = scope_note(entity.name);
    const std::string now = text_of(scope_of(plan, entity));
    ATLAS_TRY(const auto note, state.note(tenant, name));
    if (note.value_or("") != now) ATLAS_OK(state.put_note(tenant, name, now));
  }
  return {};
}

}  // namespace atlas
