#include "engines/sqlite/key_scan.h"

#include "model/key.h"

#include <fmt/format.h>

namespace atlas::sqlite {
namespace {

bool has_uuid_key(const TableShape& shape) {
  return shape.key.size() == 1 && shape.columns[shape.key.front()].type.kind == TypeKind::kUuid;
}

bool is_uuid(KeyView key) {
  Arena arena;
  return decode_key(key, arena).front().tag() == Tag::kUuid;
}

// GLOB pattern of a uuid as we spell it.
std::string uuid_pattern() {
  std::string out;
  for (const int digits : {8, 4, 4, 4, 12}) {
    if (!out.empty()) out += '-';
    for (int i = 0; i < digits; ++i) out += "[0-9a-f]";
  }
  return out;
}

}  // namespace

KeyScan::KeyScan(Connection& connection, const TablePlan& plan, KeyView after, std::size_t limit)
    : connection_(connection), plan_(plan), reader_(plan), after_(after), limit_(limit) {
  if (has_uuid_key(*plan.shape))
    walk_ = after.empty() || is_uuid(after) ? Walk::kUuids : Walk::kOthers;
}

Result<> KeyScan::start() {
  const TableShape& shape = *plan_.shape;
  const int scope = static_cast<int>(shape.scope.size());
  std::string sql = plan_.select + " WHERE 1" + plan_.scope_condition(0);
  if (!after_.empty()) sql += " AND " + plan_.key_after(scope);
  if (walk_ == Walk::kOthers) {
    sql += fmt::format(" AND (typeof({0}) <> 'text' OR {0} NOT GLOB '{1}')",
                       "t." + plan_.columns[shape.key.front()], uuid_pattern());
  }
  // Rows that are passed over must not count.
  const bool limited = walk_ == Walk::kAll;
  sql += " ORDER BY " + plan_.key_order + (limited ? " LIMIT ?" : "");
  query_.reset();
  ATLAS_TRY(Query query, connection_.prepare("scan by key", sql));
  bind_scope(query, 0, shape, bound_);
  int next = scope;
  if (!after_.empty()) {
    (void)bind_key(query, next, after_, bound_);
    next += plan_.key_size();
  }
  // One more than asked for tells whether the scan goes on.
  if (limited) query.integer(next, static_cast<std::int64_t>(limit_) + 1);
  query_.emplace(std::move(query));
  return {};
}

Result<bool> KeyScan::next(Arena& arena) {
  if (!query_) ATLAS_OK(start());
  for (;;) {
    ATLAS_TRY(const bool row, query_->step());
    if (row) {
      if (!reader_.look(*query_, arena)) continue;
      if (walk_ != Walk::kUuids || is_uuid(reader_.key())) return true;
      continue;
    }
    if (walk_ != Walk::kUuids) return false;
    walk_ = Walk::kOthers;
    after_ = {};
    ATLAS_OK(start());
  }
}

}  // namespace atlas::sqlite
