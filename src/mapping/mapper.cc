#include "mapping/mapper.h"

#include "foundation/assert.h"

#include <algorithm>
#include <array>

namespace atlas {
namespace {

constexpr std::size_t kCellsMax = 16;  // columns of one field on one side; the loader refuses more
// Mid of a reference whose parent has no link: marks the platform key so that it equals no legacy
// key.
constexpr char kUnlinked = '?';
constexpr char kLinked = '=';

// The cells of one field. A single one stays where it is; several are copied together.
struct Cells {
  explicit Cells(std::span<Value> room) : values(room) {}
  std::span<Value> values;
  const Value* single = nullptr;
  std::size_t size = 0;
  bool present = true;    // every row that holds a cell is there
  bool optional = false;  // an absent row is an optional part
  bool all_null = true;
  bool any_null = false;
  std::span<const Value> span() const {
    if (size == 1) return {single, 1};
    return {values.data(), size};
  }
};
using Room = std::array<Value, kCellsMax>;

bool applies(const FieldPlan& field, std::uint16_t kind) {
  return ((field.kinds >> kind) & 1U) != 0;
}

Cells gather(const EntityPlan& entity, const FieldPlan& field, Side side, const InstanceRows& rows,
             Room& room) {
  Cells out(room);
  auto take = [&](std::span<const Value> row, std::uint32_t column, Presence presence) {
    if (row.empty()) {
      out.present = false;
      out.optional |= presence == Presence::kOptional;
      return;
    }
    if (out.size == 0) out.single = &row[column];
    out.values[out.size++] = row[column];
    out.all_null &= row[column].is_null();
    out.any_null |= row[column].is_null();
  };
  if (side == Side::kLegacy) {
    for (const std::uint32_t column : field.legacy_by_kind[rows.kind])
      take(rows.rows[0], column, Presence::kRequired);
  } else {
    for (const CellRef& cell : field.platform) {
      take(rows.rows[cell.part], cell.column, entity.parts[cell.part - 1].presence[rows.kind]);
    }
  }
  return out;
}

// A mid of a reference: '=' and the parent's legacy key, or '?' and its platform key while it has
// no link.
Value ref_mid(char mark, KeyView key, Arena& arena) {
  char* bytes = arena.allocate(key.size() + 1);
  bytes[0] = mark;
  std::memcpy(bytes + 1, key.data(), key.size());
  return Value::bytes({bytes, key.size() + 1});
}

// The parent's whole key from the field's cells.
std::vector<Value> parent_key(const RefPlan& ref, Side side, std::span<const Value> cells) {
  const auto& parts = side == Side::kLegacy ? ref.legacy_key : ref.platform_key;
  if (parts.empty()) return {cells.begin(), cells.end()};
  std::vector<Value> out;
  for (const RefComponent& part : parts)
    out.push_back(part.column >= 0 ? cells[static_cast<std::size_t>(part.column)] : part.constant);
  return out;
}

// The field's cells from the parent's whole key; false if they do not fit.
bool parent_cells(const RefPlan& ref, Side side, std::span<const Value> key,
                  std::span<Value> cells) {
  const auto& parts = side == Side::kLegacy ? ref.legacy_key : ref.platform_key;
  if (parts.empty() ? key.size() != cells.size() : parts.size() != key.size()) return false;
  for (std::size_t i = 0; i < key.size(); ++i) {
    if (parts.empty())
      cells[i] = key[i];
    else if (parts[i].column >= 0)
      cells[static_cast<std::size_t>(parts[i].column)] = key[i];
  }
  return true;
}

const Value* flag_cell(const EntityPlan& entity, Side side, const InstanceRows& rows) {
  const LivenessPlan& live = entity.liveness[index(side)];
  if (live.kind != DeleteKind::kSoft) return nullptr;
  const CellRef& cell = side == Side::kLegacy ? live.flag[rows.kind] : live.flag.front();
  const auto row = rows.rows[cell.part];
  return row.empty() ? nullptr : &row[cell.column];
}

// Whether the mark's cell holds something that its column's type has no value for.
bool stray_flag(const EntityPlan& entity, Side side, const InstanceRows& rows) {
  const Value* cell = flag_cell(entity, side, rows);
  if (cell == nullptr || cell->tag() != Tag::kOther) return false;
  const LivenessPlan& live = entity.liveness[index(side)];
  const CellRef& flag = side == Side::kLegacy ? live.flag[rows.kind] : live.flag.front();
  const TypeKind type = entity.shape(flag.part, rows.kind).columns[flag.column].type.kind;
  return type != TypeKind::kOther && type != TypeKind::kEnum && type != TypeKind::kArray;
}

}  // namespace

void Mapper::parents(Side side, const InstanceRows& rows, std::vector<ParentKey>& out) const {
  Room room;
  for (std::uint32_t i = 0; i < entity_.fields.size(); ++i) {
    const FieldPlan& field = entity_.fields[i];
    if (!field.ref || !applies(field, rows.kind)) continue;
    const Cells cells = gather(entity_, field, side, rows, room);
    if (!cells.present || cells.any_null) continue;
    out.push_back({i, field.ref->parent, side, field.ref->parent_kind,
                   encode_key(parent_key(*field.ref, side, cells.span()))});
  }
}

std::optional<Misfit> Mapper::read(Side side, const InstanceRows& rows, const RefTable& refs,
                                   Arena& arena, Mids& out) const {
  out.values.assign(entity_.fields.size(), Value::null());
  out.hashes.assign(entity_.fields.size(), kNoBase);
  out.match_unfit = false;
  Room room;
  std::optional<Misfit> first;
  const auto unfit = [&](std::uint32_t field, const char* reason) {
    out.match_unfit |= entity_.fields[field].in_match;
    if (!first) first = Misfit{field, reason};
  };
  for (std::uint32_t i = 0; i < entity_.fields.size(); ++i) {
    const FieldPlan& field = entity_.fields[i];
    if (!applies(field, rows.kind)) continue;
    const Cells cells = gather(entity_, field, side, rows, room);
    Value mid;
    if (!cells.present) {
      if (!cells.optional) continue;  // not there yet: no value at all
    } else if (field.ref) {
      if (!cells.any_null) {
        const KeyView key = encode_key(parent_key(*field.ref, side, cells.span()), arena);
        if (side == Side::kLegacy) {
          mid = ref_mid(kLinked, key, arena);
        } else if (auto legacy = refs.legacy_of(field.ref->parent, key)) {
          if (legacy->first != field.ref->parent_kind) {
            unfit(i, "the reference points to a row of another kind");
            continue;
          }
          mid = ref_mid(kLinked, legacy->second, arena);
        } else {
          mid = ref_mid(kUnlinked, key, arena);
        }
      }
    } else if (!cells.all_null || field.lens->handles_null()) {
      const Fit fit = field.lens->get(side, cells.span(), arena, mid);
      if (!fit.ok()) {
        unfit(i, fit.reason);
        continue;
      }
    }
    out.values[i] = mid;
    out.hashes[i] = hasher_.of(mid);
  }
  if (!first && stray_flag(entity_, side, rows))
    first = Misfit{Misfit::kDeleteMark, "the mark of a delete is no value of its column's type"};
  return first;
}

const std::string& Mapper::misfit_name(Side side, std::uint16_t kind, const Misfit& misfit) const {
  if (misfit.field != Misfit::kDeleteMark) return entity_.fields[misfit.field].name;
  const LivenessPlan& live = entity_.liveness[index(side)];
  const CellRef& cell = side == Side::kLegacy ? live.flag[kind] : live.flag.front();
  return entity_.shape(cell.part, kind).columns[cell.column].name;
}

Mapper::Written Mapper::write(Side side, std::uint32_t field_index, std::uint16_t kind,
                              const Value& mid, bool present, const RefTable& refs, Arena& arena,
                              std::span<Value> cells) const {
  const FieldPlan& field = entity_.fields[field_index];
  Written out;
  if (field.ref) {
    if (mid.is_null()) {
      std::fill(cells.begin(), cells.end(), Value::null());
      return out;
    }
    const KeyView bytes = mid.as_text();
    const bool linked = bytes.front() == kLinked;
    const KeyView key = bytes.substr(1);
    std::optional<KeyView> found;
    if (side == Side::kLegacy) {
      if (linked) found = key;
    } else {
      found = linked ? refs.platform_of(field.ref->parent, field.ref->parent_kind, key)
                     : std::optional<KeyView>(key);
    }
    if (found) {
      const std::vector<Value> parts = decode_key(*found, arena);
      if (!parent_cells(*field.ref, side, parts, cells))
        out.misfit = Misfit{field_index, "the parent's key has another number of columns"};
      return out;
    }
    if (field.ref->defer || field.ref->on_missing == OnMissing::kNull) {
      std::fill(cells.begin(), cells.end(), Value::null());
      out.deferred = true;
    } else if (field.ref->on_missing == OnMissing::kQuarantine) {
      out.misfit = Misfit{field_index, "the parent does not exist on the other side"};
      return out;
    }
    out.missing =
        MissingParent{field_index, field.ref->parent, linked ? Side::kLegacy : Side::kPlatform,
                      field.ref->parent_kind, Key(key)};
    return out;
  }
  (void)kind;
  if (mid.is_null() && !field.lens->handles_null()) {
    std::fill(cells.begin(), cells.end(), Value::null());
    return out;
  }
  bool old_null = true;
  for (const Value& cell : cells) old_null &= cell.is_null();
  const bool keep = present && (!old_null || field.lens->handles_null());
  // A cell shared with another field (JSON paths) is kept even on insert: `cells` carries what was
  // written so far.
  const std::span<const Value> old =
      keep || !old_null ? std::span<const Value>(cells) : std::span<const Value>();
  const auto put = [&](std::span<Value> target) {
    const Fit fit = field.lens->put(side, mid, old, arena, target);
    if (fit.ok())
      std::copy(target.begin(), target.end(), cells.begin());
    else
      out.misfit = Misfit{field_index, fit.reason};
  };
  if (cells.size() == 1) {
    Value made;
    put({&made, 1});
  } else {
    std::array<Value, kCellsMax> made;
    put({made.data(), cells.size()});
  }
  return out;
}

FieldHash Mapper::match(const Mids& mids) const {
  if (!entity_.has_match || mids.match_unfit) return kNoBase;
  std::string bytes;
  for (std::size_t i = 0; i < entity_.fields.size(); ++i) {
    if (!entity_.fields[i].in_match || mids.hashes[i] == kNoBase) continue;
    if (mids.values[i].is_null()) return kNoBase;
    bytes.append(reinterpret_cast<const char*>(&mids.hashes[i]), sizeof(FieldHash));
  }
  return bytes.empty() ? kNoBase : hasher_.of_bytes(bytes);
}

std::optional<std::uint16_t> Mapper::kind_of(std::span<const std::span<const Value>> rows) const {
  for (std::uint16_t kind = 0; kind < entity_.kinds.size(); ++kind) {
    const auto& when = entity_.kinds[kind].when;
    const bool holds =
        std::all_of(when.begin(), when.end(), [&](const KindPlan::Condition& condition) {
          const auto row = rows[condition.cell.part];
          return !row.empty() && mid_equal(row[condition.cell.column], condition.value);
        });
    if (holds) return kind;
  }
  return std::nullopt;
}

bool Mapper::in_scope(const TableShape& shape, std::span<const Value> row) {
  return std::all_of(shape.scope.begin(), shape.scope.end(),
                     [&](const ColumnEquals& c) { return mid_equal(row[c.column], c.value); });
}

bool Mapper::dead(Side side, const InstanceRows& rows) const {
  const Value* cell = flag_cell(entity_, side, rows);
  if (cell == nullptr || cell->is_null()) return false;
  if (cell->tag() == Tag::kBool || cell->tag() == Tag::kInt) return cell->as_int() != 0;
  return !stray_flag(entity_, side, rows);
}

std::optional<std::int64_t> Mapper::died_at(Side side, const InstanceRows& rows) const {
  const Value* cell = flag_cell(entity_, side, rows);
  if (cell == nullptr) return std::nullopt;
  if (cell->tag() == Tag::kInstant) return cell->as_int();
  if (cell->tag() == Tag::kTimestamp)
    return to_instant(entity_.liveness[index(side)].zone, cell->as_int());
  return std::nullopt;
}

Value Mapper::flag_value(Side side, std::uint16_t kind, std::optional<std::int64_t> instant) const {
  const LivenessPlan& live = entity_.liveness[index(side)];
  ATLAS_ASSERT(live.kind == DeleteKind::kSoft, "a soft flag is asked for where there is none");
  const CellRef& cell = side == Side::kLegacy ? live.flag[kind] : live.flag.front();
  const Type& type = entity_.shape(cell.part, kind).columns[cell.column].type;
  if (type.kind == TypeKind::kBool) return Value::boolean(instant.has_value());
  if (is_integer(type.kind)) return Value::integer(instant ? 1 : 0);
  if (!instant) return Value::null();
  if (type.kind == TypeKind::kTimestampTz) return Value::instant(*instant);
  if (type.kind == TypeKind::kDate) {
    return Value::date(
        (*instant - (((*instant % 86'400'000'000) + 86'400'000'000) % 86'400'000'000)) /
        86'400'000'000);
  }
  return Value::timestamp(to_local(live.zone, *instant));
}

}  // namespace atlas
