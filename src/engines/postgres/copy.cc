#include "engines/postgres/copy.h"

#include "engines/postgres/codec.h"
#include "engines/postgres/sql_text.h"
#include "engines/postgres/write_sql.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas::postgres {
namespace {

constexpr std::string_view kSignature("PGCOPY\n\377\r\n\0", 11);
constexpr char kJsonbVersion = '\1';
constexpr int kStampDigits = 6;

bool has_binary_form(TypeKind kind) { return kind != TypeKind::kArray && kind != TypeKind::kOther; }

// Kinds of keys that are stored exactly as they are sent, whatever the column declares.
bool kept_as_sent(const Type& type) {
  switch (type.kind) {
    case TypeKind::kBool:
    case TypeKind::kInt2:
    case TypeKind::kInt4:
    case TypeKind::kInt8:
    case TypeKind::kText:
    case TypeKind::kDate:
    case TypeKind::kUuid:
      return true;
    case TypeKind::kNumeric:
    case TypeKind::kFloat4:
    case TypeKind::kFloat8:
    case TypeKind::kVarchar:
    case TypeKind::kChar:
    case TypeKind::kBytea:
    case TypeKind::kTime:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampTz:
    case TypeKind::kInterval:
    case TypeKind::kJson:
    case TypeKind::kJsonb:
    case TypeKind::kArray:
    case TypeKind::kEnum:
    case TypeKind::kOther:
      return false;
  }
  return false;
}

}  // namespace

void CopyRows::clear() {
  data_.assign(kSignature);
  append_big(data_, std::uint32_t{0});  // flags
  append_big(data_, std::uint32_t{0});  // no extension
}

void CopyRows::row(std::size_t columns) { append_big(data_, static_cast<std::uint16_t>(columns)); }

void CopyRows::cell(const Type& type, const Value& value) {
  const std::size_t at = data_.size();
  CellWriter out(data_);
  append_cell(out, type, value);
  if (type.kind != TypeKind::kJsonb || value.is_null()) return;
  // Arrays carry jsonb as text, that is without the version in front.
  constexpr std::size_t kLength = 4;
  data_.insert(at + kLength, 1, kJsonbVersion);
  store_big(data_.data() + at, static_cast<std::uint32_t>(data_.size() - at - kLength));
}

void CopyRows::finish() {
  constexpr std::uint16_t kEnd = 0xFFFF;
  append_big(data_, kEnd);
}

bool can_copy(const WriteGroup& group) {
  const TableShape& shape = *group.shape;
  if (group.kind != WriteKind::kInsert || group.size() < kCopyRowsMin) return false;
  // Without a fingerprint the columns' types are not certain; a binary form tells nothing of its
  // type.
  if (shape.rewrites || shape.after_effects || shape.fingerprint == 0) return false;
  const bool cells = std::all_of(
      group.columns.begin(), group.columns.end(),
      [&](std::uint32_t column) { return has_binary_form(shape.columns[column].type.kind); });
  const bool keys = std::all_of(shape.key.begin(), shape.key.end(), [&](std::uint32_t column) {
    return kept_as_sent(shape.columns[column].type);
  });
  if (!cells || !keys) return false;
  if (!shape.stamp || !touch_expression(group).empty()) return true;
  const bool sent =
      std::find(group.columns.begin(), group.columns.end(), *shape.stamp) != group.columns.end();
  const Type& stamp = shape.columns[*shape.stamp].type;
  return sent && is_stamp(stamp.kind) && stamp.size >= kStampDigits;
}

std::string copy_sql(const WriteGroup& group) {
  const TableShape& shape = *group.shape;
  std::string columns;
  for (const std::uint32_t column : group.columns)
    columns += (columns.empty() ? "" : ", ") + quote_name(shape.columns[column].name);
  if (!touch_expression(group).empty())
    columns += ", " + quote_name(shape.columns[*shape.stamp].name);
  return fmt::format("copy {} ({}) from stdin (format binary)", quote_table(shape.table), columns);
}

void copy_rows(const WriteGroup& group, std::span<const std::uint32_t> rows,
               std::string_view touched, CopyRows& out) {
  const std::size_t width = group.columns.size();
  out.clear();
  for (const std::uint32_t row : rows) {
    out.row(width + (touched.empty() ? 0 : 1));
    for (std::size_t c = 0; c < width; ++c) {
      out.cell(group.shape->columns[group.columns[c]].type, group.cells[row * width + c]);
    }
    if (!touched.empty()) out.cells().raw(touched);
  }
  out.finish();
}

}  // namespace atlas::postgres
