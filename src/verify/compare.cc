#include "verify/compare.h"

#include <fmt/format.h>

namespace atlas {
namespace {

bool dead(Liveness l) { return l == Liveness::kAbsent || l == Liveness::kDead; }

std::string_view word(Liveness l) {
  switch (l) {
    case Liveness::kAbsent:
      return "absent";
    case Liveness::kDead:
      return "deleted";
    case Liveness::kAlive:
      return "alive";
    case Liveness::kOutOfScope:
      return "out of scope";
  }
  return "?";
}

// Only the target of a one-way field moved away from what was delivered.
bool drifted(const FieldPlan& field, FieldHash legacy, FieldHash platform, FieldHash base) {
  if (field.direction == Direction::kBoth || field.enforce) return false;
  const bool to_platform = field.direction == Direction::kToPlatform;
  const FieldHash source = to_platform ? legacy : platform;
  const FieldHash target = to_platform ? platform : legacy;
  return source == kNoBase || (source == base && target != kNoBase);
}

void compare_fields(const EntityPlan& entity, const LinkRecord& link, const Image& image,
                    Comparison& out) {
  bool drift = false;
  for (std::uint32_t f = 0; f < entity.fields.size(); ++f) {
    if (!applies(entity.fields[f], image.kind)) continue;
    const FieldHash legacy = image.legacy.hashes[f];
    const FieldHash platform = image.platform.hashes[f];
    if (legacy == platform) continue;
    if (drifted(entity.fields[f], legacy, platform, link.bases[f])) {
      drift = true;
    } else {
      out.fields.push_back(f);
    }
  }
  if (!out.fields.empty()) {
    const std::uint32_t f = out.fields.front();
    const bool missing = image.legacy.hashes[f] == kNoBase || image.platform.hashes[f] == kNoBase;
    out.likeness = Likeness::kDifferent;
    out.reason = missing ? "a part of the row is missing" : "the values differ";
  } else if (drift) {
    out.likeness = Likeness::kDrift;
    out.reason = "the target of a one-way field was changed";
  }
}

Comparison different(std::string reason) { return {Likeness::kDifferent, {}, std::move(reason)}; }

}  // namespace

bool applies(const FieldPlan& field, std::uint16_t kind) {
  return ((field.kinds >> kind) & 1U) != 0;
}

Liveness liveness(const Mapper& mapper, const Image& image, Side side) {
  const std::uint32_t root = side == Side::kLegacy ? 0 : 1;
  const auto row = image.rows.rows[root];
  if (row.empty()) return Liveness::kAbsent;
  const TableShape& shape = mapper.entity().shape(root, image.kind);
  if (!Mapper::in_scope(shape, row)) return Liveness::kOutOfScope;
  return mapper.dead(side, image.rows) ? Liveness::kDead : Liveness::kAlive;
}

Comparison compare(const Mapper& mapper, const LinkRecord& link, const Image& image) {
  const EntityPlan& entity = mapper.entity();
  const Liveness legacy = liveness(mapper, image, Side::kLegacy);
  const Liveness platform = liveness(mapper, image, Side::kPlatform);
  if (image.oversized()) return different("a row is too large to be read");
  if (legacy == Liveness::kOutOfScope || platform == Liveness::kOutOfScope) {
    return {Likeness::kFiltered, {}, "out of scope"};
  }
  const bool kinds_matter = entity.kinds.size() > 1 || !entity.kinds.front().when.empty();
  if (kinds_matter && platform != Liveness::kAbsent &&
      mapper.kind_of(image.rows.rows) != image.kind) {
    return different("the platform row is of another kind");
  }
  if (dead(legacy) != dead(platform)) {
    // `delete: none`: the other side's deletes are not carried over to this one.
    const Side alive = dead(legacy) ? Side::kPlatform : Side::kLegacy;
    if (entity.liveness[index(alive)].kind == DeleteKind::kNone) {
      return {Likeness::kFiltered, {}, "deletes are not carried over"};
    }
    return different(fmt::format("{} on legacy, {} on platform", word(legacy), word(platform)));
  }
  if (image.misfit) {
    Comparison out =
        different(fmt::format("{}: {}", side_name(image.misfit_side), image.misfit->reason));
    if (image.misfit->field != Misfit::kDeleteMark) out.fields.push_back(image.misfit->field);
    return out;
  }
  Comparison out;
  const bool soft =
      entity.liveness[0].kind == DeleteKind::kSoft && entity.liveness[1].kind == DeleteKind::kSoft;
  const bool both_there = legacy != Liveness::kAbsent && platform != Liveness::kAbsent;
  // Fields of a dead instance flow only where both sides keep its row (E14).
  if (!dead(legacy) || (soft && both_there)) compare_fields(entity, link, image, out);
  return out;
}

}  // namespace atlas
