#include "sim/virtual/snapshot.h"

#include <algorithm>
#include <set>

namespace atlas::sim {

struct VirtualSnapshot::View {
  const TableShape& shape;
  const Table& table;
  const RowMap& rows;
  std::vector<std::uint32_t> columns;  // of the table, by the shape's

  bool in_scope(const Row& row) const {
    return std::all_of(shape.scope.begin(), shape.scope.end(), [&](const ColumnEquals& c) {
      return row.cells[columns[c.column]] == c.value;
    });
  }
  const Value& stamp(const Row& row) const { return row.cells[columns[*shape.stamp]]; }
};

VirtualSnapshot::VirtualSnapshot(const Database& database, Moments rows)
    : database_(database), incarnation_(database.incarnation()), rows_(std::move(rows)) {}

Result<VirtualSnapshot::View> VirtualSnapshot::view(const TableShape& shape) const {
  if (incarnation_ != database_.incarnation())
    return Error(Code::kConnectionLost, "the server went down").at(database_.name());
  const Table* table = database_.find(shape.table);
  if (table == nullptr)
    return Error(Code::kTableMissing, "there is no " + shape.table.text()).at(database_.name());
  View out{shape, *table, *rows_.at(shape.table), {}};
  for (const ShapeColumn& column : shape.columns) {
    const auto it = std::find_if(table->columns.begin(), table->columns.end(),
                                 [&](const ColumnInfo& c) { return c.name == column.name; });
    if (it == table->columns.end())
      return Error(Code::kColumnMissing, "there is no " + shape.table.text() + "." + column.name)
          .at(database_.name());
    out.columns.push_back(static_cast<std::uint32_t>(it - table->columns.begin()));
  }
  if (table->row_security)
    return Error(Code::kRowsHidden, "rows of " + shape.table.text()).at(database_.name());
  return out;
}

Result<KeyPage> VirtualSnapshot::changed(const TableShape& shape, const StampPosition& from,
                                         std::size_t limit) {
  return database_.world().call(database_.port("changed"), [&]() -> Result<KeyPage> {
    ATLAS_TRY(const View v, view(shape));
    std::vector<std::pair<std::int64_t, const RowMap::value_type*>> found;
    for (const auto& entry : v.rows) {
      const Value& stamp = v.stamp(*entry.second);
      if (stamp.is_null() || !v.in_scope(*entry.second)) continue;
      if (!from.stamp.is_null()) {
        if (stamp.as_int() < from.stamp.as_int()) continue;
        if (stamp.as_int() == from.stamp.as_int() && !from.key.empty() && entry.first <= from.key)
          continue;
      }
      found.emplace_back(stamp.as_int(), &entry);
    }
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
      return std::tie(a.first, a.second->first) < std::tie(b.first, b.second->first);
    });
    KeyPage page;
    page.end = found.size() < limit;  // as PostgreSQL: a full page may be the last one
    for (std::size_t i = 0; i < std::min(limit, found.size()); ++i) {
      const auto& [key, row] = *found[i].second;
      page.keys.push_back({page.arena.copy(key), database_.version(shape, v.table, *row),
                           v.stamp(*row).copy_to(page.arena)});
    }
    return page;
  });
}

Result<KeyPage> VirtualSnapshot::keys(const TableShape& shape, KeyView after, std::size_t limit) {
  return database_.world().call(database_.port("keys"), [&]() -> Result<KeyPage> {
    ATLAS_TRY(const View v, view(shape));
    KeyPage page;
    for (auto it = v.rows.upper_bound(after); it != v.rows.end() && page.keys.size() < limit;
         ++it) {
      if (!v.in_scope(*it->second)) continue;
      const Value stamp = shape.stamp ? v.stamp(*it->second).copy_to(page.arena) : Value();
      page.keys.push_back(
          {page.arena.copy(it->first), database_.version(shape, v.table, *it->second), stamp});
    }
    page.end = page.keys.size() < limit;
    if (v.table.collation) {
      std::sort(page.keys.begin(), page.keys.end(), [&](const KeyVersion& a, const KeyVersion& b) {
        return v.table.collation(a.key, b.key);
      });
    }
    return page;
  });
}

void VirtualSnapshot::add(const View& v, const Key& key, const Row& row, Rows& out) const {
  const Value stamp = v.shape.stamp ? v.stamp(row).copy_to(out.arena()) : Value();
  const std::span<Value> cells =
      out.add(out.arena().copy(key), database_.version(v.shape, v.table, row), stamp);
  std::int64_t bytes = 0;
  for (const Value& cell : row.cells)
    bytes += cell.has_content() ? static_cast<std::int64_t>(cell.as_text().size()) : 8;
  const bool oversized = bytes > v.shape.row_bytes_max;
  if (oversized) out.set_oversized(out.size() - 1);
  for (std::size_t c = 0; c < cells.size(); ++c) {
    const bool key_column =
        std::find(v.shape.key.begin(), v.shape.key.end(), c) != v.shape.key.end();
    if (!oversized || key_column) cells[c] = row.cells[v.columns[c]].copy_to(out.arena());
  }
}

Result<Rows> VirtualSnapshot::read(const TableShape& shape, std::span<const KeyView> keys) {
  return database_.world().call(database_.port("read"), [&]() -> Result<Rows> {
    ATLAS_TRY(const View v, view(shape));
    Rows out(shape.columns.size());
    for (const KeyView key : keys) {
      const auto it = v.rows.find(key);
      if (it != v.rows.end()) add(v, it->first, *it->second, out);
    }
    out.index();
    return out;
  });
}

Result<Rows> VirtualSnapshot::scan(const TableShape& shape, KeyView after, std::size_t limit) {
  return database_.world().call(database_.port("scan"), [&]() -> Result<Rows> {
    ATLAS_TRY(const View v, view(shape));
    Rows out(shape.columns.size());
    for (auto it = v.rows.upper_bound(after); it != v.rows.end() && out.size() < limit; ++it) {
      if (v.in_scope(*it->second)) add(v, it->first, *it->second, out);
    }
    out.index();
    return out;
  });
}

Result<std::vector<std::size_t>> VirtualSnapshot::referred(const TableShape& shape,
                                                           std::span<const KeyView> values,
                                                           std::optional<std::uint32_t> alive) {
  return database_.world().call(
      database_.port("referred"), [&]() -> Result<std::vector<std::size_t>> {
        ATLAS_TRY(const View v, view(shape));
        std::set<Key> held;
        for (const auto& [key, row] : v.rows) {
          std::vector<Value> components;
          components.reserve(shape.key.size());
          for (const std::uint32_t k : shape.key) components.push_back(row->cells[v.columns[k]]);
          const bool null = std::any_of(components.begin(), components.end(),
                                        [](const Value& c) { return c.is_null(); });
          const Value flag = alive ? row->cells[v.columns[*alive]] : Value();
          const bool number = flag.tag() == Tag::kBool || flag.tag() == Tag::kInt;
          if (!null && (flag.is_null() || (number && flag.as_int() == 0)))
            held.insert(encode_key(components));
        }
        std::vector<std::size_t> out;
        for (std::size_t i = 0; i < values.size(); ++i) {
          if (held.contains(Key(values[i]))) out.push_back(i);
        }
        return out;
      });
}

}  // namespace atlas::sim
