#pragma once

// One page of instances through the one path: links, both rows, decide, compose, apply, confirm
// (DESIGN §2).

#include "apply/apply.h"
#include "flow/compose.h"
#include "flow/context.h"

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace atlas {

// A key that may be dirty.
struct Seed {
  InstanceKey instance;                // kPlatform: the platform key; kind is not known yet
  std::optional<RowVersion> scanned;   // by a scan: dropped when the link has that version (E16)
  std::uint32_t part = 0;              // whose version `scanned` is
  std::optional<InstanceKey> partner;  // the platform key found by match (E27)
  bool taken_key = false;              // the partner stands at the key we minted (E7)
  bool forced = false;                 // from the pending set or a person: back-off does not apply
  bool due = false;  // its delete is due: a row that is gone is dead, and deletes are carried out
  bool planned = false;  // a dry run found it due itself: no link has the versions that it saw
};

struct PageOptions {
  std::vector<Cursor> cursors;  // stored in this page's confirm
  bool pairing = false;  // candidates are decided now; else unlinked instances of entities with
                         // match are parked
  bool may_create_at_once = false;  // the other side is empty: parking is not needed
};

struct PageResult {
  Counts counts;
  std::size_t rows = 0;            // instances that were looked at
  std::size_t bytes = 0;           // of their rows
  std::optional<Error> transient;  // a peer failed for now; its keys are dirty
};

// One page. Made for one use, on the entity's thread.
class Page {
 public:
  explicit Page(EntityContext& context);
  //   errors  kFenceStale, kDrift, kRefused, kCorrupt, kInDoubt: nothing of this page was confirmed
  //           kRetry while reading: nothing of this page was confirmed
  Result<PageResult> process(std::vector<Seed> seeds, PageOptions options);

 private:
  struct Item {
    InstanceKey id;
    std::size_t image = 0;
    std::ptrdiff_t link = -1;      // in links_
    std::ptrdiff_t next = -1;      // in next_: the link after this page
    std::ptrdiff_t replaces = -1;  // in links_: the dead pair whose key lives on here (E14)
    std::ptrdiff_t revival = -1;   // the write that undoes a delete which lost
    const Pending* pending = nullptr;
    const Pending* partner_pending = nullptr;  // of a pair by match: the platform row's own
    Decision decision;
    std::optional<Pending> park;          // to be put into the pending set
    std::optional<Pending> partner_park;  // of a pair that is set aside: its platform row's
    std::vector<InstanceKey> unmatched;   // no candidates any more
    std::string holder;                   // who holds the unique value it wants
    Key legacy_key, platform_key;         // of a new link
    FieldHash match = kNoBase;
    std::vector<std::uint32_t> writes;  // in writes_
    std::vector<FieldEffect> settled;
    std::vector<std::pair<std::uint32_t, FieldAnswer>> conflicts;
    // The write that carries each conflict's answer out, by position in writes_; -1: no write.
    std::vector<std::ptrdiff_t> carriers;
    const Conflict* undo = nullptr;  // carried out by this page, alone (page_undo.cc)
    std::vector<ClosedConflict> closed;
    std::uint32_t generation = 0;
    Outcome outcome = Outcome::kUnchanged;
    bool decided = false;  // false: parked
    bool fresh = false;    // next_ is a new link
    bool forced = false;
    bool from_scan = false;
    bool drop_pending = false;
    bool gone = false;       // another item of the page stands for the same instance
    bool taken_key = false;  // its minted key exists already: adopt only on equal match (E7)
    bool due = false;        // its delete is carried out now
    bool planned = false;    // a dry run found it due itself
    bool insert_link = false;
    bool candidate = false;  // to be kept as match candidate
    bool deferred = false;
    bool unmapped = false;               // an unlinked row that cannot be mapped
    bool undo_waits = false;             // for a page of its own
    std::vector<MissingParent> missing;  // of a dry run
  };

  Result<> select(std::vector<Seed>& seeds);
  bool planned_pair(const InstanceKey& id) const;
  Result<> read();
  Result<> find_counterparts();
  void refuse_doubles();
  bool replaces_dead(Item& item, const LinkRecord& link, std::uint32_t part);
  void merge_pairs();
  Result<> check_partners();
  void leave_vanished_partners();
  Result<> pending_rows();
  Result<> asked_conflicts();
  Result<> decide_all();
  void decide_one(std::size_t i);
  void next_generation(Item& item);
  bool as_linked(const Item& item) const;
  bool proven_gone(const Item& item, Side gone) const;
  bool brings_back(Item& item, DecideInput& input) const;
  void suspect_delete(Item& item, Side gone);
  void set_delete_aside(Item& item, Side dead, Code code, std::string blocker = {});
  void set_unmapped_aside(Item& item, Presentation legacy, Presentation platform);
  void set_pair_aside(Item& item, std::string reason, std::string field);
  bool told_already(const Item& item) const;
  Result<> seek_pairs();
  void keep_candidate(const Item& item, bool linked, Confirm& confirm) const;
  Result<> spare_parents();
  Result<> spare_referred(Side side, const ReferrerPlan& referrer);
  Result<> set_referred_aside(Side side, const std::vector<std::size_t>& which,
                              Result<std::vector<std::size_t>> held, std::string blocker);
  bool leaves_orphans(const Item& item, Side side) const;
  bool removes(Side side) const;
  Result<std::vector<std::size_t>> referred(Snapshot& now, const ReferrerPlan& referrer,
                                            std::span<const KeyView> parents,
                                            std::optional<std::uint32_t> alive) const;
  void plan_children(const RowWrite& write) const;
  void record_versions(Item& item);
  bool was_removed(const Item& item, const FieldPlan& field) const;
  bool never_made(const Item& item, const FieldPlan& field) const;
  bool edited_part(const Item& item, std::uint32_t part) const;
  Result<> refuse_shifted_keys();
  Result<std::vector<std::int64_t>> reserve_keys(std::uint32_t part, std::uint16_t kind,
                                                 std::size_t n);
  Result<> mint_keys();
  bool written_since(const Item& item, std::uint32_t part) const;
  bool brought_back(const Item& item, Side rewound) const;
  void rebase(Item& item, Side rewound);
  Result<> parents_of_undos();
  void take_back(Item& item, std::span<const FieldView> fields);
  void report_left_over(Item& item);
  void compose_undo(Item& item, Composed& made);
  static void close_undo(Item& item, const Conflict& undo, std::string winner, std::string remark);
  FieldHash content_match(const Item& item) const;
  bool rests_as_lost(Item& item);
  void seek_minted(Image& image, const InstanceKey& instance);
  void report_overwritten(Item& item, Side rewound);
  bool repairs() const;
  bool lacks(const Item& item, std::uint32_t part) const;
  bool parts_are_there(Item& item);
  void forget_missing_parts(Item& item);
  void forget_part(Item& item, std::uint32_t part);
  void await_parts(Item& item);
  void compose_one(std::size_t i);
  void fields_of(const Item& item, std::vector<FieldView>& views,
                 std::vector<FieldPolicy>& policies, std::vector<std::int8_t>& asked) const;
  void start_link(Item& item);
  void remember_gone(const Item& item, LinkRecord& next) const;
  bool refused_pair(Item& item);
  Confirm make_confirm(const ApplyDone& done);
  void judge(Item& item, const ApplyDone& done);
  bool made_or_removed_on_legacy(const Item& item) const;
  bool makes_root(const Item& item, std::uint32_t root) const;
  void count(const Item& item);
  Conflict conflict_of(const Item& item, std::size_t which) const;
  Conflict lost_delete_of(const Item& item) const;
  void attach_losers(Item& item);
  void record_conflicts(Item& item, const ApplyDone& done, Confirm& confirm);
  void plan_out() const;
  void plan_later(const Item& item) const;
  PlannedWrite planned(const RowWrite& write, const Item& item) const;
  void plan_conflicts();
  void name_holders(const ApplyDone& done);
  bool unique_refused(const Item& item, const ApplyDone& done) const;

  Image& image(const Item& item) { return images_->images[item.image]; }
  const Image& image(const Item& item) const { return images_->images[item.image]; }
  void refuse_misfit(Item& item, Side side, const Misfit& misfit);
  bool refused_key(Item& item);
  void quarantine(Item& item, Code code, std::string reason, std::string field = {},
                  std::string blocker = {});
  void hold(Item& item, Code code, std::string reason);
  void wait(Item& item, const std::vector<MissingParent>& missing, bool deferred);
  void dirty(Item& item, std::string reason, Code code);
  std::uint64_t fingerprint(const Item& item) const;
  std::uint64_t fingerprint(const Item& item, Side side) const;
  std::uint64_t fingerprint_of(const std::vector<RowVersion>& versions) const;
  Presentation presentation(const Item& item, Side side) const;
  std::string describe(const InstanceKey& key) const;

  EntityContext& c_;
  const EntityPlan& entity_;
  PageOptions options_;
  PageResult result_;
  Links links_;
  Links next_;
  std::unique_ptr<ImageSet> images_;
  std::vector<Item> items_;
  std::vector<Pending> pending_;
  std::vector<Conflict> open_conflicts_;
  std::vector<RowWrite> writes_;
  std::vector<FieldPolicy> policies_;
  std::set<std::pair<EndpointIndex, std::uint64_t>> own_writes_;  // for the context, once confirmed
};

// Time until a pending instance is tried again by itself: 1 minute doubled with each attempt, at
// most 1 hour.
Micros back_off(std::int32_t attempts);

}  // namespace atlas
