#pragma once

// Reconcile (ENGINE E30): one table's rows merged with the links in the order of that side's key.
// Finds rows that are gone, rows without a link, and rows at another version than the link's: what
// stamps cannot show. Findings are keys to look at, nothing more.

#include "capture/source.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atlas {

// Name of the cursor that keeps the place and the time of a source's last turn.
std::string sweep_cursor(std::string_view source);
bool is_sweep_cursor(std::string_view name);

// A key whose row and link do not go together.
struct Discrepancy {
  InstanceKey instance;               // of the link where there is one, else of the row
  std::optional<RowVersion> scanned;  // of the row, if it is there
};

// Walks the keys after a position, page by page. A row whose key is no value of its column's types
// comes where its database sorts it: it has no link, and is a finding of its own. One thread.
class ReconcileScan {
 public:
  // `spec` must name a table that every instance of its kinds has a row in, or `optional_part`.
  //   from  keys after this one are looked at; empty = from the start
  ReconcileScan(const SourceSpec& spec, const EntityRef& entity, TenantId tenant, Key from);

  // The next page. Links are read before the snapshot opens: a pair that is made in between shows
  // as a row without a link, which a second look dispels, never as a row that is gone.
  //   errors  kScanDisordered when keys do not rise
  Result<std::vector<Discrepancy>> next(Endpoint& endpoint, StateStore& state, std::size_t limit);

  // From now on every pair is a finding, whatever its versions say.
  void forget_versions() { trust_versions_ = false; }

  bool done() const { return done_; }
  // Everything up to this key was looked at; empty once the end is reached.
  const Key& position() const { return position_; }
  // Rows and links looked at so far.
  std::int64_t looked_at() const { return looked_at_; }

 private:
  KeyView key_of(const LinkRecord& link) const;
  bool expects_row(const LinkRecord& link) const;
  Result<> load_links(StateStore& state, std::size_t limit);
  void missing(const LinkRecord& link, std::vector<Discrepancy>& out) const;
  void present(const LinkRecord& link, const RowVersion& version,
               std::vector<Discrepancy>& out) const;

  SourceSpec spec_;
  EntityRef entity_;
  TenantId tenant_;
  std::unique_ptr<Links> links_;  // of the present range
  std::size_t next_link_ = 0;
  Key range_end_;            // last key of the range; meaningless while open_ended_
  bool open_ended_ = false;  // no links come after these: the range has no end
  Key row_at_;               // rows up to here were looked at
  Key scan_at_;              // the row looked at last, strays too: where the table's scan goes on
  Key position_;
  bool done_ = false;
  bool trust_versions_ = true;
  std::int64_t looked_at_ = 0;
};

}  // namespace atlas
