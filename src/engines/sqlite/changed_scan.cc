#include "engines/sqlite/changed_scan.h"

#include "foundation/assert.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace atlas::sqlite {
namespace {

bool is_time(const Value& stamp) {
  return stamp.tag() == Tag::kTimestamp || stamp.tag() == Tag::kInstant;
}

}  // namespace

ChangedScan::ChangedScan(Connection& connection, const TablePlan& plan, std::size_t limit)
    : connection_(connection),
      plan_(plan),
      limit_(limit),
      kind_(TypeKind::kTimestamp),
      reader_(plan) {
  ATLAS_ASSERT(plan.shape->stamp.has_value(), "a stamped scan needs a stamp column");
  kind_ = plan.shape->columns[*plan.shape->stamp].type.kind;
}

Result<KeyPage> ChangedScan::run(const StampPosition& from) {
  const std::string stamp = plan_.stamp_column();
  if (from.stamp.is_null()) {
    ATLAS_OK(stream({" AND " + stamp + " IS NOT NULL", {}, {}}));
  } else if (!is_time(from.stamp)) {
    const std::string text(from.stamp.as_text());
    const std::string first = parameter(0);
    if (from.key.empty()) {
      ATLAS_OK(stream({" AND " + stamp + " >= " + first, {text}, {}}));
    } else {
      const int keys = static_cast<int>(plan_.shape->scope.size()) + 1;
      // Spelled so that the index on the stamp is used.
      ATLAS_OK(stream({fmt::format(" AND {0} >= {1} AND ({0} > {1} OR {2})", stamp, first,
                                   plan_.key_after(keys)),
                       {text},
                       from.key}));
    }
  } else {
    const StampRange range = stamp_range(from.stamp.as_int(), kind_);
    if (from.key.empty()) {
      ATLAS_OK(stream({" AND " + stamp + " >= " + parameter(0), {range.lowest}, {}}));
    } else {
      ATLAS_OK(ties(range, from.key));
      if (!full()) ATLAS_OK(stream({" AND " + stamp + " > " + parameter(0), {range.highest}, {}}));
    }
  }
  return std::move(page_);
}

std::string ChangedScan::parameter(std::size_t n) const {
  return fmt::format("?{}", plan_.shape->scope.size() + n + 1);
}

Result<Query> ChangedScan::query(std::string_view label, const Condition& condition,
                                 const std::string& order) {
  const std::string sql = plan_.select + " WHERE 1" + plan_.scope_condition(0) + condition.sql +
                          " ORDER BY " + order + " LIMIT ?";
  ATLAS_TRY(Query query, connection_.prepare(label, sql));
  int next = static_cast<int>(plan_.shape->scope.size());
  bind_scope(query, 0, *plan_.shape, bound_);
  for (const std::string& text : condition.texts) query.text(next++, bound_.copy(text));
  if (!condition.key.empty()) {
    (void)bind_key(query, next, condition.key, bound_);
    next += plan_.key_size();
  }
  // One more than there is room for tells whether the scan goes on.
  query.integer(next, static_cast<std::int64_t>(limit_ - page_.keys.size()) + 1);
  return query;
}

Result<bool> ChangedScan::exists(const Condition& condition) {
  ATLAS_TRY(Query query,
            connection_.prepare("look for other spellings",
                                "SELECT 1 FROM main." + plan_.table + " AS t WHERE 1" +
                                    plan_.scope_condition(0) + condition.sql + " LIMIT 1"));
  int next = static_cast<int>(plan_.shape->scope.size());
  bind_scope(query, 0, *plan_.shape, bound_);
  for (const std::string& text : condition.texts) query.text(next++, bound_.copy(text));
  return query.step();
}

Result<bool> ChangedScan::all_as_written(const StampRange& range) {
  const std::string stamp = plan_.stamp_column();
  const std::string low = parameter(0);
  const std::string high = parameter(1);
  ATLAS_TRY(const bool shorter,
            exists({fmt::format(" AND {0} >= {1} AND {0} < {2}", stamp, low, high),
                    {range.lowest, range.written},
                    {}}));
  if (shorter) return false;
  ATLAS_TRY(const bool longer,
            exists({fmt::format(" AND {0} > {1} AND {0} <= {2}", stamp, low, high),
                    {range.written, range.highest},
                    {}}));
  return !longer;
}

void ChangedScan::push(const Value& stamp) {
  page_.keys.push_back({reader_.key(), reader_.version(), stamp});
}

Result<> ChangedScan::ties(const StampRange& range, KeyView key) {
  const std::string stamp = plan_.stamp_column();
  ATLAS_TRY(const bool uniform, all_as_written(range));
  Condition condition;
  condition.key = key;
  if (uniform) {
    condition.sql = " AND " + stamp + " = " + parameter(0);
    condition.texts = {range.written};
  } else {
    condition.sql =
        fmt::format(" AND {0} >= {1} AND {0} <= {2}", stamp, parameter(0), parameter(1));
    condition.texts = {range.lowest, range.highest};
  }
  if (!key.empty()) {
    condition.sql +=
        " AND " +
        plan_.key_after(static_cast<int>(plan_.shape->scope.size() + condition.texts.size()));
  }
  ATLAS_TRY(Query rows, query("changed rows of one time", condition, plan_.key_order));
  const auto micros = sortable_stamp(range.written, kind_);
  for (;;) {
    ATLAS_TRY(const bool row, rows.step());
    if (!row || full()) return {};
    if (!reader_.look(rows, page_.arena)) continue;
    if (!micros) {
      push(reader_.stamp());
    } else {
      push(kind_ == TypeKind::kTimestampTz ? Value::instant(*micros) : Value::timestamp(*micros));
    }
  }
}

Result<> ChangedScan::stream(const Condition& condition) {
  ATLAS_TRY(Query rows,
            query("changed rows", condition, plan_.stamp_column() + ", " + plan_.key_order));
  const int column = static_cast<int>(*plan_.shape->stamp);
  std::optional<Tie> tie;
  Value tie_stamp;
  for (;;) {
    ATLAS_TRY(const bool row, rows.step());
    if (!row) {
      page_.end = true;
      break;
    }
    if (!reader_.look(rows, page_.arena)) continue;
    const std::string_view text = rows.bytes(column);
    const bool same = tie && tie->range.covers(text);
    if (full()) {
      if (!same) break;
      return end_inside(*tie);
    }
    if (!same) {
      if (tie) sort_by_key(*tie);
      tie.reset();
      tie_stamp = reader_.stamp();
      if (is_time(tie_stamp)) tie = Tie{page_.keys.size(), stamp_range(tie_stamp.as_int(), kind_)};
    }
    if (tie) tie->uniform = tie->uniform && text == tie->range.written;
    push(tie_stamp);
  }
  if (tie) sort_by_key(*tie);
  return {};
}

void ChangedScan::sort_by_key(const Tie& tie) {
  if (tie.uniform) return;
  std::sort(page_.keys.begin() + static_cast<std::ptrdiff_t>(tie.begin), page_.keys.end(),
            [](const KeyVersion& a, const KeyVersion& b) { return a.key < b.key; });
}

Result<> ChangedScan::end_inside(const Tie& tie) {
  bool in_order = tie.uniform;
  if (in_order) {
    ATLAS_TRY(in_order, all_as_written(tie.range));
  }
  if (in_order) return {};
  // The next page begins with this time; a page of nothing else takes it by key.
  page_.keys.resize(tie.begin);
  if (tie.begin > 0) return {};
  return ties(tie.range, {});
}

}  // namespace atlas::sqlite
