#include "app/trace.h"

#include "app/instance_key.h"
#include "app/instance_search.h"
#include "mapping/document.h"
#include "mapping/field_cells.h"
#include "model/key.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas::app {
namespace {

constexpr std::array kSides = {Side::kLegacy, Side::kPlatform};

// The cells of one kind's rows whose values are not shown: those of columns that the mapping notes
// as private, and whatever a field carries them to.
class HiddenCells {
 public:
  HiddenCells(const EntityDecl& decl, const EntityPlan& entity, std::uint16_t kind) {
    for (const FieldPlan& field : entity.fields) {
      if (!applies_to(field, kind)) continue;
      std::vector<CellRef> cells = field_cells(field, Side::kLegacy, kind);
      cells.insert(cells.end(), field.platform.begin(), field.platform.end());
      if (std::ranges::any_of(
              cells, [&](const CellRef& cell) { return is_private(decl, entity, kind, cell); }))
        cells_.insert(cells_.end(), cells.begin(), cells.end());
    }
  }

  bool has(const CellRef& cell) const { return std::ranges::find(cells_, cell) != cells_.end(); }

 private:
  static bool is_private(const EntityDecl& decl, const EntityPlan& entity, std::uint16_t kind,
                         const CellRef& cell) {
    const Side side = cell.part == 0 ? Side::kLegacy : Side::kPlatform;
    const std::string& name = entity.shape(cell.part, kind).columns[cell.column].name;
    return std::ranges::any_of(decl.notes[index(side)], [&](const NoteDecl& note) {
      return note.kind == NoteKind::kPrivate && note.column.column == name &&
             (note.column.qualifier.empty() ||
              note.column.qualifier == entity.source(cell.part, kind));
    });
  }

  std::vector<CellRef> cells_;
};

std::optional<std::string> shown(std::optional<std::string> text, bool masked) {
  return masked && text ? std::optional<std::string>(kMasked) : std::move(text);
}

// The fields of one image.
class Tracer {
 public:
  Tracer(const Plan& plan, const Mapper& mapper, ImageSet& images, const HiddenCells& hidden,
         const std::optional<LinkRecord>& link)
      : plan_(plan),
        mapper_(mapper),
        entity_(mapper.entity()),
        images_(images),
        image_(images.images[0]),
        hidden_(hidden),
        link_(link) {
    for (const Side side : kSides) {
      Mids& mids = mids_[index(side)];
      mids.values.assign(entity_.fields.size(), Value::null());
      mids.hashes.assign(entity_.fields.size(), kNoBase);
      if (!image_.rows.rows[side == Side::kLegacy ? 0 : 1].empty())
        misfits_[index(side)] =
            mapper_.read(side, image_.rows, images_.refs(), images_.arena(), mids);
    }
  }

  TraceField field(std::uint32_t f) {
    const FieldPlan& field = entity_.fields[f];
    TraceField out;
    out.name = field.name;
    out.line = field.line;
    out.operation = field.ref ? "reference" : std::string(field.lens->name());
    for (const Side side : kSides) {
      for (const CellRef& cell : field_cells(field, side, image_.kind))
        out.masked |= hidden_.has(cell);
    }
    for (const Side side : kSides) read(f, side, out);
    for (const Side side : kSides) write(f, side, out);
    const FieldHash legacy = mids_[0].hashes[f];
    const FieldHash platform = mids_[1].hashes[f];
    if (legacy != kNoBase && platform != kNoBase) out.equal = legacy == platform;
    out.base = base_text(legacy, platform, link_ ? link_->bases[f] : kNoBase);
    return out;
  }

 private:
  std::vector<Value> cells_of(const FieldPlan& field, Side side, bool& there) const {
    std::vector<Value> out;
    for (const CellRef& cell : field_cells(field, side, image_.kind)) {
      const std::span<const Value> row = image_.rows.rows[cell.part];
      there = there && !row.empty();
      out.push_back(row.empty() ? Value::null() : row[cell.column]);
    }
    return out;
  }

  std::vector<CellText> texts(const FieldPlan& field, Side side, std::span<const Value> values,
                              bool mask_all) const {
    std::vector<CellText> out;
    for (const CellRef& cell : field_cells(field, side, image_.kind)) {
      out.emplace_back(cell_name(entity_, image_.kind, cell),
                       shown(text_of(values[out.size()]), mask_all || hidden_.has(cell)));
    }
    return out;
  }

  std::optional<std::string> mid_text(const FieldPlan& field, const Value& mid) const {
    if (!field.ref || mid.is_null()) return text_of(mid);
    // A mark and the parent's encoded key.
    return plan_.entities[field.ref->parent.value].name + " " + key_text(mid.as_text().substr(1));
  }

  std::string misfit_text(std::uint32_t f, Side side, std::span<const Value> cells) const {
    const std::optional<Misfit>& first = misfits_[index(side)];
    if (first && first->field == f) return first->reason;
    const FieldPlan& field = entity_.fields[f];
    Value mid;
    const Fit fit = field.ref ? Fit{"the reference cannot be followed"}
                              : mid_of(field, side, cells, images_.arena(), mid);
    return fit.ok() ? "" : fit.reason;
  }

  void read(std::uint32_t f, Side side, TraceField& out) const {
    const FieldPlan& field = entity_.fields[f];
    TraceSide& here = out.sides[index(side)];
    here.there = true;
    const std::vector<Value> cells = cells_of(field, side, here.there);
    if (here.there) here.cells = texts(field, side, cells, false);
    here.fits = mids_[index(side)].hashes[f] != kNoBase;
    if (here.fits) {
      here.mid = shown(mid_text(field, mids_[index(side)].values[f]), out.masked);
    } else if (here.there) {
      here.misfit = misfit_text(f, side, cells);
    }
  }

  // What the other side's value becomes on `side`.
  void write(std::uint32_t f, Side side, TraceField& out) const {
    const FieldPlan& field = entity_.fields[f];
    TraceSide& here = out.sides[index(side)];
    const bool flows = field.direction == Direction::kBoth ||
                       (field.direction == Direction::kToPlatform) == (side == Side::kPlatform);
    if (!flows || !out.sides[index(other(side))].fits) return;
    bool present = true;
    std::vector<Value> cells = cells_of(field, side, present);
    const std::vector<Value> before = cells;
    const Value& mid = mids_[index(other(side))].values[f];
    const Mapper::Written done =
        mapper_.write(side, f, image_.kind, mid, present, images_.refs(), images_.arena(), cells);
    if (done.misfit) {
      here.outcome = "refused";
      here.refusal = done.misfit->reason;
      return;
    }
    if (done.missing) {
      here.refusal = fmt::format("{} has no link for the parent {}",
                                 plan_.entities[done.missing->parent.value].name,
                                 out.masked ? kMasked : key_text(done.missing->key));
      here.outcome = done.deferred ? "null until its parent comes" : "waits for its parent";
      if (!done.deferred) return;
    } else if (!present) {
      here.outcome = "created";
    } else {
      here.outcome = cells == before ? "kept" : "changed";
    }
    here.written = texts(field, side, cells, out.masked);
  }

  static std::string base_text(FieldHash legacy, FieldHash platform, FieldHash base) {
    if (legacy == kNoBase || platform == kNoBase) return "unknown";
    if (base == kNoBase) return "none";
    if (legacy == base && platform == base) return "agreed";
    if (platform == base) return "legacy edited";
    if (legacy == base) return "platform edited";
    return legacy == platform ? "both edited alike" : "both edited";
  }

  const Plan& plan_;
  const Mapper& mapper_;
  const EntityPlan& entity_;
  ImageSet& images_;
  const Image& image_;
  const HiddenCells& hidden_;
  const std::optional<LinkRecord>& link_;
  std::array<Mids, 2> mids_;
  std::array<std::optional<Misfit>, 2> misfits_;
};

}  // namespace

Result<Trace> trace_instance(const Bridge& bridge, OpenState& state, const EntityPlan& entity,
                             const std::string& key, const std::string& kind) {
  InstanceSearch search(bridge, state, entity);
  ATLAS_TRY(const Lead lead, search.choose(key, kind));
  ImageSet images = search.images();
  ATLAS_OK(search.read(images, lead));
  const Image& image = images.images[0];
  Trace out;
  out.entity = entity.name;
  if (image.kind_known) out.kind = entity.kinds[image.kind].name;
  if (!lead.legacy_key.empty())
    out.legacy_key = instance_text(entity, {Side::kLegacy, image.kind, lead.legacy_key});
  if (!lead.platform_key.empty()) out.platform_key = key_text(lead.platform_key);
  out.linked = lead.link.has_value();
  out.dead = lead.link && lead.link->dead;
  if (!image.kind_known) {
    out.note = "the row is of no kind that the mapping knows";
    return out;
  }
  if (image.oversized()) {
    out.note = image.oversize_text(entity);
    return out;
  }
  const HiddenCells hidden(*bridge.mapping().document->entity(entity.name), entity, image.kind);
  Tracer tracer(bridge.plan(), search.mapper(), images, hidden, lead.link);
  for (std::uint32_t f = 0; f < entity.fields.size(); ++f) {
    if (applies_to(entity.fields[f], image.kind)) out.fields.push_back(tracer.field(f));
  }
  return out;
}

}  // namespace atlas::app
