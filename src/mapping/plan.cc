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

}  // namespace atlas
