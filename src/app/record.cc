#include "app/record.h"

#include "app/instance_key.h"
#include "app/instance_search.h"
#include "app/pending_text.h"
#include "model/key.h"
#include "model/text_form.h"
#include "verify/images.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas::app {
namespace {

class Description {
 public:
  Description(const Bridge& bridge, OpenState& state, const EntityPlan& entity)
      : bridge_(bridge),
        state_(state),
        entity_(entity),
        search_(bridge, state, entity),
        mapper_(search_.mapper()) {}

  Result<Record> run(const std::string& text) {
    ATLAS_TRY(const Lead lead, search_.choose(text));
    ImageSet images = search_.images();
    ATLAS_OK(search_.read(images, lead));
    return describe(images, lead);
  }

 private:
  Result<Record> describe(ImageSet& images, const Lead& lead) {
    Image& image = images.images[0];
    Record record;
    record.entity = entity_.name;
    if (!lead.legacy_key.empty()) {
      record.legacy_key = instance_text(entity_, {Side::kLegacy, image.kind, lead.legacy_key});
    }
    if (!lead.platform_key.empty()) record.platform_key = key_text(lead.platform_key);
    record.linked = lead.link.has_value();
    if (lead.link) {
      record.dead = lead.link->dead;
      record.generation = lead.link->generation;
      record.batch = lead.link->batch.value;
      const std::vector<InstanceKey> names{{Side::kLegacy, lead.kind, lead.legacy_key}};
      ATLAS_TRY(record.conflicts,
                state_.store->open_conflicts_of(state_.tenant.id, search_.ref(), names));
    }
    record.pending = lead.pending;
    for (std::uint32_t part = 0; part < image.rows.rows.size(); ++part) {
      if (part > 0 && image.kind_known &&
          entity_.parts[part - 1].presence[image.kind] == Presence::kAbsent)
        continue;
      record.parts.push_back(describe_part(image, lead, part));
    }
    if (image.kind_known && !image.oversized()) describe_fields(images, lead, record);
    record.summary = summarize(entity_, record, image);
    return record;
  }

  static bool marked_strangely(const Image& image, Side side, std::uint32_t part) {
    return part <= 1 && image.misfit && image.misfit_side == side &&
           image.misfit->field == Misfit::kDeleteMark;
  }

  RecordPart describe_part(const Image& image, const Lead& lead, std::uint32_t part) const {
    const TableShape& shape = entity_.shape(part, image.kind);
    const Side side = part == 0 ? Side::kLegacy : Side::kPlatform;
    RecordPart out;
    out.name = fmt::format("{} {}", side_name(side), entity_.source(part, image.kind));
    const Key& key = part == 0 ? lead.legacy_key : lead.platform_key;
    out.key = key.empty() ? "-" : key_text(key);
    const std::span<const Value> row = image.rows.rows[part];
    if (row.empty()) {
      out.existence = "absent";
      return out;
    }
    // Of an unread row nothing but its key is known: neither its scope nor its mark.
    out.existence = image.oversized(part)                 ? "exceeds limits.row_bytes"
                    : !Mapper::in_scope(shape, row)       ? "out of scope"
                    : marked_strangely(image, side, part) ? "present, its delete mark unreadable"
                    : part <= 1 && mapper_.dead(side, image.rows) ? "deleted"
                                                                  : "present";
    const RowVersion& version = image.versions[part];
    out.version = fmt::format("{:x}", version.token);
    if (version.stamp_us != kMinusInfinity)
      out.stamp = value_text(Value::instant(version.stamp_us));
    if (lead.link && part < lead.link->parts.size()) {
      const PartState& known = lead.link->parts[part];
      out.version += known.version == version
                         ? (known.own_write ? ", our own write" : ", as decided")
                         : ", not decided yet";
    }
    return out;
  }

  std::string text_of(const FieldPlan& field, const Value& mid) const {
    if (mid.is_null()) return "null";
    if (!field.ref) return value_text(mid);
    // A reference's mid value is a mark and the parent's encoded key.
    const EntityPlan& parent = bridge_.plan().entities[field.ref->parent.value];
    return parent.name + " " + key_text(mid.as_text().substr(1));
  }

  // Cells that cannot be mapped are shown as they are.
  std::string cells_of(const FieldPlan& field, Side side, const Image& image) const {
    std::string out;
    const auto add = [&](std::uint32_t part, std::uint32_t column) {
      const std::span<const Value> row = image.rows.rows[part];
      out += (out.empty() ? "" : ", ") + (row.empty() ? std::string("-") : value_text(row[column]));
    };
    if (side == Side::kLegacy) {
      for (const std::uint32_t column : field.legacy_by_kind[image.kind]) add(0, column);
    } else {
      for (const CellRef& cell : field.platform) add(cell.part, cell.column);
    }
    return out;
  }

  void describe_fields(ImageSet& images, const Lead& lead, Record& record) {
    const Image& image = images.images[0];
    std::array<Mids, 2> mids;
    std::array<std::optional<Misfit>, 2> misfits;
    for (const Side side : {Side::kLegacy, Side::kPlatform}) {
      Mids& out = mids[index(side)];
      out.values.assign(entity_.fields.size(), Value::null());
      out.hashes.assign(entity_.fields.size(), kNoBase);
      if (image.rows.rows[side == Side::kLegacy ? 0 : 1].empty()) continue;
      misfits[index(side)] = mapper_.read(side, image.rows, images.refs(), images.arena(), out);
    }
    for (std::uint32_t f = 0; f < entity_.fields.size(); ++f) {
      const FieldPlan& field = entity_.fields[f];
      if (((field.kinds >> image.kind) & 1U) == 0) continue;
      RecordField out;
      out.name = field.name;
      for (const Side side : {Side::kLegacy, Side::kPlatform}) {
        const bool there = !image.rows.rows[side == Side::kLegacy ? 0 : 1].empty();
        const std::optional<Misfit>& misfit = misfits[index(side)];
        std::string& text = side == Side::kLegacy ? out.legacy : out.platform;
        auto& unfit = side == Side::kLegacy ? out.misfit_legacy : out.misfit_platform;
        // After a misfit the later fields of that side were not read.
        const bool read = there && (!misfit || f < misfit->field);
        if (read) text = text_of(field, mids[index(side)].values[f]);
        if (there && !read) text = cells_of(field, side, image);
        if (there && misfit && misfit->field == f) unfit = misfit->reason;
      }
      const bool unread =
          (misfits[0] && f >= misfits[0]->field) || (misfits[1] && f >= misfits[1]->field);
      out.standing = standing_of(out, unread, mids[0].hashes[f], mids[1].hashes[f],
                                 lead.link ? lead.link->bases[f] : kNoBase);
      record.fields.push_back(std::move(out));
    }
  }

  static std::string standing_of(const RecordField& field, bool unread, FieldHash legacy,
                                 FieldHash platform, FieldHash base) {
    if (field.misfit_legacy) return "legacy cannot be mapped: " + *field.misfit_legacy;
    if (field.misfit_platform) return "platform cannot be mapped: " + *field.misfit_platform;
    if (unread) return "not compared: another field cannot be mapped";
    if (legacy == kNoBase || platform == kNoBase) return "on one side only";
    if (legacy == platform) return base == legacy ? "agreed" : "equal, not yet recorded";
    if (base == kNoBase) return "different, never agreed";
    if (base == platform) return "legacy edited";
    if (base == legacy) return "platform edited";
    return "both edited";
  }

  // Of a living pair: where there is no row any more.
  static std::string gone_text(const Image& image) {
    const bool legacy = image.rows.rows[0].empty();
    const bool platform = image.rows.rows[1].empty();
    if (!legacy && !platform) return {};
    return fmt::format(
        "the row is gone on {}: the next look at all rows (`atlas-bridge reconcile`) decides it",
        legacy && platform ? "both sides" : side_name(legacy ? Side::kLegacy : Side::kPlatform));
  }

  static std::string summarize(const EntityPlan& entity, const Record& record, const Image& image) {
    if (record.pending) {
      std::string out = std::string(pending_state_name(record.pending->state));
      if (record.pending->code != 0)
        out += " " + code_text(static_cast<Code>(record.pending->code));
      return out + " " + why_text(*record.pending);
    }
    if (image.oversized()) return image.oversize_text(entity);
    if (!record.conflicts.empty())
      return "a conflict waits for a person: see `atlas-bridge conflicts list`";
    const bool scoped = std::ranges::none_of(
        record.parts, [](const RecordPart& p) { return p.existence == "out of scope"; });
    if (!scoped) return "out of scope: another customer's, or not ours";
    if (!record.linked) return "no link: the next run decides it";
    if (record.dead) return "deleted on both sides";
    if (const std::string gone = gone_text(image); !gone.empty()) return gone;
    const bool agreed = std::ranges::all_of(record.fields, [](const RecordField& f) {
      return f.standing == "agreed" || f.standing == "on one side only";
    });
    return agreed ? "both sides agree" : "edited since the last run: the next run decides it";
  }

  const Bridge& bridge_;
  OpenState& state_;
  const EntityPlan& entity_;
  InstanceSearch search_;
  const Mapper& mapper_;
};

}  // namespace

Result<Record> look_up_record(const Bridge& bridge, OpenState& state, const EntityPlan& entity,
                              const std::string& key) {
  return Description(bridge, state, entity).run(key);
}

}  // namespace atlas::app
