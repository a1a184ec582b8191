// `conflicts undo`: the value that had lost is written to its own side, as if a user had entered it
// there once more. From there it flows like any edit, so whatever comes between is a conflict like
// any other. The undo is an open conflict until its value stands on that side.

#include "flow/page.h"
#include "model/value_bytes.h"

#include <algorithm>

namespace atlas {
namespace {

Side side_of(const Conflict& undo) {
  return undo.resolved_by == "legacy" ? Side::kLegacy : Side::kPlatform;
}

const std::string& mid_of(const Conflict& conflict, Side side) {
  return side == Side::kLegacy ? conflict.legacy_mid : conflict.platform_mid;
}

}  // namespace

void Page::close_undo(Item& item, const Conflict& undo, std::string winner, std::string remark) {
  item.closed.push_back({undo.instance, undo.field, std::move(winner), std::move(remark)});
}

// A reference that is written again names a parent that neither row names now.
Result<> Page::parents_of_undos() {
  std::vector<Mapper::ParentKey> wanted;
  for (const Conflict& undo : open_conflicts_) {
    if (undo.undoes == 0) continue;
    for (std::uint32_t f = 0; f < entity_.fields.size(); ++f) {
      const FieldPlan& field = entity_.fields[f];
      if (field.name != undo.field || !field.ref) continue;
      const auto mid = value_of_bytes(mid_of(undo, side_of(undo)), images_->arena());
      if (mid && !mid->is_null())
        wanted.push_back({f, field.ref->parent, Side::kLegacy, field.ref->parent_kind,
                          Key(mid->as_text().substr(1))});
    }
  }
  return images_->resolve_parents(std::move(wanted));
}

// What becomes of the undos of the item's fields, after its own fields are decided.
void Page::take_back(Item& item, std::span<const FieldView> fields) {
  for (const Conflict& undo : open_conflicts_) {
    if (undo.undoes == 0 || undo.instance != item.id) continue;
    const auto field = std::find_if(entity_.fields.begin(), entity_.fields.end(),
                                    [&](const FieldPlan& plan) { return plan.name == undo.field; });
    const Side side = side_of(undo);
    const auto wanted = value_of_bytes(mid_of(undo, side), images_->arena());
    const auto given = value_of_bytes(mid_of(undo, other(side)), images_->arena());
    if (field == entity_.fields.end() || !wanted || !given) {
      close_undo(item, undo, "", "; not undone: the mapping has no such field any more");
      continue;
    }
    const auto f = static_cast<std::uint32_t>(field - entity_.fields.begin());
    const FieldView& now = fields[f];
    const FieldHash here = side == Side::kLegacy ? now.legacy : now.platform;
    const FieldHash there = side == Side::kLegacy ? now.platform : now.legacy;
    const FieldHash winner = c_.run.hasher.of(*given);
    if (item.decision.what != Case::kFields) {
      close_undo(item, undo, "", "; not undone: the pair is not alive on both sides");
    } else if (here == c_.run.hasher.of(*wanted)) {
      close_undo(item, undo, std::string(side_name(side)), "");
    } else if (here != winner || there != winner || now.base != winner) {
      close_undo(item, undo, "", "; not undone: the field was edited since");
    } else if (item.undo == nullptr && !item.decision.writes_legacy &&
               !item.decision.writes_platform) {
      item.undo = &undo;
      Mids& source = side == Side::kLegacy ? image(item).platform : image(item).legacy;
      source.values[f] = *wanted;
      item.decision.fields[f].action =
          side == Side::kLegacy ? FieldAction::kToLegacy : FieldAction::kToPlatform;
      (side == Side::kLegacy ? item.decision.writes_legacy : item.decision.writes_platform) = true;
    } else {
      item.undo_waits = true;  // other fields go first
    }
  }
}

// The write of an undo is a user's edit: it moves no base, and its version is no echo.
void Page::compose_undo(Item& item, Composed& made) {
  const bool fits = !made.misfit && !made.part_missing && made.missing.empty() &&
                    made.settled.empty() && made.writes.size() == 1;
  if (!fits) {
    const char* why = made.missing.empty() ? "; not undone: the side cannot hold the value"
                                           : "; not undone: the row it refers to is not linked";
    close_undo(item, *item.undo, "", why);
    item.undo = nullptr;
    made = Composed();
    return;
  }
  made.writes.front().effect.fields.clear();
  made.writes.front().effect.unverified = true;
}

}  // namespace atlas
