#include "state/backup.h"

#include "state/backup_codec.h"

#include <fmt/format.h>

#include <array>
#include <cstring>

namespace atlas {
namespace {

constexpr std::int64_t kFormat = 1;
constexpr std::size_t kPageRows = 2000;
// No run uses so many: what a lost later state has used is left behind.
constexpr std::int64_t kBatchesLeftBehind = std::int64_t{1} << 32;
constexpr std::array kStates = {PendingState::kDirty,       PendingState::kDeferred,
                                PendingState::kWaiting,     PendingState::kHeld,
                                PendingState::kQuarantined, PendingState::kDiscarded};

std::int64_t micros(Instant at) { return at.time_since_epoch().count(); }
Instant instant(std::int64_t micros) { return Instant(Micros(micros)); }

void put_instance(RecordWriter& out, const InstanceKey& instance) {
  out.number(std::int64_t{index(instance.side) == 0 ? 0 : 1})
      .number(std::int64_t{instance.kind})
      .text(instance.key);
}

InstanceKey get_instance(RecordReader& in) {
  InstanceKey out;
  out.side = in.number() == 0 ? Side::kLegacy : Side::kPlatform;
  out.kind = static_cast<std::uint16_t>(in.number());
  out.key = in.text();
  return out;
}

void put_version(RecordWriter& out, const RowVersion& version) {
  out.number(version.token).number(version.stamp_us);
}

RowVersion get_version(RecordReader& in) {
  RowVersion out;
  out.token = static_cast<std::uint64_t>(in.number());
  out.stamp_us = in.number();
  return out;
}

RecordWriter layout_record(const EntityLayout& layout) {
  RecordWriter out(BackupRecord::kEntity);
  out.text(layout.name);
  for (const auto* names : {&layout.kinds, &layout.parts}) {
    out.number(names->size());
    for (const std::string& name : *names) out.text(name);
  }
  for (const auto* key : {&layout.legacy_key, &layout.platform_key}) {
    out.number(key->size());
    for (const Type& type : *key) out.text(type_kind_name(type.kind)).text(type.name);
  }
  out.number(layout.fields.size());
  for (const FieldLayout& field : layout.fields) out.text(field.name).number(field.fingerprint);
  return out;
}

std::optional<TypeKind> type_kind(std::string_view name) {
  for (std::size_t i = 0; i <= static_cast<std::size_t>(TypeKind::kOther); ++i) {
    if (type_kind_name(static_cast<TypeKind>(i)) == name) return static_cast<TypeKind>(i);
  }
  return std::nullopt;
}

// A list's length, of at most so many as a mapping can have.
std::size_t get_count(RecordReader& in) {
  constexpr std::int64_t kMost = 100'000;
  const std::int64_t n = in.number();
  return n < 0 || n > kMost ? 0 : static_cast<std::size_t>(n);
}

Result<EntityLayout> get_layout(RecordReader& in) {
  EntityLayout out;
  out.name = in.text();
  for (auto* names : {&out.kinds, &out.parts}) {
    for (std::size_t n = get_count(in); n > 0; --n) names->emplace_back(in.text());
  }
  for (auto* key : {&out.legacy_key, &out.platform_key}) {
    for (std::size_t n = get_count(in); n > 0; --n) {
      Type& type = key->emplace_back();
      const auto kind = type_kind(in.text());
      type.name = in.text();
      if (!kind) return unusable_backup("it names a key type that this version does not know");
      type.kind = *kind;
    }
  }
  for (std::size_t n = get_count(in); n > 0; --n) {
    FieldLayout& field = out.fields.emplace_back();
    field.name = in.text();
    field.fingerprint = static_cast<std::uint64_t>(in.number());
  }
  if (!in.complete()) return unusable_backup("it is damaged");
  return out;
}

RecordWriter head_record(const BackupHead& head) {
  RecordWriter out(BackupRecord::kHead);
  out.number(kFormat).text(head.program).text(head.tenant).text(head.uuid);
  out.text({reinterpret_cast<const char*>(head.hash_key.data()), head.hash_key.size()});
  out.number(head.epoch.value).number(head.next_batch.value).number(micros(head.made));
  return out;
}

Result<BackupHead> get_head(RecordReader in) {
  BackupHead out;
  if (in.what() != BackupRecord::kHead) return unusable_backup("it has no head");
  const std::int64_t format = in.number();
  if (format != kFormat) {
    return unusable_backup(fmt::format("its format is {}, this program knows {}", format, kFormat))
        .advise("use the version that wrote it, or a newer one");
  }
  out.program = in.text();
  out.tenant = in.text();
  out.uuid = in.text();
  const std::string_view key = in.text();
  out.epoch = {in.number()};
  out.next_batch = {in.number()};
  out.made = instant(in.number());
  if (!in.complete() || key.size() != out.hash_key.size()) return unusable_backup("it is damaged");
  std::memcpy(out.hash_key.data(), key.data(), key.size());
  return out;
}

RecordWriter conflict_record(const Conflict& c) {
  RecordWriter out(BackupRecord::kConflict);
  put_instance(out, c.instance);
  out.text(c.platform_key).text(c.field).text(c.legacy_value).text(c.platform_value);
  out.text(c.legacy_mid).text(c.platform_mid).text(c.winner).text(c.reason).text(c.resolved_by);
  out.number(std::int64_t{c.open ? 1 : 0}).number(std::int64_t{c.undoes != 0 ? 1 : 0});
  put_version(out, c.legacy_version);
  put_version(out, c.platform_version);
  out.number(micros(c.at));
  return out;
}

Conflict get_conflict(RecordReader& in) {
  Conflict c;
  c.instance = get_instance(in);
  for (std::string* text : {&c.platform_key, &c.field, &c.legacy_value, &c.platform_value,
                            &c.legacy_mid, &c.platform_mid, &c.winner, &c.reason, &c.resolved_by})
    *text = in.text();
  c.open = in.number() != 0;
  // Ids are the store's own: what it undoes has another one now.
  c.undoes = in.number() != 0 ? -1 : 0;
  c.legacy_version = get_version(in);
  c.platform_version = get_version(in);
  c.at = instant(in.number());
  return c;
}

RecordWriter pending_record(const Pending& p) {
  RecordWriter out(BackupRecord::kPending);
  put_instance(out, p.instance);
  out.number(static_cast<std::int64_t>(p.state)).number(std::int64_t{p.code});
  out.text(p.reason).text(p.field).text(p.blocker).number(p.fingerprint);
  out.number(std::int64_t{p.attempts}).number(micros(p.since)).number(micros(p.retry_at));
  return out;
}

Pending get_pending(RecordReader& in) {
  Pending p;
  p.instance = get_instance(in);
  p.state = static_cast<PendingState>(in.number());
  p.code = static_cast<std::uint16_t>(in.number());
  for (std::string* text : {&p.reason, &p.field, &p.blocker}) *text = in.text();
  p.fingerprint = static_cast<std::uint64_t>(in.number());
  p.attempts = static_cast<std::int32_t>(in.number());
  p.since = instant(in.number());
  p.retry_at = instant(in.number());
  return p;
}

RecordWriter cursor_record(const Cursor& c) {
  RecordWriter out(BackupRecord::kCursor);
  out.text(c.source)
      .number(std::int64_t{c.swept ? 1 : 0})
      .number(std::int64_t{c.has_stamp ? 1 : 0});
  out.number(c.stamp).text(c.key).number(c.sweep_floor);
  return out;
}

Cursor get_cursor(RecordReader& in) {
  Cursor c;
  c.source = in.text();
  c.swept = in.number() != 0;
  c.has_stamp = in.number() != 0;
  c.stamp = in.number();
  c.key = in.text();
  c.sweep_floor = in.number();
  return c;
}

class Writer {
 public:
  Writer(StateStore& state, TenantId tenant, const KeepGoing& keep_going, std::ostream& out)
      : state_(state), tenant_(tenant), keep_going_(keep_going), out_(out) {}

  Result<BackupCounts> write(std::span<const EntityLayout> layouts, const BackupHead& head) {
    ATLAS_OK(out_.put(head_record(head)));
    ATLAS_TRY(const auto notes, state_.notes(tenant_));
    for (const auto& [name, text] : notes) {
      if (name == kRestoringNote) continue;
      ATLAS_OK(out_.put(RecordWriter(BackupRecord::kNote).text(name).text(text)));
    }
    ATLAS_TRY(const std::vector<Intent> intents, state_.open_intents(tenant_));
    std::size_t written = 0;
    for (const EntityLayout& layout : layouts) {
      ATLAS_TRY(const EntityRef ref, state_.entity(tenant_, layout));
      ATLAS_OK(out_.put(layout_record(layout)));
      ++counts_.entities;
      ATLAS_OK(entity(ref, layout));
      for (const Intent& intent : intents) {
        if (intent.entity != ref.id) continue;
        ++written;
        ATLAS_OK(out_.put(RecordWriter(BackupRecord::kIntent)
                              .number(intent.number.value)
                              .text(intent.endpoint)
                              .text(intent.payload)));
      }
    }
    if (written != intents.size()) {
      return Error(Code::kBackupUnusable,
                   "a write of an entity that the mapping no longer has is not settled")
          .advise("run `atlas-bridge sync` with the mapping that has it");
    }
    ATLAS_OK(out_.finish());
    counts_.records = out_.records();
    return counts_;
  }

 private:
  Result<> entity(const EntityRef& ref, const EntityLayout& layout) {
    ATLAS_TRY(const std::vector<Cursor> cursors, state_.cursors(tenant_, ref));
    for (const Cursor& cursor : cursors) ATLAS_OK(out_.put(cursor_record(cursor)));
    for (std::uint16_t kind = 0; kind < layout.kinds.size(); ++kind) ATLAS_OK(links(ref, kind));
    ATLAS_OK(pending(ref));
    ATLAS_OK(candidates(ref));
    return conflicts(ref);
  }

  Result<> links(const EntityRef& ref, std::uint16_t kind) {
    Key after;
    while (true) {
      ATLAS_OK(keep_going_());
      ATLAS_TRY(const Links page,
                state_.scan_links(tenant_, ref, Side::kLegacy, kind, after, kPageRows));
      for (const LinkRecord& link : page) {
        RecordWriter out(BackupRecord::kLink);
        out.number(std::int64_t{link.kind}).text(link.legacy_key).text(link.platform_key);
        ATLAS_OK(out_.put(out.number(link.match).text(encode_link(link, 0))));
      }
      counts_.links += static_cast<std::int64_t>(page.size());
      if (page.size() < kPageRows) return {};
      after = Key(page[page.size() - 1].legacy_key);
    }
  }

  Result<> pending(const EntityRef& ref) {
    std::optional<InstanceKey> after;
    while (true) {
      ATLAS_OK(keep_going_());
      ATLAS_TRY(const std::vector<Pending> page,
                state_.pending(tenant_, ref, kStates, Instant::max(), after ? &*after : nullptr,
                               kPageRows));
      for (const Pending& row : page) ATLAS_OK(out_.put(pending_record(row)));
      counts_.pending += static_cast<std::int64_t>(page.size());
      if (page.size() < kPageRows) return {};
      after = page.back().instance;
    }
  }

  Result<> candidates(const EntityRef& ref) {
    std::optional<InstanceKey> after;
    while (true) {
      ATLAS_OK(keep_going_());
      ATLAS_TRY(const std::vector<Candidate> page,
                state_.scan_candidates(tenant_, ref, after ? &*after : nullptr, kPageRows));
      for (const Candidate& row : page) {
        RecordWriter out(BackupRecord::kCandidate);
        put_instance(out, row.instance);
        ATLAS_OK(out_.put(out.number(row.match)));
      }
      if (page.size() < kPageRows) return {};
      after = page.back().instance;
    }
  }

  Result<> conflicts(const EntityRef& ref) {
    std::int64_t after = 0;
    while (true) {
      ATLAS_OK(keep_going_());
      ATLAS_TRY(const std::vector<Conflict> page,
                state_.conflicts_after(tenant_, ref, after, kPageRows));
      for (const Conflict& row : page) ATLAS_OK(out_.put(conflict_record(row)));
      counts_.conflicts += static_cast<std::int64_t>(page.size());
      if (page.size() < kPageRows) return {};
      after = page.back().id;
    }
  }

  StateStore& state_;
  TenantId tenant_;
  const KeepGoing& keep_going_;
  BackupOut out_;
  BackupCounts counts_;
};

// Puts an entity's records into the store, a page at a time.
class Reader {
 public:
  Reader(StateStore& state, const TenantInfo& tenant, const Lease& lease,
         const KeepGoing& keep_going)
      : state_(state), tenant_(tenant), lease_(lease), keep_going_(keep_going) {}

  Result<> read(std::istream& file) {
    BackupIn in(file);
    ATLAS_TRY(const RecordReader first, in.next());
    ATLAS_TRY(head_, get_head(first));
    while (true) {
      ATLAS_TRY(RecordReader record, in.next());
      if (record.what() == BackupRecord::kEnd) break;
      ATLAS_OK(take(record));
      if (rows_ >= kPageRows) ATLAS_OK(flush());
    }
    ATLAS_OK(flush());
    ATLAS_TRY(const BatchNumber mine, state_.reserve_batches(lease_, 1));
    if (mine < head_.next_batch) {
      ATLAS_TRY([[maybe_unused]] const BatchNumber reserved,
                state_.reserve_batches(
                    lease_, static_cast<std::size_t>(head_.next_batch.value - mine.value)));
    }
    return leave_batches_behind(state_, lease_);
  }

 private:
  Result<> take(RecordReader& in) {
    switch (in.what()) {
      case BackupRecord::kHead:
      case BackupRecord::kEnd:
        break;
      case BackupRecord::kEntity: {
        ATLAS_OK(flush());
        ATLAS_TRY(layout_, get_layout(in));
        ATLAS_TRY(ref_, state_.entity(tenant_.id, layout_));
        links_.emplace(ref_.parts, ref_.fields);
        return {};
      }
      case BackupRecord::kLink:
        ATLAS_OK(take_link(in));
        break;
      case BackupRecord::kPending:
        confirm_.put_pending.push_back(get_pending(in));
        break;
      case BackupRecord::kCandidate: {
        Candidate row;
        row.instance = get_instance(in);
        row.match = static_cast<FieldHash>(in.number());
        confirm_.put_candidates.push_back(std::move(row));
        break;
      }
      case BackupRecord::kConflict:
        confirm_.put_conflicts.push_back(get_conflict(in));
        break;
      case BackupRecord::kCursor:
        confirm_.cursors.push_back(get_cursor(in));
        break;
      case BackupRecord::kIntent: {
        Intent intent;
        intent.number = {in.number()};
        intent.entity = ref_.id;
        intent.endpoint = in.text();
        intent.payload = in.text();
        ATLAS_OK(state_.store_intents(lease_, {&intent, 1}));
        break;
      }
      case BackupRecord::kNote: {
        const std::string name(in.text());
        ATLAS_OK(state_.put_note(tenant_.id, name, std::string(in.text())));
        break;
      }
    }
    ++rows_;
    return in.complete() ? Result<>() : unusable_backup("it is damaged");
  }

  Result<> take_link(RecordReader& in) {
    const auto kind = static_cast<std::uint16_t>(in.number());
    const std::string_view legacy = in.text();
    const std::string_view platform = in.text();
    const auto match = static_cast<FieldHash>(in.number());
    const std::string_view document = in.text();
    std::vector<std::int32_t> fields(ref_.fields);
    for (std::size_t i = 0; i < fields.size(); ++i) fields[i] = static_cast<std::int32_t>(i);
    LinkRecord& link = links_->add(kind, legacy, platform);
    link.match = match;
    if (kind >= layout_.kinds.size() || !decode_link(document, fields, link))
      return unusable_backup("it is damaged");
    return {};
  }

  Result<> flush() {
    rows_ = 0;
    ATLAS_OK(keep_going_());
    confirm_.batch = head_.next_batch;
    if (links_) {
      for (const LinkRecord& link : *links_) confirm_.insert_links.push_back(&link);
    }
    if (!confirm_.empty()) ATLAS_OK(state_.confirm(lease_, ref_, confirm_));
    confirm_ = Confirm();
    if (links_) links_.emplace(ref_.parts, ref_.fields);
    return {};
  }

  StateStore& state_;
  const TenantInfo& tenant_;
  const Lease& lease_;
  const KeepGoing& keep_going_;
  BackupHead head_;
  EntityLayout layout_;
  EntityRef ref_;
  std::optional<Links> links_;
  Confirm confirm_;
  std::size_t rows_ = 0;
};

}  // namespace

Result<BackupCounts> write_backup(StateStore& state, const TenantInfo& tenant,
                                  std::span<const EntityLayout> layouts, const BackupHead& head,
                                  const KeepGoing& keep_going, std::ostream& out) {
  return Writer(state, tenant.id, keep_going, out).write(layouts, head);
}

Result<BackupSummary> check_backup(std::istream& file) {
  BackupIn in(file);
  BackupSummary out;
  ATLAS_TRY(const RecordReader first, in.next());
  ATLAS_TRY(out.head, get_head(first));
  while (true) {
    ++out.counts.records;
    ATLAS_TRY(RecordReader record, in.next());
    switch (record.what()) {
      case BackupRecord::kEntity: {
        ATLAS_TRY(EntityLayout layout, get_layout(record));
        out.layouts.push_back(std::move(layout));
        ++out.counts.entities;
        continue;
      }
      case BackupRecord::kLink:
        ++out.counts.links;
        continue;
      case BackupRecord::kPending:
        ++out.counts.pending;
        continue;
      case BackupRecord::kConflict:
        ++out.counts.conflicts;
        continue;
      case BackupRecord::kCandidate:
      case BackupRecord::kCursor:
      case BackupRecord::kIntent:
      case BackupRecord::kNote:
        continue;
      case BackupRecord::kEnd:
        if (record.number() != out.counts.records) return unusable_backup("records are missing");
        return out;
      case BackupRecord::kHead:
        break;
    }
    return unusable_backup("it holds a record that this version does not know");
  }
}

Result<> read_backup(StateStore& state, const TenantInfo& tenant, const Lease& lease,
                     const KeepGoing& keep_going, std::istream& in) {
  return Reader(state, tenant, lease, keep_going).read(in);
}

Result<bool> anything_kept(StateStore& state, TenantId tenant, const EntityRef& entity) {
  ATLAS_TRY(const std::vector<Cursor> cursors, state.cursors(tenant, entity));
  if (!cursors.empty()) return true;
  ATLAS_TRY(const std::int64_t links, state.link_count(tenant, entity));
  if (links != 0) return true;
  ATLAS_TRY(const PendingCounts pending, state.pending_counts(tenant, entity));
  for (const auto& [name, n] : pending.by_state) {
    if (n != 0) return true;
  }
  ATLAS_TRY(const std::vector<Conflict> conflicts, state.conflicts_after(tenant, entity, 0, 1));
  return !conflicts.empty();
}

Result<> leave_batches_behind(StateStore& state, const Lease& lease) {
  ATLAS_TRY([[maybe_unused]] const BatchNumber left,
            state.reserve_batches(lease, static_cast<std::size_t>(kBatchesLeftBehind)));
  return {};
}

}  // namespace atlas
