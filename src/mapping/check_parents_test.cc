#include "mapping/ddl_testing.h"
#include "mapping/document.h"
#include "mapping/load_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace atlas {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

std::string file(const std::string& path) {
  std::ifstream in(std::string(ATLAS_TEST_SOURCE_DIR) + "/tests/mappings/" + path);
  EXPECT_TRUE(in) << path;
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

void replace(std::string& text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  ASSERT_NE(at, std::string::npos) << from;
  text.replace(at, from.size(), to);
}

// right/references.yaml, whose people are removed on legacy while teams, which refer to them by
// owner_id, are marked there.
struct MarkedChildren : testing::Test {
  MarkedChildren() {
    replace(mapping, "delete:   {legacy: {soft: deleted_at}, platform: {soft: archived_at}}",
            "delete:   {legacy: hard, platform: {soft: archived_at}}");
    replace(mapping, "delete:   {legacy: hard, platform: hard}",
            "delete:   {legacy: {soft: deleted_at}, platform: hard}");
    replace(mapping, "    platform_only: {u.locale",
            "    legacy_only: {users.deleted_at: {ignore: \"of the application\"}}\n"
            "    platform_only: {u.locale");
    replace(legacy, "  owner_id   integer NOT NULL,\n",
            "  owner_id   integer NOT NULL,\n  deleted_at timestamp,\n");
  }
  Compiled compiled() const {
    const Loaded loaded =
        load("m.yaml", mapping, fixed_variables({{"LEGACY_DSN", "l"}, {"APP_DSN", "a"}}));
    EXPECT_TRUE(loaded.document) << places(loaded.problems).size();
    Catalogs catalogs =
        catalogs_from(connections(*loaded.document),
                      {{"legacy", legacy}, {"app", file("schema/app.postgres.sql")}});
    for (TableInfo& table : catalogs[0]) {
      if (key && table.table.name == "teams")
        table.foreign_keys = {{"teams_owner_fkey", {"owner_id"}, {"public", "users"}, {"id"}}};
    }
    return compile(*loaded.document, catalogs);
  }
  // Tables whose dead rows hold a person on legacy.
  static std::vector<std::string> holders(const Compiled& compiled) {
    std::vector<std::string> out;
    for (const ReferrerPlan& one : compiled.plan->entity("person")->referrers[0]) {
      if (one.key_holds) out.push_back(one.shape.table.name);
    }
    return out;
  }
  bool key = true;
  std::string mapping = file("right/references.yaml");
  std::string legacy = file("schema/legacy.postgres.sql");
};

TEST_F(MarkedChildren, OfARemovedParentAreRemarkedOnWhereAForeignKeyIsBetweenThem) {
  const Compiled with_key = compiled();
  EXPECT_THAT(places(with_key.problems), Contains(HasSubstr("remark ATB-2306 32:7")));
  ASSERT_TRUE(with_key.plan);
  EXPECT_THAT(holders(with_key), testing::ElementsAre("teams"));
}

TEST_F(MarkedChildren, WithoutAForeignKeyHoldNobody) {
  key = false;
  const Compiled without = compiled();
  EXPECT_THAT(places(without.problems), Not(Contains(HasSubstr("ATB-2306"))));
  ASSERT_TRUE(without.plan);
  EXPECT_THAT(holders(without), testing::IsEmpty());
}

TEST_F(MarkedChildren, OfAMarkedParentAreInNobodysWay) {
  replace(mapping, "delete:   {legacy: hard, platform: {soft: archived_at}}",
          "delete:   {legacy: {soft: deleted_at}, platform: {soft: archived_at}}");
  replace(mapping, "    legacy_only: {users.deleted_at: {ignore: \"of the application\"}}\n", "");
  EXPECT_THAT(places(compiled().problems), Not(Contains(HasSubstr("ATB-2306"))));
}

}  // namespace
}  // namespace atlas
