#include "flow/compose.h"

#include "foundation/assert.h"
#include "foundation/planted.h"

#include <algorithm>

namespace atlas {
namespace {

// One row being made or changed.
struct Draft {
  std::uint32_t part = 0;
  bool exists = false;
  bool insert = false;
  std::span<const Value> old;
  std::vector<Value> cells;
  std::vector<bool> set;  // cells given by us (insert) or changed (update)
  std::vector<FieldEffect> fields;
  LivenessEffect liveness = LivenessEffect::kNone;
  bool any_value = false;         // a non-null field flows here: an optional part is worth a row
  std::optional<Misfit> no_null;  // a null flows into a column of an optional part that takes none
};

class SideComposer {
 public:
  SideComposer(const ComposeInput& input, Side side, Composed& out)
      : in_(input),
        entity_(input.context.entity),
        side_(side),
        kind_(input.image.kind),
        out_(out) {}

  void run() {
    open_drafts();
    if (!in_.decision.fields.empty()) fields();
    if (out_.misfit || out_.waits || out_.part_missing) return;
    if (!keys()) return;
    liveness();
    finish();
  }

 private:
  bool legacy() const { return side_ == Side::kLegacy; }
  FieldAction wanted() const {
    return legacy() ? FieldAction::kToLegacy : FieldAction::kToPlatform;
  }
  const TableShape& shape(const Draft& d) const { return entity_.shape(d.part, kind_); }

  bool creates() const {
    const Case what = in_.decision.what;
    return legacy() ? what == Case::kCreateLegacy ||
                          (what == Case::kReviveLegacy && in_.image.rows.rows[0].empty())
                    : what == Case::kCreatePlatform ||
                          (what == Case::kRevivePlatform && in_.image.rows.rows[1].empty());
  }
  bool dies() const {
    const Case what = in_.decision.what;
    return legacy() ? what == Case::kDeleteLegacy : what == Case::kDeletePlatform;
  }
  bool removes() const {
    return dies() && entity_.liveness[index(side_)].kind == DeleteKind::kHard;
  }

  void open_drafts() {
    const std::uint32_t first = legacy() ? 0 : 1;
    const std::uint32_t last = legacy() ? 0 : static_cast<std::uint32_t>(entity_.parts.size());
    drafts_.resize(entity_.parts.size() + 1);
    for (std::uint32_t part = first; part <= last; ++part) {
      Draft& d = drafts_[part];
      d.part = part;
      d.old = in_.image.rows.rows[part];
      d.exists = !d.old.empty();
      const Presence presence =
          legacy() ? Presence::kRequired : entity_.parts[part - 1].presence[kind_];
      if (presence == Presence::kAbsent) continue;
      d.insert = !d.exists && (creates() || part > first);
      if (!d.exists && !d.insert) continue;
      const bool confirmed =
          in_.link != nullptr && in_.link->parts[part].exists == Existence::kPresent;
      if (d.insert && !creates() && confirmed && presence == Presence::kRequired) {
        if (dies()) continue;  // it is on its way already
        out_.part_missing = true;
      }
      d.cells.assign(shape(d).columns.size(), Value::null());
      d.set.assign(d.cells.size(), false);
      if (d.exists) std::copy(d.old.begin(), d.old.end(), d.cells.begin());
      if (d.insert) constants(d);
      open_.push_back(part);
    }
  }

  void put(Draft& d, std::uint32_t column, const Value& value) {
    if (!d.insert && d.cells[column] == value) return;
    d.cells[column] = value;
    d.set[column] = true;
  }

  void constant(Draft& d, const ConstantCell& c) {
    if (c.cell.part != d.part) return;
    const Type& type = shape(d).columns[c.cell.column].type;
    if (!c.now) return put(d, c.cell.column, c.value);
    const std::int64_t now = in_.context.run.now.time_since_epoch().count();
    put(d, c.cell.column,
        type.kind == TypeKind::kTimestampTz ? Value::instant(now)
                                            : Value::timestamp(to_local(shape(d).stamp_zone, now)));
  }

  void constants(Draft& d) {
    for (const ColumnEquals& c : shape(d).scope) put(d, c.column, c.value);
    if (legacy()) {
      for (const ConstantCell& c : entity_.kinds[kind_].constants) constant(d, c);
    } else {
      for (const ConstantCell& c : entity_.platform_constants) constant(d, c);
      for (const ConstantCell& c : entity_.kinds[kind_].platform_constants) constant(d, c);
    }
  }

  void fields() {
    const Mids& source = legacy() ? in_.image.platform : in_.image.legacy;
    for (std::uint32_t i = 0; i < entity_.fields.size(); ++i) {
      if (in_.decision.fields[i].action == wanted())
        field(i, source.values[i], source.hashes[i]);
      else if (creates() && (source.hashes[i] == kNoBase || outward(i)))
        empty(i);
      if (out_.misfit || out_.waits) return;
    }
  }

  // Whether the side that is written is the field's only source.
  bool outward(std::uint32_t i) const {
    return entity_.fields[i].direction ==
           (legacy() ? Direction::kToPlatform : Direction::kToLegacy);
  }

  // A row is made while a required part of its source is not there yet, or as the source of a
  // one-way field: we sent no value, and that is the base. What comes there later is an edit then,
  // and neither a quarrel without a base nor a null over the other side's value (E12, E17, E24).
  void empty(std::uint32_t i) {
    const FieldPlan& plan = entity_.fields[i];
    if (((plan.kinds >> kind_) & 1U) == 0) return;
    std::uint32_t part = 0;
    if (!legacy()) {
      for (const CellRef& cell : plan.platform) part = std::max(part, cell.part);
    }
    Draft& d = drafts_[part];
    if (d.insert) d.fields.push_back({i, in_.context.run.hasher.of(Value::null())});
  }

  void field(std::uint32_t i, const Value& mid, FieldHash hash) {
    const FieldPlan& plan = entity_.fields[i];
    std::vector<CellRef> cells;
    if (legacy()) {
      for (const std::uint32_t column : plan.legacy_by_kind[kind_]) cells.push_back({0, column});
    } else {
      cells = plan.platform;
    }
    std::vector<Value> values;
    bool present = true;
    bool inserting = false;
    std::uint32_t part = 0;
    for (const CellRef& cell : cells) {
      const Draft& d = drafts_[cell.part];
      if (d.cells.empty()) return;  // the part does not exist for this kind
      values.push_back(d.cells[cell.column]);
      present &= d.exists;
      inserting |= d.insert;
      part = std::max(part, cell.part);
    }
    const Mapper::Written done =
        in_.context.mapper.write(side_, i, kind_, mid, present, in_.refs, in_.arena, values);
    if (done.misfit && mid.is_null() && optional(part)) {
      // Without a row there is room for a null: finish() sees whether the part can do without one.
      drafts_[part].no_null = done.misfit;
      drafts_[part].fields.push_back({i, hash});
      return;
    }
    if (done.misfit) return misfit(*done.misfit);
    if (done.missing && !planted(Plant::kParentNotAwaited)) {
      out_.missing.push_back(*done.missing);
      if (!done.deferred) {
        // An update delivers its other fields; a new row waits as a whole.
        if (inserting) out_.waits = true;
        return settle_adopted_null(i);
      }
      // A deferred null is only for rows being made; an existing row keeps its value until the
      // parent is there.
      if (plan.ref->defer && !inserting) return settle_adopted_null(i);
      out_.deferred |= plan.ref->defer;
      if (!planted(Plant::kDeferredBaseKept)) hash = in_.context.run.hasher.of(Value::null());
    }
    for (std::size_t c = 0; c < cells.size(); ++c)
      put(drafts_[cells[c].part], cells[c].column, values[c]);
    drafts_[part].fields.push_back({i, hash});
    drafts_[part].any_value |= !mid.is_null();
  }

  void misfit(const Misfit& what) {
    out_.misfit = what;
    out_.misfit_side = side_;
  }

  bool optional(std::uint32_t part) const {
    return part > 1 && entity_.parts[part - 1].presence[kind_] == Presence::kOptional;
  }

  // Whether every field of the part is null once this decision is carried out.
  bool part_becomes_empty(std::uint32_t part) const {
    for (std::uint32_t i = 0; i < entity_.fields.size(); ++i) {
      const FieldPlan& plan = entity_.fields[i];
      const bool here = ((plan.kinds >> kind_) & 1U) != 0 &&
                        std::any_of(plan.platform.begin(), plan.platform.end(),
                                    [&](const CellRef& cell) { return cell.part == part; });
      const bool flows = in_.decision.fields[i].action == wanted();
      const Mids& after = flows ? in_.image.legacy : in_.image.platform;
      if (here && !after.values[i].is_null()) return false;
    }
    return true;
  }

  // An optional part without any value has no row, where a column refuses the null (E24). False if
  // the row is to be written as it is.
  bool goes_without_row(const Draft& d) {
    if (!optional(d.part)) return false;
    if (d.insert && !d.any_value) {
      out_.settled.insert(out_.settled.end(), d.fields.begin(), d.fields.end());
      return true;
    }
    if (!d.no_null) return false;
    if (!d.exists || !part_becomes_empty(d.part)) {
      misfit(*d.no_null);
      return true;
    }
    emit(d, WriteKind::kRemove, {}, {}, false);
    return true;
  }

  // A pair is adopted before the parent of one side's reference is linked, and the other side has
  // none: null is what both agree on, and the reference an edit that comes with its parent. Without
  // a base it would be a quarrel then, and null could win (E12, E15).
  void settle_adopted_null(std::uint32_t i) {
    const Mids& target = legacy() ? in_.image.legacy : in_.image.platform;
    if (in_.decision.what != Case::kAdopt || target.hashes[i] == kNoBase) return;
    if (target.values[i].is_null())
      out_.settled.push_back({i, in_.context.run.hasher.of(Value::null())});
  }

  // Fills key cells of inserted rows, or takes the key out of the fields.
  bool keys() {
    for (const std::uint32_t part : open_) {
      Draft& d = drafts_[part];
      if (!d.insert) continue;
      const KeyView given = legacy() ? in_.legacy_key : in_.platform_key;
      const TableShape& table = shape(d);
      if (!given.empty()) {
        const std::vector<Value> components = decode_key(given, in_.arena);
        ATLAS_ASSERT(components.size() == table.key.size(),
                     "a key has another number of columns than its table");
        for (std::size_t i = 0; i < components.size(); ++i) {
          if (!d.set[table.key[i]] || d.cells[table.key[i]].is_null())
            put(d, table.key[i], components[i]);
        }
        continue;
      }
      std::vector<Value> components;
      components.reserve(table.key.size());
      for (const std::uint32_t column : table.key) components.push_back(d.cells[column]);
      const bool null = std::any_of(components.begin(), components.end(),
                                    [](const Value& v) { return v.is_null(); });
      if (null) {
        out_.misfit = Misfit{0, "a key column would be null"};
        out_.misfit_side = side_;
        return false;
      }
      (legacy() ? out_.legacy_key : out_.platform_key) = encode_key(components);
    }
    return true;
  }

  void liveness() {
    const Case what = in_.decision.what;
    const bool revives = legacy() ? what == Case::kReviveLegacy : what == Case::kRevivePlatform;
    if (!dies() && !revives) return;
    const LivenessPlan& plan = entity_.liveness[index(side_)];
    const std::uint32_t root = legacy() ? 0 : 1;
    if (plan.kind == DeleteKind::kSoft) {
      const CellRef& cell = legacy() ? plan.flag[kind_] : plan.flag.front();
      Draft& d = drafts_[cell.part];
      if (dies()) {
        const auto at = in_.context.mapper.died_at(other(side_), in_.image.rows);
        put(d, cell.column,
            in_.context.mapper.flag_value(
                side_, kind_, at.value_or(in_.context.run.now.time_since_epoch().count())));
      } else if (d.exists) {
        put(d, cell.column, in_.context.mapper.flag_value(side_, kind_, std::nullopt));
      }
    }
    drafts_[root].liveness = dies() ? LivenessEffect::kDead : LivenessEffect::kAlive;
  }

  // The link names the target's row by its key: an edit that would change it is a person's matter.
  bool changes_key(const Draft& d) {
    const std::vector<std::uint32_t>& key = shape(d).key;
    const bool changes =
        std::any_of(key.begin(), key.end(), [&](std::uint32_t column) { return d.set[column]; });
    if (!changes || d.fields.empty()) return false;
    out_.misfit = Misfit{d.fields.front().field, "this edit would change the row's key there"};
    out_.misfit_side = side_;
    return true;
  }

  void finish() {
    if (removes()) {
      for (auto it = open_.rbegin(); it != open_.rend(); ++it) {
        const Draft& d = drafts_[*it];
        if (d.exists) emit(d, WriteKind::kRemove, {}, {}, it != open_.rbegin());
      }
      return;
    }
    const std::uint32_t root = legacy() ? 0 : 1;
    const bool root_insert = !drafts_[root].cells.empty() && drafts_[root].insert;
    for (const std::uint32_t part : open_) {
      Draft& d = drafts_[part];
      if (planted(Plant::kSecondPartForgotten) && d.insert && part > 1) continue;
      if (!legacy() && goes_without_row(d)) continue;
      std::vector<std::uint32_t> columns;
      for (std::uint32_t c = 0; c < d.set.size(); ++c) {
        if (d.set[c]) columns.push_back(c);
      }
      if (!d.insert && changes_key(d)) return;
      if (columns.empty()) {
        // Kept as it was: the target already yields what we would send.
        out_.settled.insert(out_.settled.end(), d.fields.begin(), d.fields.end());
        continue;
      }
      stamp(d, columns);
      std::vector<Value> values;
      values.reserve(columns.size());
      for (const std::uint32_t c : columns) values.push_back(d.cells[c]);
      emit(d, d.insert ? WriteKind::kInsert : WriteKind::kUpdate, std::move(columns),
           std::move(values), root_insert && part != root);
    }
  }

  // E20 preserve: the greatest of the old target stamp and the winning side's stamp.
  void stamp(Draft& d, std::vector<std::uint32_t>& columns) {
    const TableShape& table = shape(d);
    if (!table.stamp || table.stamp_touched || d.set[*table.stamp]) return;
    std::int64_t winning = kMinusInfinity;
    const std::uint32_t from = legacy() ? 1 : 0;
    const std::uint32_t to = legacy() ? static_cast<std::uint32_t>(entity_.parts.size()) : 0;
    for (std::uint32_t part = from; part <= to; ++part) {
      winning = std::max(winning, effective_stamp(in_.link, part, in_.image.versions[part]));
    }
    winning = std::max(winning, in_.image.versions[d.part].stamp_us);
    if (winning == kMinusInfinity) winning = in_.context.run.now.time_since_epoch().count();
    const bool instant = table.columns[*table.stamp].type.kind == TypeKind::kTimestampTz;
    d.cells[*table.stamp] =
        instant ? Value::instant(winning) : Value::timestamp(to_local(table.stamp_zone, winning));
    d.set[*table.stamp] = true;
    columns.push_back(*table.stamp);
    std::sort(columns.begin(), columns.end());
  }

  void emit(const Draft& d, WriteKind kind, std::vector<std::uint32_t> columns,
            std::vector<Value> values, bool needs_previous) {
    const TableShape& table = shape(d);
    RowWrite w;
    w.endpoint = entity_.endpoint(d.part, kind_);
    w.shape = &table;
    w.kind = kind;
    w.guard = in_.image.versions[d.part];
    w.instance = in_.instance;
    w.needs_previous = needs_previous;
    w.columns = std::move(columns);
    w.cells = std::move(values);
    w.effect.kind = kind_;
    w.effect.generation = in_.generation;
    w.effect.part = d.part;
    w.effect.write = kind;
    w.effect.creates_link = in_.link == nullptr;
    w.effect.unverified = kind != WriteKind::kRemove && (table.rewrites || table.after_effects) &&
                          !planted(Plant::kNoReadBack);
    w.effect.liveness = d.liveness;
    // Of a removed row its own: a restore may bring it back, and then it is told from a new one.
    w.effect.user_stamp_us = kind == WriteKind::kRemove
                                 ? in_.image.versions[d.part].stamp_us
                                 : effective_stamp(in_.link, d.part, in_.image.versions[d.part]);
    w.effect.match = in_.match;
    w.effect.fields = d.fields;
    out_.writes.push_back(std::move(w));
  }

  const ComposeInput& in_;
  const EntityPlan& entity_;
  Side side_;
  std::uint16_t kind_;
  Composed& out_;
  std::vector<Draft> drafts_;
  std::vector<std::uint32_t> open_;
};

}  // namespace

std::int64_t effective_stamp(const LinkRecord* link, std::uint32_t part,
                             const RowVersion& version) {
  if (link != nullptr && link->parts[part].own_write && link->parts[part].version == version &&
      !planted(Plant::kOwnStampCounts)) {
    return link->parts[part].user_stamp_us;
  }
  return version.stamp_us;
}

Composed compose(const ComposeInput& input) {
  Composed out;
  if (input.decision.writes_platform) SideComposer(input, Side::kPlatform, out).run();
  if (out.misfit || out.waits || out.part_missing) return out;
  if (input.decision.writes_legacy) SideComposer(input, Side::kLegacy, out).run();
  if (out.misfit || out.waits || out.part_missing) out.writes.clear();
  return out;
}

}  // namespace atlas
