// Rows merged with links (ENGINE E30): what is gone, what is new, what has another version.

#include "capture/reconcile.h"

#include "foundation/result_testing.h"
#include "sim/virtual/endpoint.h"
#include "sim/virtual/state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace atlas {
namespace {

using sim::Database;
using sim::VirtualEndpoint;
using testing::ElementsAre;
using testing::IsEmpty;

const TableName kNotes{"", "notes"};

Key key_of(const Value& value) { return encode_key({&value, 1}); }
Key key_of(std::int64_t id) { return key_of(Value::integer(id)); }

// A table of one entity, and the links of its rows.
struct Notes {
  Notes() {
    sim::Table table;
    table.name = kNotes;
    for (const auto& [name, kind] :
         {std::pair("id", TypeKind::kInt8), std::pair("updated", TypeKind::kTimestampTz)}) {
      Type type;
      type.kind = kind;
      type.name = type_kind_name(kind);
      table.columns.emplace_back();
      table.columns.back().name = name;
      table.columns.back().type = type;
      shape.columns.push_back({name, type});
    }
    table.key = {0};
    table.stamp = 1;
    database.create(std::move(table));
    shape.table = kNotes;
    shape.key = {0};
    shape.stamp = 1;
    spec.name = "notes";
    spec.shape = &shape;

    const TenantId id = store.tenant("acme", "6f1c0f7e-6a4c-4a6e-9d35-0d3f5a1b2c3d", {})->id;
    EntityLayout layout;
    layout.name = "note";
    layout.kinds = {"notes"};
    layout.parts = {"legacy", "n", "more"};
    entity = *store.entity(id, layout);
    tenant = id;
    lease = *store.take_lease(id, "test", std::chrono::hours(5), world.now())->lease;
  }

  void row(std::int64_t id) { database.insert(kNotes, {{"id", Value::integer(id)}}); }
  void touch(std::int64_t id) {
    world.pass(std::chrono::seconds(1));
    database.update(kNotes, key_of(id), {});
  }

  // A pair that was decided at the row's present version, if there is a row.
  void link(std::int64_t id, const std::function<void(LinkRecord&)>& change = {}) {
    Links links(entity.parts, entity.fields);
    // The order of the other side is another one.
    LinkRecord& made = links.add(0, key_of(id), key_of(1000 - id));
    const auto snapshot = *VirtualEndpoint(database).snapshot();
    const KeyPage rows = *snapshot->keys(shape, {}, 1000);
    for (const KeyVersion& found : rows.keys) {
      if (found.key != key_of(id)) continue;
      for (PartState& part : made.parts) part = {.version = found.version};
    }
    for (PartState& part : made.parts) part.exists = Existence::kPresent;
    if (change) change(made);
    Confirm confirm;
    confirm.batch = *store.reserve_batches(lease, 1);
    confirm.insert_links = {&made};
    ASSERT_THAT(store.confirm(lease, entity, confirm), IsOk());
  }
  void pair(std::int64_t id, const std::function<void(LinkRecord&)>& change = {}) {
    row(id);
    link(id, change);
  }

  ReconcileScan scan(Key from = {}) { return {spec, entity, tenant, std::move(from)}; }

  // The rest of a scan: keys, with a mark where the row is gone or its version says nothing.
  std::vector<std::string> findings(ReconcileScan scan, std::size_t limit = 100) {
    VirtualEndpoint endpoint(database);
    std::vector<std::string> out;
    while (!scan.done()) append(*scan.next(endpoint, store, limit), out);
    return out;
  }
  std::vector<std::string> findings() { return findings(scan()); }

  static void append(const std::vector<Discrepancy>& page, std::vector<std::string>& out) {
    for (const Discrepancy& d : page)
      out.push_back(key_text(d.instance.key) + (d.scanned ? "" : " unseen"));
  }

  sim::World world;
  Database database{world, "db"};
  sim::StateData data{world};
  sim::VirtualState store{data};
  TenantId tenant;
  EntityRef entity;
  Lease lease;
  TableShape shape;
  SourceSpec spec;
};

// Pairs, and one finding of each sort.
void mix(Notes& notes) {
  for (const std::int64_t id : {1, 2, 3, 4, 7, 9}) notes.pair(id);
  notes.touch(3);
  notes.database.remove(kNotes, key_of(4));
  notes.row(5);
  notes.row(6);
  notes.link(8);
  notes.row(10);
  notes.link(11);
}
const std::vector<std::string> kMixed{"3", "4 unseen", "5", "6", "8 unseen", "10", "11 unseen"};

TEST(Reconcile, FindsWhatStampsCannotShowAndNothingElse) {
  Notes notes;
  EXPECT_THAT(notes.findings(), IsEmpty());
  mix(notes);
  EXPECT_EQ(notes.findings(), kMixed);
}

TEST(Reconcile, FindsTheSameWhereverPagesEnd) {
  Notes notes;
  mix(notes);
  for (std::size_t limit = 1; limit <= 12; ++limit)
    EXPECT_EQ(notes.findings(notes.scan(), limit), kMixed) << "pages of " << limit;
}

// A turn that ends early goes on from its position in another run.
TEST(Reconcile, ATurnGoesOnFromItsPositionWithoutALoss) {
  Notes notes;
  mix(notes);
  for (std::size_t limit = 1; limit <= 12; ++limit) {
    VirtualEndpoint endpoint(notes.database);
    std::vector<std::string> found;
    Key from;
    do {
      ReconcileScan turn = notes.scan(from);
      Notes::append(*turn.next(endpoint, notes.store, limit), found);
      from = turn.position();
      EXPECT_EQ(turn.done(), from.empty());
    } while (!from.empty());
    EXPECT_EQ(found, kMixed) << "turns of " << limit;
  }
}

TEST(Reconcile, CountsRowsAndLinks) {
  Notes notes;
  mix(notes);
  ReconcileScan scan = notes.scan();
  VirtualEndpoint endpoint(notes.database);
  EXPECT_THAT(scan.next(endpoint, notes.store, 100), IsOk());
  EXPECT_TRUE(scan.done());
  EXPECT_EQ(scan.looked_at(), 8 + 8);
}

TEST(Reconcile, ADeadPairMissesARowOnlyIfItWasThere) {
  Notes notes;
  notes.link(1, [](LinkRecord& link) {
    link.dead = true;
    link.parts[0].exists = Existence::kGone;
  });
  notes.link(2, [](LinkRecord& link) {
    link.dead = true;  // its row was marked deleted, then it went
  });
  EXPECT_THAT(notes.findings(), ElementsAre("2 unseen"));
}

TEST(Reconcile, ARootIsMissedUntilItIsKnownToBeGoneAnotherPartOnlyIfItWasConfirmed) {
  Notes notes;
  notes.link(1, [](LinkRecord& link) {
    for (PartState& part : link.parts) part.exists = Existence::kNever;
  });
  notes.link(2);
  notes.link(3, [](LinkRecord& link) {
    for (PartState& part : link.parts) part.exists = Existence::kGone;
  });
  EXPECT_THAT(notes.findings(), ElementsAre("1 unseen", "2 unseen"));
  notes.spec.side = Side::kPlatform;
  notes.spec.part = 1;
  EXPECT_THAT(notes.findings(), ElementsAre("2 unseen", "1 unseen")) << "in the platform's order";
  notes.spec.part = 2;
  EXPECT_THAT(notes.findings(), ElementsAre("2 unseen"));
}

TEST(Reconcile, ARowOfAFurtherPartWithoutALinkIsLeftToItsRoot) {
  Notes notes;
  notes.row(1);
  notes.spec.side = Side::kPlatform;
  notes.spec.part = 2;
  EXPECT_THAT(notes.findings(), IsEmpty());
  notes.spec.part = 1;
  EXPECT_THAT(notes.findings(), ElementsAre("1"));
}

TEST(Reconcile, AWriteOfOursThatWasNotReadBackIsAFinding) {
  Notes notes;
  notes.pair(1);
  notes.pair(2, [](LinkRecord& link) { link.parts[0].unverified = true; });
  EXPECT_THAT(notes.findings(), ElementsAre("2"));
}

TEST(Reconcile, WithoutTrustInVersionsEveryPairIsAFindingOfItsRoot) {
  Notes notes;
  notes.pair(1);
  notes.pair(2);
  ReconcileScan scan = notes.scan();
  scan.forget_versions();
  EXPECT_THAT(notes.findings(std::move(scan)), ElementsAre("1 unseen", "2 unseen"));

  notes.spec.part = 2;
  ReconcileScan further = notes.scan();
  further.forget_versions();
  EXPECT_THAT(notes.findings(std::move(further)), IsEmpty());
}

// SQLite keeps 'x' in an INTEGER column, and sorts it as it likes.
struct StrayNotes : Notes {
  StrayNotes() {
    pair(1);
    pair(2);
    const auto row = std::make_shared<sim::Row>();
    row->cells = {Value::other("x"), Value::instant(0)};
    sim::Moments moments = database.moment();
    auto rows = std::make_shared<sim::RowMap>(*moments[kNotes]);
    rows->emplace(key_of(row->cells[0]), row);
    moments[kNotes] = rows;
    database.put_back(std::move(moments));
    // Between 1 and 2.
    database.table(kNotes).collation = [](KeyView a, KeyView b) {
      const auto rank = [](KeyView key) { return has_stray(key) ? key_of(1) + "x" : Key(key); };
      return rank(a) < rank(b);
    };
  }
};

TEST(Reconcile, AKeyThatIsNoValueOfItsTypeIsAFindingWhereverItIsSorted) {
  StrayNotes notes;
  EXPECT_THAT(notes.findings(), ElementsAre("x"));
  notes.spec.side = Side::kPlatform;
  notes.spec.part = 2;
  EXPECT_THAT(notes.findings(), testing::Not(testing::Contains("x")));
}

TEST(Reconcile, StopsWhereKeysDoNotRise) {
  Notes notes;
  notes.pair(1);
  notes.pair(2);
  notes.database.table(kNotes).collation = std::greater<>();
  ReconcileScan scan = notes.scan();
  VirtualEndpoint endpoint(notes.database);
  EXPECT_THAT(scan.next(endpoint, notes.store, 100), FailsWith(Code::kScanDisordered, "notes"));
}

}  // namespace
}  // namespace atlas
