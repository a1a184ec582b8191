#include "engines/sqlite/state.h"

#include "engines/sqlite/fixture_testing.h"
#include "model/key.h"
#include "state/conformance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace atlas::sqlite {
namespace {

template <class T>
T need(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().text());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

class SqliteStateFixture final : public StateFixture {
 public:
  std::unique_ptr<StateStore> open() override {
    SqliteStateOptions options;
    options.path = folder_.file("state.db");
    return need(SqliteStateStore::open(options));
  }

 private:
  TestFolder folder_;
};

const bool kRegistered =
    register_state_conformance("Sqlite", [] { return std::make_unique<SqliteStateFixture>(); });

Key int_key(std::int64_t id) {
  const Value value = Value::integer(id);
  return encode_key(std::span(&value, 1));
}

EntityLayout person() {
  EntityLayout out;
  out.name = "person";
  out.kinds = {"users"};
  Type integer;
  integer.kind = TypeKind::kInt8;
  out.legacy_key = {integer};
  out.platform_key = {integer};
  out.parts = {"legacy", "u"};
  out.fields = {{"name", 1}};
  return out;
}

// State in the file of an endpoint.
class SqliteJoin : public testing::Test {
 protected:
  void SetUp() override {
    endpoint_ = fixture_.open();
    need(endpoint_->install());
    SqliteStateOptions options;
    options.path = fixture_.path();
    options.own_file = false;
    store_ = need(SqliteStateStore::open(options));
    need(store_->migrate());
    tenant_ = need(store_->tenant("a", "uuid-a", {}));
    entity_ = need(store_->entity(tenant_.id, person()));
    lease_ =
        *need(store_->take_lease(tenant_.id, "test", std::chrono::minutes(1), system_clock().now()))
             .lease;
    need(endpoint_->raise_fence("uuid-a", {.epoch = lease_.epoch}));
    links_.add(0, int_key(1), int_key(2));
    confirm_.batch = {1};
    confirm_.insert_links = {&links_[0]};
  }
  std::unique_ptr<Transaction> begin(std::int64_t batch) {
    return need(endpoint_->begin({"uuid-a", lease_.epoch, {batch}}, {}));
  }

  SqliteFixture fixture_;
  std::unique_ptr<Endpoint> endpoint_;
  std::unique_ptr<StateStore> store_;
  TenantInfo tenant_;
  EntityRef entity_;
  Lease lease_;
  Links links_{2, 1};
  Confirm confirm_;
};

TEST_F(SqliteJoin, AConfirmTravelsInATransactionOfItsOwnFile) {
  auto transaction = begin(1);
  ASSERT_TRUE(store_->joins(*transaction));
  need(store_->confirm_joined(*transaction, lease_, entity_, confirm_));
  EXPECT_EQ(need(store_->link_count(tenant_.id, entity_)), 0) << "not before the commit";
  EXPECT_EQ(transaction->commit().outcome, CommitOutcome::kCommitted);
  EXPECT_EQ(need(store_->link_count(tenant_.id, entity_)), 1);
}

TEST_F(SqliteJoin, AConfirmGoesWithARolledBackTransaction) {
  {
    auto transaction = begin(1);
    need(store_->confirm_joined(*transaction, lease_, entity_, confirm_));
  }
  EXPECT_EQ(need(store_->link_count(tenant_.id, entity_)), 0);
}

TEST_F(SqliteJoin, AConfirmThatFailsEndsTheTransaction) {
  Lease late = lease_;
  --late.epoch.value;
  auto transaction = begin(1);
  EXPECT_EQ(store_->confirm_joined(*transaction, late, entity_, confirm_).error().code(),
            Code::kFenceStale);
  EXPECT_EQ(transaction->commit().outcome, CommitOutcome::kRolledBack);
  need(endpoint_->raise_fence("uuid-a", {.epoch = {lease_.epoch.value + 1}}));
  EXPECT_FALSE(need(endpoint_->settle({"uuid-a", lease_.epoch, {1}})).applied);
}

TEST_F(SqliteJoin, AnotherFilesTransactionIsNotJoined) {
  SqliteFixture elsewhere;
  auto endpoint = elsewhere.open();
  need(endpoint->install());
  need(endpoint->raise_fence("uuid-a", {.epoch = {1}}));
  auto transaction = need(endpoint->begin({"uuid-a", {1}, {1}}, {}));
  EXPECT_FALSE(store_->joins(*transaction));
  EXPECT_FALSE(store_->confirm_joined(*transaction, lease_, entity_, confirm_));
}

TEST(SqliteStateFile, FileIsItsOwnersOnly) {
  const TestFolder folder;
  SqliteStateOptions options;
  options.path = folder.file("state.db");
  need(need(SqliteStateStore::open(options))->migrate());
  struct ::stat found{};
  ASSERT_EQ(::stat(options.path.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0600U);
  ASSERT_EQ(::chmod(options.path.c_str(), 0640), 0);
  need(SqliteStateStore::open(options));
  ASSERT_EQ(::stat(options.path.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0640U) << "somebody has meant this";
}

TEST(SqliteStateFile, OfAnotherProgramIsRefusedAndStaysAsItIs) {
  const TestFolder folder;
  SqliteStateOptions options;
  options.path = folder.file("app.db");
  std::ofstream(options.path) << "";  // SQLite's own mode of rollback journals
  sqlite3* app = nullptr;
  ASSERT_EQ(sqlite3_open(options.path.c_str(), &app), SQLITE_OK);
  // Another mapping's endpoint has tables of ours, and is no state.
  ASSERT_EQ(sqlite3_exec(app, "CREATE TABLE a (x); CREATE TABLE atlas_bridge_fence (y)", nullptr,
                         nullptr, nullptr),
            SQLITE_OK);
  (void)sqlite3_close(app);
  const auto bytes = [&] {
    std::ifstream file(options.path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  const std::string before = bytes();
  const auto refused = SqliteStateStore::open(options);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::kStateForeign);
  EXPECT_THAT(refused.error().why(), testing::HasSubstr(options.path));
  EXPECT_EQ(bytes(), before);
  options.own_file = false;
  need(need(SqliteStateStore::open(options))->migrate());
}

TEST(SqliteStateFile, ADeviceIsRefused) {
  for (const bool own : {true, false}) {
    SqliteStateOptions options;
    options.path = "/dev/null";
    options.own_file = own;
    const auto refused = SqliteStateStore::open(options);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), Code::kStateUnusable);
    EXPECT_THAT(refused.error().why(), testing::HasSubstr("no regular file"));
  }
}

TEST(SqliteStateFile, OneThatMayNotBeReadIsAMatterOfRights) {
  const TestFolder folder;
  SqliteStateOptions options;
  options.path = folder.file("state.db");
  need(need(SqliteStateStore::open(options))->migrate());
  ASSERT_EQ(::chmod(options.path.c_str(), 0), 0);
  // Root may read everything: the attempt is another user's.
  const pid_t child = ::fork();
  if (child == 0) {
    if (::geteuid() == 0 && ::setuid(65534) != 0) ::_exit(2);
    const auto refused = SqliteStateStore::open(options);
    ::_exit(!refused && refused.error().code() == Code::kPrivilegeMissing ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST(SqliteStateFile, AdviceNamesWhatAReaderLeftBesideAReadOnlyFile) {
  const TestFolder folder;
  const std::string path = folder.file("a.db");
  EXPECT_THAT(writable_advice(path), testing::Not(testing::HasSubstr("-shm")));
  std::ofstream(path + "-shm") << "";
  std::ofstream(path + "-wal") << "";
  EXPECT_THAT(writable_advice(path), testing::HasSubstr(path + "-wal, " + path + "-shm"));
}

TEST(SqliteStateFile, TablesThatAreGoneMakeItUnusable) {
  for (const char* table : {"atlas_bridge_meta", "atlas_bridge_tenant", "atlas_bridge_note"}) {
    const TestFolder folder;
    SqliteStateOptions options;
    options.path = folder.file("state.db");
    need(need(SqliteStateStore::open(options))->migrate());
    ConnectionOptions raw;
    raw.path = options.path;
    need(need(Connection::open(raw))->execute("test", std::string("DROP TABLE ") + table));
    auto store = need(SqliteStateStore::open(options));
    const auto used = [&]() -> Result<> {
      ATLAS_OK(store->migrate());
      ATLAS_TRY(const TenantInfo tenant, store->tenant("a", "uuid-a", {}));
      return store->put_note(tenant.id, "x", "y");
    }();
    ASSERT_FALSE(used) << table;
    EXPECT_EQ(used.error().code(), Code::kStateUnusable) << table;
    EXPECT_THAT(used.error().why(), testing::HasSubstr(table));
  }
}

TEST(SqliteStateFile, OfANewerVersionIsNotTouched) {
  const TestFolder folder;
  SqliteStateOptions options;
  options.path = folder.file("state.db");
  auto store = need(SqliteStateStore::open(options));
  need(store->migrate());
  ConnectionOptions raw;
  raw.path = options.path;
  need(need(Connection::open(raw))->execute("test", "UPDATE atlas_bridge_meta SET value = 1000"));
  EXPECT_EQ(store->migrate().error().code(), Code::kStateTooNew);
}

TEST(SqliteStateFile, DamageIsNoticed) {
  const TestFolder folder;
  SqliteStateOptions options;
  options.path = folder.file("state.db");
  std::ofstream(options.path) << std::string(5000, 'x');
  EXPECT_EQ(SqliteStateStore::open(options).error().code(), Code::kStateUnusable);
}

TEST(SqliteStateFile, ADamagedLinkIsNoticed) {
  const TestFolder folder;
  SqliteStateOptions options;
  options.path = folder.file("state.db");
  auto store = need(SqliteStateStore::open(options));
  need(store->migrate());
  const TenantInfo tenant = need(store->tenant("a", "uuid-a", {}));
  const EntityRef entity = need(store->entity(tenant.id, person()));
  const Lease lease =
      *need(store->take_lease(tenant.id, "test", std::chrono::minutes(1), system_clock().now()))
           .lease;
  Links links(2, 1);
  links.add(0, int_key(1), int_key(2));
  Confirm confirm;
  confirm.insert_links = {&links[0]};
  need(store->confirm(lease, entity, confirm));
  ConnectionOptions raw;
  raw.path = options.path;
  need(need(Connection::open(raw))
           ->execute("test",
                     "UPDATE atlas_bridge_link_1 SET doc = substr(doc, 1, length(doc) - 1)"));
  EXPECT_EQ(store->scan_links(tenant.id, entity, Side::kLegacy, 0, {}, 10).error().code(),
            Code::kStateUnusable);
}

TEST(SqliteStateFile, KeysOfOtherTypesDoNotForgetLinksSilently) {
  const TestFolder folder;
  SqliteStateOptions options;
  options.path = folder.file("state.db");
  auto store = need(SqliteStateStore::open(options));
  need(store->migrate());
  const TenantInfo tenant = need(store->tenant("a", "uuid-a", {}));
  EntityLayout decl = person();
  const EntityRef entity = need(store->entity(tenant.id, decl));
  decl.platform_key[0].kind = TypeKind::kUuid;
  EXPECT_TRUE(store->entity(tenant.id, decl)) << "nothing is linked yet";
  const Lease lease =
      *need(store->take_lease(tenant.id, "test", std::chrono::minutes(1), system_clock().now()))
           .lease;
  Links links(2, 1);
  links.add(0, int_key(1), int_key(2));
  Confirm confirm;
  confirm.insert_links = {&links[0]};
  need(store->confirm(lease, entity, confirm));
  decl.platform_key[0].kind = TypeKind::kText;
  EXPECT_EQ(store->entity(tenant.id, decl).error().code(), Code::kKeyUnsupported);
}

}  // namespace
}  // namespace atlas::sqlite
