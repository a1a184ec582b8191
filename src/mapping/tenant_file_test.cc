#include "mapping/tenant_file.h"

#include "mapping/load_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace atlas {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class Tenant : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) /
              ("atlas_tenant_" +
               std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::create_directories(folder_ / "tenants");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) {
    const auto path = folder_ / name;
    std::ofstream(path) << text;
    return path.string();
  }
  LoadedTenant load(const std::string& text, const std::string& name = "acme.yaml") {
    return load_tenant_file(write("tenants/" + name, text), fixed_variables({{"HOME", "/home"}}));
  }

  std::filesystem::path folder_;
};

constexpr const char* kId = "id: 7F3C1D9E-5b0a-4c62-9d41-2f8e6a70b1c4\n";

TEST_F(Tenant, IsReadWholeAndSecretsComeFromFiles) {
  write("tenants/secret", "s3cret\n");
  const LoadedTenant one = load(std::string(kId) +
                                "variables: {TENANT_ID: \"7\", DSN: \"password=${file:secret}\"}\n"
                                "schedule: {cron: \"*/5 6-20 * * 1-5\", zone: Europe/Berlin}\n"
                                "labels: {region: eu}\nphase: platform_leads\npaused: we move\n");
  EXPECT_THAT(problem_texts(one.problems), IsEmpty());
  ASSERT_TRUE(one.tenant);
  EXPECT_EQ(one.tenant->name, "acme");
  EXPECT_EQ(one.tenant->id, "7f3c1d9e-5b0a-4c62-9d41-2f8e6a70b1c4");
  const Variables all = with_tenant(*one.tenant, fixed_variables({{"TENANT_ID", "1"}, {"X", "y"}}));
  EXPECT_EQ(all("TENANT_ID"), "7") << "the tenant's own value comes first";
  EXPECT_EQ(all("DSN"), "password=s3cret");
  EXPECT_EQ(all("X"), "y");
  EXPECT_EQ(all("NO"), std::nullopt);
  EXPECT_EQ(one.tenant->phase, Phase::kPlatformLeads);
  EXPECT_EQ(one.tenant->paused, "we move");
}

TEST_F(Tenant, EveryMistakeHasItsPlaceAndASuggestion) {
  const LoadedTenant one = load(std::string("id: seven\nvariabels: {A: b}\n") +
                                "schedule: {cron: \"61 * * * *\", zone: Europe/Berlyn}\n"
                                "phase: dula\npaused: true\n");
  EXPECT_FALSE(one.tenant);
  EXPECT_THAT(places(one.problems), ElementsAre("ATB-2005 1:5", "ATB-2004 2:1", "ATB-2005 3:18",
                                                "ATB-2011 3:38", "ATB-2005 4:8", "ATB-2005 5:9"));
  EXPECT_THAT(problem_texts(one.problems), HasSubstr("variables"));
}

TEST_F(Tenant, ASecretNeverStandsInAMessage) {
  write("tenants/secret", "s3cret\n");
  const LoadedTenant one =
      load("id: ${file:secret}\nvariables: {DSN: \"${file:secret}\"}\nphase: ${file:secret}\n");
  EXPECT_FALSE(one.tenant);
  std::string all;
  for (const Problem& problem : one.problems) all += problem.error.text();
  EXPECT_THAT(all, Not(HasSubstr("variables: {DSN")));
}

TEST_F(Tenant, AMessageShowsNoLineWhereItMayNotQuoteOne) {
  const std::string text = problem_texts(load("id: nothing\nphase: later\n").problems);
  EXPECT_THAT(text, HasSubstr("acme.yaml:1:"));
  EXPECT_THAT(text, Not(HasSubstr(" | ")));
}

TEST_F(Tenant, DuplicateKeysAndStrangeNamesAreRefused) {
  EXPECT_THAT(places(load(std::string(kId) + kId).problems), ElementsAre("ATB-2003 2:1"));
  EXPECT_THAT(places(load(kId, "a b.yaml").problems), ElementsAre("ATB-2005 1:1"));
}

TEST_F(Tenant, FilesComeByNameAndAThousandAreNoMatter) {
  for (int i = 0; i < 1000; ++i) write("tenants/t" + std::to_string(1000 + i) + ".yaml", kId);
  write("tenants/.hidden.yaml", kId);
  write("tenants/notes.txt", "");
  const std::vector<std::string> files = tenant_files((folder_ / "atlas.yaml").string());
  ASSERT_EQ(files.size(), 1000U);
  EXPECT_EQ(tenant_name(files.front()), "t1000");
  EXPECT_EQ(tenant_name(files.back()), "t1999");
  for (const std::string& file : files) EXPECT_TRUE(load_tenant_file(file, {}).tenant);
}

TEST_F(Tenant, TakesThePlaceOfTheMappingsOwnTenantAndPhase) {
  const LoadedTenant one = load(std::string(kId) + "phase: legacy_leads\n");
  ASSERT_TRUE(one.tenant);
  const std::string mapping = small_mapping(
      "  a:\n    legacy: {t: {key: id}}\n    platform: {p: {table: t, key: id}}\n"
      "    stamp: {legacy: at, platform: p.at}\n    fields:\n      \"name <-> p.name\": copy\n");
  const Loaded with = atlas::load("atlas.yaml", mapping, {}, &*one.tenant);
  const Loaded without = atlas::load("atlas.yaml", mapping, {});
  ASSERT_TRUE(with.document) << problem_texts(with.problems);
  ASSERT_TRUE(without.document) << problem_texts(without.problems);
  EXPECT_EQ(with.document->tenant_name, "acme");
  EXPECT_EQ(with.document->tenant_id, one.tenant->id);
  EXPECT_EQ(with.document->phase, Phase::kLegacyLeads);
  EXPECT_NE(with.document->text, without.document->text) << "another phase wants another check";
}

TEST(Cron, KnowsFiveFieldsAndTheirRanges) {
  for (const char* good : {"* * * * *", "*/5 * * * *", "0 0 1 1 0", "1,2,30-40/3 * * * 7"})
    EXPECT_EQ(cron_problem(good), nullptr) << good;
  for (const char* bad :
       {"", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *",
        "* * * * 8", "5-1 * * * *", "*/0 * * * *", "a * * * *", "1, * * * *", "*  * * * *"})
    EXPECT_NE(cron_problem(bad), nullptr) << bad;
}

}  // namespace
}  // namespace atlas
