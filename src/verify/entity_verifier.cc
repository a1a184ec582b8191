#include "verify/entity_verifier.h"

#include "model/key.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace atlas {
namespace {

KeyView key_on(Side side, const LinkRecord& link) {
  return side == Side::kLegacy ? link.legacy_key : link.platform_key;
}

}  // namespace

EntityVerifier::EntityVerifier(const VerifyScene& scene, const EntityPlan& entity)
    : in_(scene),
      entity_(entity),
      ref_(scene.entities[entity.index.value]),
      mapper_(entity, scene.hasher),
      buckets_(mapper_, scene.hasher, scene.options.buckets),
      page_size_(scene.options.page_rows) {
  out_.entity = entity.name;
}

EntityVerdict EntityVerifier::run() {
  auto done = walk();
  if (!done) {
    out_.error = std::move(done).error();
    in_.connections.forget();
  }
  out_.complete = done.has_value() && !stopped_;
  const VerifyCounts& counts = out_.counts;
  if (counts[Standing::kDifferent] + counts[Standing::kUnlinkedLegacy] +
          counts[Standing::kUnlinkedPlatform] >
      0) {
    out_.verdict = Verdict::kDifferent;
  } else if (out_.complete && captured_) {
    out_.verdict = Verdict::kEqual;
  }
  for (const auto standing :
       {Standing::kDifferent, Standing::kUnlinkedLegacy, Standing::kUnlinkedPlatform,
        Standing::kDrift, Standing::kKnown, Standing::kPending}) {
    auto& list = findings_[static_cast<std::size_t>(standing)];
    std::move(list.begin(), list.end(), std::back_inserter(out_.findings));
  }
  return std::move(out_);
}

// Each side in its own order with its links; then both sides of what their sums do not agree on.
Result<> EntityVerifier::walk() {
  ATLAS_OK(load_cursors());
  for (std::uint16_t kind = 0; kind < entity_.kinds.size(); ++kind)
    ATLAS_OK(sum_up(Side::kLegacy, kind));
  ATLAS_OK(sum_up(Side::kPlatform, 0));
  if (stopped_) return {};
  out_.counts.links = buckets_.equal_instances();
  out_.counts[Standing::kEqual] += out_.counts.links;
  if (buckets_.all_equal()) return {};
  for (std::uint16_t kind = 0; kind < entity_.kinds.size(); ++kind) ATLAS_OK(open_unequal(kind));
  return {};
}

bool EntityVerifier::stop() {
  if (!stopped_ && in_.ports.stop && in_.ports.stop()) stopped_ = true;
  return stopped_;
}

// Where capture stands before anything is read: a row it had passed by then was due to be agreed
// on.
Result<> EntityVerifier::load_cursors() {
  ATLAS_TRY(const std::vector<Cursor> stored, in_.state.cursors(in_.tenant, ref_));
  for (const Cursor& cursor : stored) cursors_.emplace(cursor.source, cursor);
  auto swept = [this](const std::string& source) {
    const auto it = cursors_.find(source);
    return it != cursors_.end() && it->second.swept;
  };
  captured_ = swept(entity_.source(1, 0));
  for (const KindPlan& kind : entity_.kinds) captured_ = captured_ && swept(kind.name);
  return {};
}

// Whether capture had passed this row version before we began, so that no scan brings it up
// again.
bool EntityVerifier::passed(std::uint32_t part, std::uint16_t kind, KeyView key,
                            const RowVersion& v) const {
  const auto it = cursors_.find(entity_.source(part, kind));
  if (it == cursors_.end()) return false;
  const Cursor& cursor = it->second;
  const TableShape& shape = entity_.shape(part, kind);
  if (!cursor.swept && (cursor.key.empty() || key > cursor.key)) return false;
  if (!shape.stamp || v.stamp_us == kMinusInfinity) return true;
  const bool naive = shape.columns[*shape.stamp].type.kind == TypeKind::kTimestamp;
  const std::int64_t native = naive ? to_local(shape.stamp_zone, v.stamp_us) : v.stamp_us;
  if (!cursor.swept) return native < cursor.sweep_floor;
  return cursor.has_stamp && native < cursor.stamp;
}

// --- links ------------------------------------------------------------------------------------

// Sums up what one side shows of all links, and finds its rows that no link names.
Result<> EntityVerifier::sum_up(Side side, std::uint16_t kind) {
  ATLAS_OK(count_unnamed(side, kind));
  RowKeys rows{side, kind, {}, {}, 0};
  Key after;
  while (!stop()) {
    ATLAS_TRY(const Links links,
              in_.state.scan_links(in_.tenant, ref_, side, kind, after, page_size_.rows()));
    if (!links.empty()) {
      after = Key(key_on(side, links[links.size() - 1]));
      ATLAS_OK(sum_up(side, links));
    }
    ATLAS_OK(pass_rows(rows, links));
    in_.observer.page_done(entity_.name, out_.counts);
    if (links.empty()) return {};
  }
  return {};
}

// Rows that no key leads to can have no link.
Result<> EntityVerifier::count_unnamed(Side side, std::uint16_t kind) {
  const std::uint32_t part = side == Side::kLegacy ? 0 : 1;
  ATLAS_TRY(Endpoint * endpoint, in_.connections.get(entity_.endpoint(part, kind)));
  ATLAS_TRY(auto snapshot, endpoint->snapshot());
  ATLAS_TRY(const std::int64_t rows, snapshot->unnamed(entity_.shape(part, kind)));
  if (rows == 0) return {};
  VerifyFinding finding;
  finding.standing =
      side == Side::kLegacy ? Standing::kUnlinkedLegacy : Standing::kUnlinkedPlatform;
  if (side == Side::kLegacy) finding.legacy_table = entity_.kinds[kind].name;
  finding.reason = fmt::format("{} of {} with a key that is null or binary: nothing leads to them",
                               rows, entity_.shape(part, kind).table.text());
  out_.counts.rows_unlinked += rows;
  out_.counts[finding.standing] += rows - 1;  // and one with the finding
  add(std::move(finding));
  return {};
}

Result<> EntityVerifier::sum_up(Side side, const Links& links) {
  ImageSet set = images();
  set.images.reserve(links.size());
  for (const LinkRecord& link : links) {
    Image image;
    image.kind = link.kind;
    (side == Side::kLegacy ? image.legacy_key : image.platform_key) = key_on(side, link);
    set.images.push_back(std::move(image));
  }
  ATLAS_OK(read_and_map(side, set));
  page_size_.learn(links.size(), 2 * set.bytes());  // this is one side of two
  for (std::size_t i = 0; i < links.size(); ++i)
    buckets_.add(side, links[i].platform_key, set.images[i]);
  if (side == Side::kPlatform) return {};
  out_.counts.links += static_cast<std::int64_t>(links.size());
  out_.counts.dead +=
      std::count_if(links.begin(), links.end(), [](const LinkRecord& link) { return link.dead; });
  return {};
}

// Passes the rows up to the last of these links, or the rest when there are none.
Result<> EntityVerifier::pass_rows(RowKeys& rows, const Links& links) {
  const std::uint32_t part = rows.side == Side::kLegacy ? 0 : 1;
  std::vector<Key> unlinked;
  std::size_t next = 0;
  while (!stop()) {
    if (rows.at == rows.page.keys.size()) {
      if (rows.page.end) break;
      ATLAS_TRY(Endpoint * endpoint, in_.connections.get(entity_.endpoint(part, rows.kind)));
      ATLAS_TRY(auto snapshot, endpoint->snapshot());
      ATLAS_TRY(rows.page,
                snapshot->keys(entity_.shape(part, rows.kind), rows.after, in_.options.page_rows));
      rows.at = 0;
      if (!rows.page.keys.empty()) rows.after = Key(rows.page.keys.back().key);
      continue;
    }
    const KeyView key = rows.page.keys[rows.at].key;
    // A stray has no link, and its place among the keys says nothing.
    const bool stray = has_stray(key);
    if (!stray && !links.empty() && key > key_on(rows.side, links[links.size() - 1])) break;
    while (!stray && next < links.size() && key_on(rows.side, links[next]) < key) ++next;
    if (stray || next == links.size() || key_on(rows.side, links[next]) != key)
      unlinked.emplace_back(key);
    ++rows.at;
    if (unlinked.size() < page_size_.rows()) continue;
    ATLAS_OK(judge_rows(rows.side, rows.kind, unlinked, false));
    unlinked.clear();
  }
  return judge_rows(rows.side, rows.kind, unlinked, false);
}

// Looks at both sides of the links in buckets whose sums differ.
Result<> EntityVerifier::open_unequal(std::uint16_t kind) {
  Key after;
  Links doubtful(ref_.parts, ref_.fields);
  while (!stop()) {
    ATLAS_TRY(const Links links, in_.state.scan_links(in_.tenant, ref_, Side::kLegacy, kind, after,
                                                      page_size_.rows()));
    for (const LinkRecord& link : links) {
      if (!buckets_.equal(link.platform_key)) (void)doubtful.add_copy(link);
    }
    if (doubtful.size() >= page_size_.rows() || (links.empty() && !doubtful.empty())) {
      ATLAS_OK(judge(doubtful));
      doubtful = Links(ref_.parts, ref_.fields);
      in_.observer.page_done(entity_.name, out_.counts);
    }
    if (links.empty()) return {};
    after = Key(links[links.size() - 1].legacy_key);
  }
  return {};
}

ImageSet EntityVerifier::images() {
  return {mapper_,      [this](EndpointIndex index) { return in_.connections.get(index); },
          in_.state,    in_.tenant,
          in_.entities, nullptr};
}

// All of a set's images on one side.
Result<> EntityVerifier::read_and_map(Side side, ImageSet& set) {
  std::vector<std::size_t> all(set.images.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  ATLAS_OK(side == Side::kLegacy ? set.read_legacy(all) : set.read_platform(all));
  ATLAS_OK(set.resolve(all));
  for (const std::size_t i : all) set.map(i);
  return {};
}

Result<EntityVerifier::Look> EntityVerifier::look(const Links& links) {
  Look out;
  out.images = std::make_unique<ImageSet>(images());
  for (const LinkRecord& link : links) {
    Image image;
    image.kind = link.kind;
    image.legacy_key = link.legacy_key;
    image.platform_key = link.platform_key;
    out.images->images.push_back(std::move(image));
  }
  std::vector<std::size_t> all(links.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  ATLAS_OK(out.images->read_platform(all));
  ATLAS_OK(out.images->read_legacy(all));
  ATLAS_OK(out.images->resolve(all));
  for (const std::size_t i : all) {
    out.images->map(i);
    out.answers.push_back(compare(mapper_, links[i], out.images->images[i]));
  }
  return out;
}

// Nothing will bring this difference up again: each row is the one decided last, or capture has
// passed it. A row that is gone is nothing that a stamp could tell.
bool EntityVerifier::settled(const LinkRecord& link, const Image& image) const {
  for (std::uint32_t p = 0; p < link.parts.size(); ++p) {
    const PartState& part = link.parts[p];
    if (part.unverified) return false;
    if (image.rows.rows[p].empty() || image.versions[p] == part.version) continue;
    const KeyView key = p == 0 ? link.legacy_key : link.platform_key;
    if (!passed(p, link.kind, key, image.versions[p])) return false;
  }
  return true;
}

Result<> EntityVerifier::judge(const Links& links) {
  ATLAS_TRY(const Look first, look(links));
  out_.counts.links += static_cast<std::int64_t>(links.size());
  std::vector<KeyView> keys;
  std::vector<std::uint16_t> kinds;
  std::map<KeyView, std::size_t> doubtful;  // legacy key → position; one kind a page
  for (std::size_t i = 0; i < links.size(); ++i) {
    const Likeness likeness = first.answers[i].likeness;
    if (likeness == Likeness::kEqual) ++out_.counts[Standing::kEqual];
    if (likeness == Likeness::kFiltered) ++out_.counts[Standing::kFiltered];
    if (likeness != Likeness::kDifferent && likeness != Likeness::kDrift) continue;
    keys.push_back(links[i].legacy_key);
    kinds.push_back(links[i].kind);
    doubtful.emplace(links[i].legacy_key, i);
  }
  if (doubtful.empty()) return {};
  // Reads of two databases and of state are of different moments: only what a second look shows
  // again counts.
  ATLAS_TRY(const Links again, in_.state.links(in_.tenant, ref_, Side::kLegacy, keys, kinds));
  ATLAS_TRY(const Look second, look(again));
  ATLAS_TRY(const Reasons reasons, reasons_of(again));
  for (std::size_t i = 0; i < again.size(); ++i) {
    const std::size_t before = doubtful.at(again[i].legacy_key);
    const bool lasting = settled(links[before], first.images->images[before]) &&
                         settled(again[i], second.images->images[i]);
    settle(again[i], second.answers[i], lasting, reasons);
    doubtful.erase(again[i].legacy_key);
  }
  // Links that went meanwhile: a run is at work on them.
  out_.counts[Standing::kPending] += static_cast<std::int64_t>(doubtful.size());
  return {};
}

Result<EntityVerifier::Reasons> EntityVerifier::reasons_of(const Links& links) {
  std::vector<InstanceKey> ids;
  for (const LinkRecord& l : links) {
    ids.push_back({Side::kLegacy, l.kind, Key(l.legacy_key)});
    // A row that came back under the key of a dead pair is kept as one without a link (E14).
    ids.push_back({Side::kPlatform, 0, Key(l.platform_key)});
  }
  return reasons_of(ids);
}
Result<EntityVerifier::Reasons> EntityVerifier::reasons_of(const std::vector<InstanceKey>& ids) {
  Reasons out;
  if (ids.empty()) return out;
  ATLAS_TRY(std::vector<Pending> pending, in_.state.pending_of(in_.tenant, ref_, ids));
  for (Pending& p : pending) out.pending.emplace(p.instance, p);
  ATLAS_TRY(const std::vector<Conflict> open, in_.state.open_conflicts_of(in_.tenant, ref_, ids));
  for (const Conflict& c : open) out.conflicts[c.instance].push_back(c.field);
  return out;
}

void EntityVerifier::settle(const LinkRecord& link, const Comparison& seen, bool lasting,
                            const Reasons& reasons) {
  if (seen.likeness == Likeness::kEqual) return void(++out_.counts[Standing::kEqual]);
  if (seen.likeness == Likeness::kFiltered) return void(++out_.counts[Standing::kFiltered]);
  VerifyFinding finding;
  finding.legacy_table = entity_.kinds[link.kind].name;
  finding.legacy_key = key_text(link.legacy_key);
  finding.platform_key = key_text(link.platform_key);
  if (!seen.fields.empty()) finding.field = entity_.fields[seen.fields.front()].name;
  finding.reason = seen.reason;
  const InstanceKey id{Side::kLegacy, link.kind, Key(link.legacy_key)};
  auto it = reasons.pending.find(id);
  if (it == reasons.pending.end())
    it = reasons.pending.find({Side::kPlatform, 0, Key(link.platform_key)});
  if (seen.likeness == Likeness::kDrift) {
    finding.standing = Standing::kDrift;
  } else if (it != reasons.pending.end()) {
    on_record(it->second, finding);
  } else if (all_held(seen, id, reasons)) {
    finding.standing = Standing::kKnown;
    finding.reason = "an open conflict";
  } else {
    finding.standing = lasting ? Standing::kDifferent : Standing::kPending;
  }
  add(std::move(finding));
}

void EntityVerifier::on_record(const Pending& pending, VerifyFinding& finding) {
  const bool due = pending.state == PendingState::kDirty;
  finding.standing = due ? Standing::kPending : Standing::kKnown;
  finding.reason = fmt::format("{}: {}", pending_state_name(pending.state), pending.reason);
  if (!pending.field.empty()) finding.field = pending.field;
}

bool EntityVerifier::all_held(const Comparison& seen, const InstanceKey& id,
                              const Reasons& reasons) const {
  const auto it = reasons.conflicts.find(id);
  if (it == reasons.conflicts.end() || seen.fields.empty()) return false;
  return std::all_of(seen.fields.begin(), seen.fields.end(), [&](std::uint32_t f) {
    return std::find(it->second.begin(), it->second.end(), entity_.fields[f].name) !=
           it->second.end();
  });
}

// --- rows without a link
// --------------------------------------------------------------------------

// Rows that no link seemed to name. What is found wanting is looked at again: a run may have been
// at work on it.
Result<> EntityVerifier::judge_rows(Side side, std::uint16_t kind, const std::vector<Key>& rows,
                                    bool again) {
  const std::vector<KeyView> keys(rows.begin(), rows.end());
  if (keys.empty()) return {};
  const std::vector<std::uint16_t> kinds(side == Side::kLegacy ? keys.size() : 0, kind);
  // Links after rows: a row that a run linked in between is found linked.
  ATLAS_TRY(const Links links, in_.state.links(in_.tenant, ref_, side, keys, kinds));
  std::vector<KeyView> linked;
  for (const LinkRecord& link : links) linked.push_back(key_on(side, link));
  std::sort(linked.begin(), linked.end());
  ImageSet set = images();
  for (const KeyView key : keys) {
    if (std::binary_search(linked.begin(), linked.end(), key)) continue;
    Image image;
    image.kind = kind;
    image.kind_known =
        side == Side::kLegacy || (entity_.kinds.size() == 1 && entity_.kinds.front().when.empty());
    (side == Side::kLegacy ? image.legacy_key : image.platform_key) = key;
    set.images.push_back(std::move(image));
  }
  if (set.images.empty()) return {};
  ATLAS_OK(read_and_map(side, set));
  ATLAS_TRY(const std::vector<Key> wanting, judge_unlinked(side, set, again));
  return judge_rows(side, kind, wanting, true);
}

// Gives the keys that the first look finds wanting; the second counts them.
Result<std::vector<Key>> EntityVerifier::judge_unlinked(Side side, const ImageSet& set,
                                                        bool again) {
  std::vector<Key> wanting;
  std::vector<InstanceKey> ids;
  std::vector<FieldHash> matches;
  const std::uint32_t part = side == Side::kLegacy ? 0 : 1;
  for (const Image& image : set.images) {
    const bool legacy = side == Side::kLegacy;
    ids.push_back(legacy ? InstanceKey{side, image.kind, Key(image.legacy_key)}
                         : InstanceKey{side, 0, Key(image.platform_key)});
    const FieldHash match = mapper_.match(legacy ? image.legacy : image.platform);
    if (match != kNoBase) matches.push_back(match);
  }
  ATLAS_TRY(const Reasons reasons, reasons_of(ids));
  std::vector<InstanceKey> candidates;  // set aside until the other side is scanned (E27)
  if (!matches.empty()) {
    ATLAS_TRY(const auto found, in_.state.candidates(in_.tenant, ref_, side, matches));
    for (const Candidate& c : found) candidates.push_back(c.instance);
    std::sort(candidates.begin(), candidates.end());
  }
  for (std::size_t i = 0; i < set.images.size(); ++i) {
    const Image& image = set.images[i];
    if (image.rows.rows[part].empty()) continue;  // gone since the keys were read
    const auto live = image.oversized() ? Liveness::kAlive : liveness(mapper_, image, side);
    if (!image.kind_known || live != Liveness::kAlive) {
      ++out_.counts.rows_unlinked;
      ++out_.counts[Standing::kFiltered];
      continue;
    }
    VerifyFinding finding;
    if (side == Side::kLegacy) {
      finding.legacy_table = entity_.kinds[image.kind].name;
      finding.legacy_key = key_text(image.legacy_key);
    } else {
      finding.platform_key = key_text(image.platform_key);
    }
    if (const auto it = reasons.pending.find(ids[i]); it != reasons.pending.end()) {
      on_record(it->second, finding);
    } else {
      const bool waits = std::binary_search(candidates.begin(), candidates.end(), ids[i]);
      const KeyView key = side == Side::kLegacy ? image.legacy_key : image.platform_key;
      const bool late = !waits && passed(part, image.kind, key, image.versions[part]);
      if (late && !again) {
        wanting.emplace_back(key);
        continue;
      }
      finding.standing = !late                   ? Standing::kPending
                         : side == Side::kLegacy ? Standing::kUnlinkedLegacy
                                                 : Standing::kUnlinkedPlatform;
      finding.reason = late ? "no link" : "not captured yet";
    }
    ++out_.counts.rows_unlinked;
    add(std::move(finding));
  }
  return wanting;
}

void EntityVerifier::add(VerifyFinding finding) {
  ++out_.counts[finding.standing];
  auto& list = findings_[static_cast<std::size_t>(finding.standing)];
  if (list.size() >= in_.options.findings_max) return;
  finding.entity = entity_.name;
  list.push_back(std::move(finding));
}

}  // namespace atlas
