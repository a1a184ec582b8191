#include "mapping/plan.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas {

std::string SourcePosition::text() const {
  if (line == 0) return file;
  return fmt::format("{}:{}:{}", file, line, column);
}

const EntityPlan* Plan::entity(std::string_view name) const {
  auto it = std::find_if(entities.begin(), entities.end(),
                         [&](const EntityPlan& e) { return e.name == name; });
  return it == entities.end() ? nullptr : &*it;
}

Error paused_by_drift(const EntityPlan& entity) {
  constexpr std::size_t kListed = 5;
  std::string why = fmt::format("entity {} is paused", entity.name);
  for (std::size_t i = 0; i < std::min(kListed, entity.drift.size()); ++i)
    why += (i == 0 ? ": " : "; ") + entity.drift[i];
  if (entity.drift.size() > kListed)
    why += fmt::format("; and {} more", entity.drift.size() - kListed);
  return Error(Code::kSchemaDrift, std::move(why))
      .advise("run `atlas-bridge check`; what was written meanwhile is brought over then");
}

}  // namespace atlas
