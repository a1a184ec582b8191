// `repair --rewound`: one side was restored from an older backup. Its rows are old, not edited;
// what the other side holds is delivered again (ENGINE E9). Or the state was: then rows are newer
// than their links, and pairs have none.

#include "flow/page.h"
#include "foundation/planted.h"

#include <algorithm>

namespace atlas {

// Whether users wrote the part after what the link remembers of it; of a row that was removed it
// remembers the stamp.
bool Page::written_since(const Item& item, std::uint32_t part) const {
  const PartState& known = links_[static_cast<std::size_t>(item.link)].parts[part];
  const Image& view = image(item);
  return !view.rows.rows[part].empty() &&
         view.versions[part].stamp_us >
             (known.exists == Existence::kGone ? known.user_stamp_us : known.version.stamp_us);
}

// A row that the restore brought back: its pair was dead already.
bool Page::brought_back(const Item& item, Side rewound) const {
  const LinkRecord& link = links_[static_cast<std::size_t>(item.link)];
  return link.dead && presentation(item, rewound) == Presentation::kAlive &&
         !written_since(item, rewound == Side::kLegacy ? 0 : 1);
}

// Makes the rewound side's row the base, as far as users have not written it since: then it is the
// other side that differs, and its values flow. It is confirmed with the link whatever becomes of
// the writes, so that a later run does not take the old row for an edit.
void Page::rebase(Item& item, Side rewound) {
  if (planted(Plant::kRestoredRowsAreEdits)) return;
  const LinkRecord& link = links_[static_cast<std::size_t>(item.link)];
  LinkRecord& next = next_[static_cast<std::size_t>(item.next)];
  const Image& view = image(item);
  const std::uint32_t root = rewound == Side::kLegacy ? 0 : 1;
  const Presentation here = presentation(item, rewound);
  const Presentation there = presentation(item, other(rewound));
  if (brought_back(item, rewound)) {
    // The other side's death is a delete again, which goes the way of all deletes: not now.
    if (there == Presentation::kDead || there == Presentation::kAbsent) next.dead = false;
  } else if (!link.dead && there == Presentation::kAlive &&
             (here == Presentation::kAbsent ||
              (here == Presentation::kDead && !written_since(item, root)))) {
    next.dead = true;  // so the one that lives revives it
  }
  const Mids& mids = rewound == Side::kLegacy ? view.legacy : view.platform;
  for (std::uint32_t f = 0; f < entity_.fields.size(); ++f) {
    const FieldHash old = mids.hashes[f];
    if (old == kNoBase || next.bases[f] == kNoBase || old == next.bases[f]) continue;
    const std::vector<CellRef>& cells = entity_.fields[f].platform;
    const bool edited = rewound == Side::kLegacy
                            ? written_since(item, 0)
                            : std::any_of(cells.begin(), cells.end(), [&](const CellRef& cell) {
                                return written_since(item, cell.part);
                              });
    if (!edited) next.bases[f] = old;
  }
  // A key that the restore set free may have been given to another row meanwhile.
  const bool taken =
      entity_.has_match && link.match != kNoBase && written_since(item, root) &&
      c_.mapper.match(mids) != link.match &&
      c_.mapper.match(rewound == Side::kLegacy ? view.platform : view.legacy) == link.match;
  if (!taken) return;
  std::fill(next.bases.begin(), next.bases.end(), kNoBase);
  quarantine(item, Code::kKeyTaken,
             "another row may stand at the key of one that was lost with the restore");
  item.park->retry_at = c_.run.now + std::chrono::days(365);  // until one of them changes
}

// The key that we would have minted for a row's counterpart names it for certain, if it is there.
void Page::seek_minted(Image& image, const InstanceKey& instance) {
  if (!c_.run.sweep.state_rewound || !image.kind_known) return;
  const bool legacy = instance.side == Side::kLegacy;
  if ((legacy ? entity_.platform_key : entity_.legacy_key) != KeyOrigin::kUuid5) return;
  const std::string& table = legacy ? entity_.kinds[image.kind].name : std::string("platform");
  const Value key = Value::uuid(mint_uuid(c_.run.tenant.uuid, entity_.name, table, instance.key, 0),
                                images_->arena());
  (legacy ? image.platform_key : image.legacy_key) = encode_key({&key, 1}, images_->arena());
}

// What tells two rows without a link to be one instance: `match`, or all that both sides hold of
// it. A deferred reference may lead to a row that has no link yet either.
FieldHash Page::content_match(const Item& item) const {
  if (item.match != kNoBase) return item.match;
  const Image& view = image(item);
  const Mids& mids = item.decision.what == Case::kCreatePlatform ? view.legacy : view.platform;
  std::string bytes;
  for (std::size_t f = 0; f < entity_.fields.size(); ++f) {
    const FieldPlan& field = entity_.fields[f];
    const bool deferred = field.ref && field.ref->defer;
    if (field.direction != Direction::kBoth || deferred || mids.hashes[f] == kNoBase) continue;
    bytes.append(reinterpret_cast<const char*>(&mids.hashes[f]), sizeof(FieldHash));
  }
  return c_.run.hasher.of_bytes(bytes);
}

// Not taken for new until a person says so, whatever becomes of it; but a match found later pairs
// it.
bool Page::rests_as_lost(Item& item) {
  if (item.pending == nullptr || item.forced ||
      item.pending->code != static_cast<std::uint16_t>(Code::kLostPair))
    return false;
  item.outcome = Outcome::kQuarantined;
  item.park = *item.pending;
  item.candidate = entity_.has_match && item.match != kNoBase;
  return true;
}

// Of a row that users have written since the restore nobody can tell which fields they edited and
// which are merely old: all of them flow. What that writes over may be an edit of the lost hour,
// and is kept in the ledger.
void Page::report_overwritten(Item& item, Side rewound) {
  const FieldAction outward =
      rewound == Side::kLegacy ? FieldAction::kToPlatform : FieldAction::kToLegacy;
  const Image& view = image(item);
  const Mids& healthy = rewound == Side::kLegacy ? view.platform : view.legacy;
  for (std::uint32_t f = 0; f < item.decision.fields.size(); ++f) {
    FieldAnswer& answer = item.decision.fields[f];
    if (answer.action != outward || answer.conflict != ConflictReason::kNone) continue;
    if (healthy.hashes[f] == kNoBase) continue;
    answer.conflict = ConflictReason::kNewest;
    answer.winner = rewound;
  }
}

}  // namespace atlas
