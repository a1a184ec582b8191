#include "capture/reconcile.h"

#include "foundation/planted.h"
#include "model/key.h"

#include <fmt/format.h>

namespace atlas {

namespace {

constexpr std::string_view kSweepCursor = "sweep ";

}  // namespace

std::string sweep_cursor(std::string_view source) {
  return std::string(kSweepCursor).append(source);
}

bool is_sweep_cursor(std::string_view name) { return name.starts_with(kSweepCursor); }

ReconcileScan::ReconcileScan(const SourceSpec& spec, const EntityRef& entity, TenantId tenant,
                             Key from)
    : spec_(spec),
      entity_(entity),
      tenant_(tenant),
      row_at_(from),
      scan_at_(from),
      position_(std::move(from)) {}

KeyView ReconcileScan::key_of(const LinkRecord& link) const {
  return spec_.side == Side::kLegacy ? link.legacy_key : link.platform_key;
}

// Whether the link says that a row is there. A root's row is missed until it is known to be gone;
// of another part only what was confirmed.
bool ReconcileScan::expects_row(const LinkRecord& link) const {
  const Existence exists = link.parts[spec_.part].exists;
  if (link.dead && exists != Existence::kPresent) return false;
  return spec_.part <= 1 ? exists != Existence::kGone : exists == Existence::kPresent;
}

Result<> ReconcileScan::load_links(StateStore& state, std::size_t limit) {
  ATLAS_TRY(Links links,
            state.scan_links(tenant_, entity_, spec_.side, spec_.kind, position_, limit));
  KeyView last = position_;
  for (const LinkRecord& link : links) {
    if (key_of(link) <= last)
      return Error(Code::kScanDisordered, "links of " + spec_.name).at("state");
    last = key_of(link);
  }
  looked_at_ += static_cast<std::int64_t>(links.size());
  open_ended_ = links.size() < limit;
  range_end_ = Key(last);
  links_ = std::make_unique<Links>(std::move(links));
  next_link_ = 0;
  return {};
}

void ReconcileScan::missing(const LinkRecord& link, std::vector<Discrepancy>& out) const {
  if (expects_row(link) && !planted(Plant::kAbsenceUnseen))
    out.push_back({{Side::kLegacy, link.kind, Key(link.legacy_key)}, std::nullopt});
}

void ReconcileScan::present(const LinkRecord& link, const RowVersion& version,
                            std::vector<Discrepancy>& out) const {
  const PartState& part = link.parts[spec_.part];
  if (trust_versions_ && part.version == version && !part.unverified) return;
  // Of the parts of one pair the root speaks for all.
  if (!trust_versions_ && spec_.part > 1) return;
  out.push_back({{Side::kLegacy, link.kind, Key(link.legacy_key)},
                 trust_versions_ ? std::optional(version) : std::nullopt});
}

Result<std::vector<Discrepancy>> ReconcileScan::next(Endpoint& endpoint, StateStore& state,
                                                     std::size_t limit) {
  if (links_ == nullptr) ATLAS_OK(load_links(state, limit));
  ATLAS_TRY(auto snapshot, endpoint.snapshot());
  ATLAS_TRY(const KeyPage page, snapshot->keys(*spec_.shape, scan_at_, limit));
  std::vector<Discrepancy> out;
  bool passed_range = false;
  for (const KeyVersion& row : page.keys) {
    if (has_stray(row.key)) {
      scan_at_ = Key(row.key);
      ++looked_at_;
      if (spec_.part <= 1) out.push_back({{spec_.side, spec_.kind, Key(row.key)}, row.version});
      continue;
    }
    if (row.key <= KeyView(row_at_))
      return Error(Code::kScanDisordered, "rows of " + spec_.shape->table.text());
    if (!open_ended_ && row.key > KeyView(range_end_)) {
      passed_range = true;
      break;
    }
    row_at_ = Key(row.key);
    scan_at_ = row_at_;
    ++looked_at_;
    while (next_link_ < links_->size() && key_of((*links_)[next_link_]) < row.key)
      missing((*links_)[next_link_++], out);
    if (next_link_ < links_->size() && key_of((*links_)[next_link_]) == row.key) {
      present((*links_)[next_link_++], row.version, out);
    } else if (spec_.part <= 1) {
      out.push_back({{spec_.side, spec_.kind, Key(row.key)}, row.version});
    }
  }
  if (!passed_range && !page.end) {
    position_ = row_at_;  // whoever goes on from here reads the links after it again
    return out;
  }
  while (next_link_ < links_->size()) missing((*links_)[next_link_++], out);
  done_ = open_ended_;
  position_ = open_ended_ ? Key() : range_end_;
  row_at_ = position_;
  scan_at_ = position_;
  links_.reset();
  return out;
}

}  // namespace atlas
