// Who will refer to a row once the writes of a dry run are made: a delete that the run would hold
// is none that it makes (ENGINE E26, E35).

#include "flow/page.h"
#include "model/hashing.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace atlas {
namespace {

// The columns of a reference in one table, in the order of the parent's key.
std::vector<std::uint32_t> referring(const FieldPlan& field, std::uint32_t part,
                                     std::uint16_t kind) {
  std::vector<std::uint32_t> cells;
  if (part == 0) {
    cells = field.legacy_by_kind[kind];
  } else {
    for (const CellRef& cell : field.platform) {
      if (cell.part == part) cells.push_back(cell.column);
    }
  }
  std::vector<std::uint32_t> out;
  for (const RefComponent& one : part == 0 ? field.ref->legacy_key : field.ref->platform_key) {
    const auto at = static_cast<std::size_t>(one.column);
    if (one.column >= 0 && at < cells.size()) out.push_back(cells[at]);
  }
  return out;
}

bool has_columns(const TableShape& shape, const TableShape& wanted) {
  return std::all_of(wanted.columns.begin(), wanted.columns.end(), [&](const ShapeColumn& column) {
    return std::any_of(shape.columns.begin(), shape.columns.end(),
                       [&](const ShapeColumn& c) { return c.name == column.name; });
  });
}

// The referring table as an entity that keeps it maps it; null where none does.
const TableShape* mapped(const Plan& plan, const ReferrerPlan& referrer) {
  const auto fits = [&](EndpointIndex endpoint, const TableShape& shape) {
    return endpoint == referrer.endpoint && shape.table == referrer.shape.table &&
           has_columns(shape, referrer.shape);
  };
  for (const EntityPlan& entity : plan.entities) {
    for (const KindPlan& kind : entity.kinds) {
      if (fits(kind.endpoint, kind.shape)) return &kind.shape;
    }
    for (const PartPlan& part : entity.parts) {
      if (fits(part.endpoint, part.shape)) return &part.shape;
    }
  }
  return nullptr;
}

bool says_dead(const Value& flag) {
  if (flag.is_null()) return false;
  return (flag.tag() != Tag::kBool && flag.tag() != Tag::kInt) || flag.as_int() != 0;
}

// The key made of these cells; empty if one is null.
Key key_of(std::span<const Value> row, const std::vector<std::uint32_t>& columns) {
  std::vector<Value> cells;
  for (const std::uint32_t c : columns) {
    if (row[c].is_null()) return {};
    cells.push_back(row[c]);
  }
  return encode_key(cells);
}

// One reference of one table, read row by row: which of the parents somebody refers to.
class Referring {
 public:
  Referring(const PlannedChildren& planned, const ReferrerPlan& referrer, const TableShape& shape,
            bool only_alive)
      : planned_(planned), referrer_(referrer), shape_(shape) {
    for (const std::uint32_t c : referrer.shape.key)
      columns_.push_back(shape.column(referrer.shape.columns[c].name));
    if (only_alive && referrer.alive)
      flag_ = shape.column(referrer.shape.columns[*referrer.alive].name);
  }

  Result<> read(Snapshot& now, std::size_t page_rows, std::span<const KeyView> parents,
                std::vector<bool>& held) const {
    std::map<KeyView, std::size_t> wanted;
    for (std::size_t p = 0; p < parents.size(); ++p) wanted.emplace(parents[p], p);
    Key after;
    while (true) {
      ATLAS_TRY(const Rows rows, now.scan(shape_, after, page_rows));
      if (rows.size() == 0) return {};
      for (std::size_t i = 0; i < rows.size(); ++i) {
        const Key parent = key_of(rows.row(i), columns_);
        const auto named = wanted.find(parent);
        if (named != wanted.end() && stays(rows.key(i), rows.row(i))) held[named->second] = true;
      }
      after = Key(rows.key(rows.size() - 1));
    }
  }

 private:
  // Whether the row will refer to the same parent as now.
  bool stays(KeyView key, std::span<const Value> cells) const {
    const std::uint64_t row = PlannedChildren::row(referrer_.endpoint, shape_.table, key);
    if (planned_.removed.contains(row)) return false;
    if (flag_ && (says_dead(cells[*flag_]) || planned_.marked.contains(row))) return false;
    return !planned_.moved.contains(
        PlannedChildren::row_column(row, shape_.columns[columns_.front()].name));
  }

  const PlannedChildren& planned_;
  const ReferrerPlan& referrer_;
  const TableShape& shape_;
  std::vector<std::uint32_t> columns_;
  std::optional<std::uint32_t> flag_;
};

}  // namespace

std::uint64_t PlannedChildren::row(EndpointIndex endpoint, const TableName& table, KeyView key) {
  return stable_hash(fmt::format("{} {} ", endpoint.value, table.text()) + std::string(key));
}

std::uint64_t PlannedChildren::row_column(std::uint64_t row, std::string_view column) {
  return stable_hash(fmt::format("{:x} {}", row, column));
}

std::uint64_t PlannedChildren::reference(EndpointIndex endpoint, const TableName& table,
                                         std::string_view column, KeyView parent) {
  return stable_hash(fmt::format("{} {} {} ", endpoint.value, table.text(), column) +
                     std::string(parent));
}

void Page::plan_children(const RowWrite& write) const {
  PlannedChildren& out = c_.planned->children;
  const TableName& table = write.shape->table;
  const std::uint64_t row = PlannedChildren::row(write.endpoint, table, write.key);
  if (write.kind == WriteKind::kRemove) {
    out.removed.insert(row);
  } else if (write.effect.liveness == LivenessEffect::kDead) {
    out.marked.insert(row);
  }
  bool notable = write.kind == WriteKind::kRemove || write.effect.liveness == LivenessEffect::kDead;
  for (const FieldPlan& field : entity_.fields) {
    if (!field.ref || write.kind == WriteKind::kRemove) continue;
    const std::vector<std::uint32_t> columns =
        referring(field, write.effect.part, write.effect.kind);
    std::vector<std::uint32_t> at;
    for (const std::uint32_t c : columns) {
      const auto found = std::find(write.columns.begin(), write.columns.end(), c);
      if (found != write.columns.end())
        at.push_back(static_cast<std::uint32_t>(found - write.columns.begin()));
    }
    if (columns.empty() || at.size() != columns.size()) continue;
    const std::string& first = write.shape->columns[columns.front()].name;
    const Key parent = key_of(write.cells, at);
    if (!parent.empty())
      out.arrived.insert(PlannedChildren::reference(write.endpoint, table, first, parent));
    if (write.kind == WriteKind::kUpdate) out.moved.insert(PlannedChildren::row_column(row, first));
    notable |= write.kind == WriteKind::kUpdate;
  }
  if (notable) out.tables.emplace(write.endpoint, table);
}

// As Snapshot::referred; in a dry run, once the writes that it has planned are made.
Result<std::vector<std::size_t>> Page::referred(Snapshot& now, const ReferrerPlan& referrer,
                                                std::span<const KeyView> parents,
                                                std::optional<std::uint32_t> alive) const {
  ATLAS_TRY(std::vector<std::size_t> found, now.referred(referrer.shape, parents, alive));
  if (!c_.run.dry || c_.planned == nullptr) return found;
  const PlannedChildren& planned = c_.planned->children;
  const TableName& table = referrer.shape.table;
  const std::string& first = referrer.shape.columns[referrer.shape.key.front()].name;
  std::vector<bool> held(parents.size(), false);
  const TableShape* shape = mapped(c_.run.plan, referrer);
  const bool as_it_is = shape == nullptr || !planned.tables.contains({referrer.endpoint, table});
  if (as_it_is) {
    for (const std::size_t f : found) held[f] = true;
  } else if (!found.empty()) {
    ATLAS_OK(Referring(planned, referrer, *shape, alive.has_value())
                 .read(now, c_.run.page_rows, parents, held));
  }
  std::vector<std::size_t> out;
  for (std::size_t p = 0; p < parents.size(); ++p) {
    if (held[p] || planned.arrived.contains(
                       PlannedChildren::reference(referrer.endpoint, table, first, parents[p])))
      out.push_back(p);
  }
  return out;
}

}  // namespace atlas
