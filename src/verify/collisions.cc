#include "verify/collisions.h"

#include "model/hashing.h"
#include "model/key.h"
#include "verify/page_size.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

namespace atlas {
namespace {

constexpr std::size_t kPageRows = 2000;

// Where one side keeps the values of a field.
struct Column {
  std::uint32_t part = 0;
  std::uint16_t kind = 0;
  std::vector<std::uint32_t> columns;
};

// Nothing where a value lies in several tables, or only some rows of a table have the field.
std::vector<Column> columns_of(const EntityPlan& entity, const FieldPlan& field, Side side) {
  std::vector<Column> out;
  if (side == Side::kLegacy) {
    for (std::size_t kind = 0; kind < entity.kinds.size(); ++kind) {
      const auto& columns = field.legacy_by_kind[kind];
      if (((field.kinds >> kind) & 1U) != 0 && !columns.empty())
        out.push_back({0, static_cast<std::uint16_t>(kind), columns});
    }
    return out;
  }
  Column column{.part = field.platform.front().part, .kind = 0, .columns = {}};
  for (const CellRef& cell : field.platform) {
    if (cell.part != column.part) return {};
    column.columns.push_back(cell.column);
  }
  for (std::size_t kind = 0; kind < entity.kinds.size(); ++kind)
    if (((field.kinds >> kind) & 1U) == 0) return {};
  out.push_back(std::move(column));
  return out;
}

// The hash of a field's value in one row; nothing for null and for what does not map.
class ValueHash {
 public:
  ValueHash(const FieldPlan& field, Side side) : field_(field), side_(side) {}

  std::optional<FieldHash> of(std::span<const Value> row, const Column& column) {
    std::vector<Value> cells;
    bool null = true;
    for (const std::uint32_t c : column.columns) {
      cells.push_back(row[c]);
      null = null && row[c].is_null();
    }
    Value mid;
    if (null || !field_.lens->get(side_, cells, arena_, mid).ok() || mid.is_null()) return {};
    return hasher_.of(mid);
  }
  void next_page() { arena_.clear(); }

 private:
  const FieldPlan& field_;
  Side side_;
  Arena arena_;
  Hasher hasher_{std::array<std::uint8_t, 32>{}};  // the hashes leave this file in no form
};

using Visit = std::function<bool(FieldHash hash, const Column& column, KeyView key)>;

// Visits the values of one side in the order of its keys, until `visit` says no.
Result<> each_value(const EntityPlan& entity, const FieldPlan& field, Side side,
                    const auto& open_endpoint, const Visit& visit) {
  ValueHash value(field, side);
  for (const Column& column : columns_of(entity, field, side)) {
    ATLAS_TRY(const auto endpoint, open_endpoint(entity.endpoint(column.part, column.kind)));
    ATLAS_TRY(const auto snapshot, endpoint->snapshot());
    PageSize page(kPageRows);
    for (Key after;;) {
      ATLAS_TRY(const Rows rows,
                snapshot->scan(entity.shape(column.part, column.kind), after, page.rows()));
      if (rows.size() == 0) break;
      page.learn(rows.size(), rows.bytes());
      after = Key(rows.key(rows.size() - 1));
      value.next_page();
      for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto hash = rows.oversized(i) ? std::nullopt : value.of(rows.row(i), column);
        if (hash && !visit(*hash, column, rows.key(i))) return {};
      }
    }
  }
  return {};
}

// How many of the sorted hashes are not alone, and the least such hash.
std::pair<std::int64_t, FieldHash> shared(const std::vector<FieldHash>& sorted) {
  std::int64_t rows = 0;
  FieldHash least = kNoBase;
  for (std::size_t i = 0; i < sorted.size();) {
    std::size_t end = i + 1;
    while (end < sorted.size() && sorted[end] == sorted[i]) ++end;
    if (end - i > 1) {
      if (rows == 0) least = sorted[i];
      rows += static_cast<std::int64_t>(end - i);
    }
    i = end;
  }
  return {rows, least};
}

Result<std::optional<Collisions>> count(const EntityPlan& entity, std::uint32_t index, Side side,
                                        const auto& open_endpoint) {
  const FieldPlan& field = entity.fields[index];
  std::vector<FieldHash> hashes;
  ATLAS_OK(
      each_value(entity, field, side, open_endpoint, [&](FieldHash hash, const Column&, KeyView) {
        hashes.push_back(hash);
        return true;
      }));
  std::sort(hashes.begin(), hashes.end());
  const auto [rows, hash] = shared(hashes);
  if (rows == 0) return std::optional<Collisions>();
  Collisions out{entity.index, index, side, rows, {}, {}};
  ATLAS_OK(each_value(
      entity, field, side, open_endpoint, [&](FieldHash seen, const Column& column, KeyView key) {
        if (seen != hash) return true;
        std::string& name = out.first.empty() ? out.first : out.second;
        name = fmt::format("{} {}", entity.source(column.part, column.kind), key_text(key));
        return out.second.empty();
      }));
  return std::optional(std::move(out));
}

}  // namespace

Result<std::vector<Collisions>> count_collisions(
    const Plan& plan,
    const std::function<Result<std::unique_ptr<Endpoint>>(EndpointIndex)>& open_endpoint) {
  std::vector<Collisions> out;
  for (const EntityPlan& entity : plan.entities) {
    for (std::uint32_t f = 0; f < entity.fields.size(); ++f) {
      if (!entity.fields[f].count_values) continue;
      for (const Side side : {Side::kLegacy, Side::kPlatform}) {
        ATLAS_TRY(auto found, count(entity, f, side, open_endpoint));
        if (found) out.push_back(std::move(*found));
      }
    }
  }
  return out;
}

}  // namespace atlas
