// Every fault point of an apply and of a confirm, one after the other (RELIABILITY F3, I1).

#include "engines/sqlite/fixture_testing.h"
#include "engines/sqlite/state.h"
#include "foundation/fault_point.h"
#include "model/key.h"

#include <gtest/gtest.h>

#include <set>

namespace atlas::sqlite {
namespace {

// Points counted down until the one that fails.
int g_until_failure = 0;
std::set<std::string, std::less<>> g_seen;

Fault fail_at_the_chosen_point(std::string_view point) {
  g_seen.emplace(point);
  return --g_until_failure == 0 ? Fault::kFail : Fault::kNone;
}

class FaultAt {
 public:
  explicit FaultAt(int n) {
    g_until_failure = n;
    set_fault_hook(fail_at_the_chosen_point);
  }
  ~FaultAt() { set_fault_hook(nullptr); }
  FaultAt(const FaultAt&) = delete;
  FaultAt& operator=(const FaultAt&) = delete;
  bool reached() const { return g_until_failure <= 0; }
};

template <class T>
T need(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().text());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

// Inserts the row 1 and says what the caller would believe: nullopt = in doubt.
std::optional<bool> insert_one(Endpoint& endpoint, const TestTable& table, const TableName& name) {
  auto snapshot = endpoint.snapshot();
  if (!snapshot) return false;
  const TableShape shape = shape_of(endpoint, table, name);
  if (!(*snapshot)->keys(shape, {}, 10)) return false;
  const TableShape* shapes[] = {&shape};
  auto transaction = endpoint.begin({"t", {1}, {1}}, shapes);
  if (!transaction) return false;
  const Value key[] = {Value::integer(1)};
  const Value cells[] = {Value::integer(1), Value::text("x")};
  TestGroup insert(shape, WriteKind::kInsert, {"id", "v"});
  insert.add(key, {}, cells, 0);
  const WriteGroup groups[] = {insert.group()};
  if (!(*transaction)->apply(groups)) return false;
  switch ((*transaction)->commit().outcome) {
    case CommitOutcome::kCommitted:
      return true;
    case CommitOutcome::kRolledBack:
      return false;
    case CommitOutcome::kUnknown:
      return std::nullopt;
  }
  return std::nullopt;
}

TEST(SqliteFaults, TheWitnessKnowsWhatBecameOfAnApplyWhereverItWasCut) {
  int doubts = 0;
  for (int n = 1;; ++n) {
    ASSERT_LT(n, 100);
    SqliteFixture fixture;
    const TestTable table{
        "t",
        {{"id", test_type(TypeKind::kInt8), true}, {"v", test_type(TypeKind::kText)}},
        {"id"},
        ""};
    const TableName name = fixture.create_table(table);
    auto endpoint = fixture.open();
    need(endpoint->install());
    need(endpoint->raise_fence("t", {.epoch = {1}}));
    std::optional<bool> believed;
    bool reached = false;
    {
      const FaultAt fault(n);
      believed = insert_one(*endpoint, table, name);
      reached = fault.reached();
    }
    const bool there = fixture.number("SELECT count(*) FROM t") == 1;
    if (believed) {
      EXPECT_EQ(*believed, there) << n;
    } else {
      ++doubts;
    }
    need(endpoint->raise_fence("t", {.epoch = {2}}));
    EXPECT_EQ(need(endpoint->settle({"t", {2}, {1}})).applied, there) << n;
    EXPECT_EQ(need(endpoint->settle({"t", {2}, {1}})).applied, there) << n << ", asked again";
    if (!reached) break;
  }
  EXPECT_EQ(doubts, 1);
  for (const char* point : {"sqlite.snapshot", "sqlite.read", "sqlite.begin", "sqlite.write",
                            "sqlite.before_commit", "sqlite.after_commit"}) {
    EXPECT_TRUE(g_seen.contains(point)) << point;
  }
}

TEST(SqliteFaults, ACutConfirmIsWholeOrNothing) {
  for (int n = 1;; ++n) {
    ASSERT_LT(n, 100);
    const TestFolder folder;
    SqliteStateOptions options;
    options.path = folder.file("state.db");
    auto store = need(SqliteStateStore::open(options));
    need(store->migrate());
    const TenantInfo tenant = need(store->tenant("a", "uuid-a", {}));
    EntityLayout decl;
    decl.name = "e";
    decl.kinds = {"k"};
    decl.legacy_key = decl.platform_key = {test_type(TypeKind::kInt8)};
    decl.parts = {"legacy", "u"};
    const EntityRef entity = need(store->entity(tenant.id, decl));
    const Lease lease =
        *need(store->take_lease(tenant.id, "test", std::chrono::minutes(1), system_clock().now()))
             .lease;
    const Intent intent{{1}, entity.id, "x", "payload"};
    need(store->store_intents(lease, std::span(&intent, 1)));
    const Value one = Value::integer(1);
    const Key key = encode_key(std::span(&one, 1));
    Links links(2, 0);
    links.add(0, key, key);
    Confirm confirm;
    confirm.intents = {{1}};
    confirm.insert_links = {&links[0]};
    bool reached = false;
    {
      const FaultAt fault(n);
      (void)store->confirm(lease, entity, confirm);
      reached = fault.reached();
    }
    EXPECT_EQ(need(store->link_count(tenant.id, entity)) == 1,
              need(store->open_intents(tenant.id)).empty())
        << n;
    if (!reached) break;
  }
}

}  // namespace
}  // namespace atlas::sqlite
