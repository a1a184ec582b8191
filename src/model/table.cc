#include "model/table.h"

#include "foundation/assert.h"

#include <algorithm>

namespace atlas {

const ColumnInfo* TableInfo::column(std::string_view name) const {
  auto it = std::find_if(columns.begin(), columns.end(),
                         [&](const ColumnInfo& c) { return c.name == name; });
  return it == columns.end() ? nullptr : &*it;
}

bool TableInfo::has_after_effects() const {
  return std::any_of(triggers.begin(), triggers.end(),
                     [](const TriggerInfo& t) { return t.after_or_deferred; });
}

bool TableInfo::has_before_triggers() const {
  return std::any_of(triggers.begin(), triggers.end(),
                     [](const TriggerInfo& t) { return t.before_row; });
}

std::uint32_t TableShape::column(std::string_view name) const {
  for (std::uint32_t i = 0; i < columns.size(); ++i) {
    if (columns[i].name == name) return i;
  }
  ATLAS_ASSERT(false, "a shape was asked for a column it does not have");
  return 0;
}

}  // namespace atlas
