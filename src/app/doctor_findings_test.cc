#include "app/doctor_findings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::app {
namespace {

using testing::HasSubstr;

using Level = Finding::Level;

Type of(TypeKind kind) {
  Type type;
  type.kind = kind;
  return type;
}

// One entity on one endpoint: legacy table public.users, scope tenant_id, stamp updated_at, key id.
struct World {
  Plan plan;
  TableInfo info;

  World() {
    EndpointPlan endpoint;
    endpoint.name = "legacy.main";
    plan.endpoints.push_back(std::move(endpoint));
    info.table = {"public", "users"};
    for (const char* name : {"id", "tenant_id", "updated_at"}) {
      ColumnInfo column;
      column.name = name;
      column.type = of(TypeKind::kInt8);
      column.not_null = true;
      info.columns.push_back(std::move(column));
    }
    EntityPlan entity;
    entity.name = "person";
    KindPlan kind;
    kind.name = "users";
    kind.shape.table = info.table;
    kind.shape.columns = {{"id", of(TypeKind::kInt8)},
                          {"tenant_id", of(TypeKind::kInt8)},
                          {"updated_at", of(TypeKind::kTimestamp)}};
    kind.shape.key = {0};
    kind.shape.stamp = 2;
    kind.shape.scope = {{1, Value::integer(42)}};
    entity.kinds.push_back(std::move(kind));
    plan.entities.push_back(std::move(entity));
  }

  TableShape& shape() { return plan.entities[0].kinds[0].shape; }
  std::vector<Finding> findings() const { return table_findings(plan, EndpointIndex{0}, {info}); }
  // The only finding about `topic` that is not ok.
  Finding trouble(const std::string& topic) const {
    std::vector<Finding> out;
    for (const Finding& finding : findings()) {
      if (finding.topic == topic && finding.level != Level::kOk) out.push_back(finding);
    }
    EXPECT_EQ(out.size(), 1U) << topic;
    return out.empty() ? Finding{} : out.front();
  }
  bool quiet(const std::string& topic) const {
    for (const Finding& finding : findings()) {
      if (finding.topic == topic && finding.level != Level::kOk) return false;
    }
    return true;
  }
};

TEST(DoctorIndex, MissingGivesTheExactStatement) {
  World world;
  EXPECT_EQ(world.trouble("index").fix,
            "CREATE INDEX CONCURRENTLY users_updated_at_idx ON public.users (updated_at, id);");
}

TEST(DoctorIndex, OnSqliteIsNotConcurrent) {
  World world;
  world.plan.endpoints[0].engine = EngineKind::kSqlite;
  world.info.table = {"", "users"};
  world.shape().table = world.info.table;
  EXPECT_EQ(world.trouble("index").fix,
            "CREATE INDEX users_updated_at_idx ON users (updated_at, id);");
}

TEST(DoctorIndex, QuotesNamesThatNeedIt) {
  World world;
  world.info.table = {"public", "Us\"ers"};
  world.shape().table = world.info.table;
  EXPECT_THAT(world.trouble("index").fix, HasSubstr("ON public.\"Us\"\"ers\" (updated_at, id);"));
}

TEST(DoctorIndex, IsServedByStampAndKeyWithScopeColumnsAnywhere) {
  for (const auto& columns :
       std::vector<std::vector<std::string>>{{"updated_at", "id"},
                                             {"tenant_id", "updated_at", "id"},
                                             {"updated_at", "tenant_id", "id"},
                                             {"updated_at", "id", "name"}}) {
    World world;
    world.info.indexes.push_back({"some_idx", columns});
    EXPECT_TRUE(world.quiet("index")) << testing::PrintToString(columns);
  }
}

TEST(DoctorIndex, IsNotServedByOtherOrders) {
  for (const auto& columns : std::vector<std::vector<std::string>>{
           {"id", "updated_at"}, {"updated_at"}, {"name", "updated_at", "id"}, {"id"}, {}}) {
    World world;
    world.info.indexes.push_back({"some_idx", columns});
    EXPECT_FALSE(world.quiet("index")) << testing::PrintToString(columns);
  }
}

TEST(DoctorCapture, ANullableStampIsToldWithTheStatement) {
  World world;
  world.info.columns[2].not_null = false;
  EXPECT_EQ(world.trouble("capture").fix,
            "ALTER TABLE public.users ALTER COLUMN updated_at SET NOT NULL;");
}

TEST(DoctorCapture, NoStampFails) {
  World world;
  world.shape().stamp.reset();
  EXPECT_EQ(world.trouble("capture").level, Level::kFail);
}

TEST(DoctorTriggers, AreListedByWhatTheyDo) {
  World world;
  EXPECT_TRUE(world.quiet("triggers"));
  world.info.triggers.push_back({.name = "audit", .before_row = false, .after_or_deferred = true});
  EXPECT_THAT(world.trouble("triggers").detail, HasSubstr("audit may write after our own writes"));
}

TEST(DoctorTriggers, ThatNeedTheApplicationsSearchPathAreNamed) {
  World world;
  world.info.triggers.push_back({.name = "log_it", .uses_callers_path = true});
  EXPECT_THAT(world.trouble("triggers").detail, HasSubstr("log_it name tables without"));
}

TEST(DoctorCapture, TriggersThatStampByTheSessionsZoneAreNamed) {
  World world;
  world.info.triggers.push_back({.name = "touch", .before_row = true, .uses_session_zone = true});
  TypeKind& stamp = world.shape().columns[*world.shape().stamp].type.kind;
  stamp = TypeKind::kTimestamp;
  EXPECT_THAT(world.trouble("capture").detail, HasSubstr("touch stamp by the session's time zone"));
  stamp = TypeKind::kTimestampTz;
  EXPECT_TRUE(world.quiet("capture"));
}

TEST(DoctorClock, WarnsAboveASecondBeyondWhatWasMeasured) {
  using std::chrono::milliseconds;
  EXPECT_EQ(clock_finding(milliseconds(900), milliseconds(5)).level, Level::kOk);
  EXPECT_EQ(clock_finding(milliseconds(-1500), milliseconds(5)).level, Level::kWarn);
  EXPECT_EQ(side_clock_finding(milliseconds(1500), milliseconds(600)).level, Level::kOk);
  EXPECT_THAT(side_clock_finding(milliseconds(5000), milliseconds(1)).detail, HasSubstr("+5.0 s"));
}

}  // namespace
}  // namespace atlas::app
