// Differences that nobody's stamp tells of, planted one kind at a time at the edges of pages:
// verify counts exactly these, and a repair ends them, in one go or stopped and begun again (ENGINE
// E36).

#include "flow/scene_run_testing.h"

#include <gtest/gtest.h>

namespace atlas::sim {
namespace {

enum class Kind : std::uint8_t {
  kLegacyValue,
  kPlatformValue,
  kPartValue,
  kPartGone,
  kLegacyGone,
  kPlatformGone,
  kLegacyNew,
  kPlatformNew,
};
enum class Where : std::uint8_t { kFirst, kLast, kEndOfPage, kStartOfPage, kMany };
enum class How : std::uint8_t { kInOneGo, kStoppedAndBegunAgain };

constexpr std::size_t kRows = 11;
constexpr std::size_t kPage = 4;

struct Planted : testing::TestWithParam<std::tuple<Kind, Where, How>> {
  const Kind kind = std::get<0>(GetParam());
  Scene scene{{.hard_legacy = true, .hard_platform = true}};
  Company& company = scene.company;
  std::vector<Key> people;

  void SetUp() override {
    company.compile();
    company.person().limits.deletes_confirm = Micros(0);
    for (std::size_t i = 0; i < kRows; ++i) people.push_back(company.hire("p" + std::to_string(i)));
    (void)run(company);
    company.world.pass(std::chrono::hours(2));
    (void)run(company);
    ASSERT_EQ(verified(company).verdict, Verdict::kEqual);
  }

  static std::vector<std::size_t> places(Where where) {
    switch (where) {
      case Where::kFirst:
        return {0};
      case Where::kLast:
        return {kRows - 1};
      case Where::kEndOfPage:
        return {kPage - 1};
      case Where::kStartOfPage:
        return {kPage};
      case Where::kMany:
        return {0, 2, 3, 4, 8, 10};
    }
    return {};
  }

  // What a fix by hand does: the stamp stays as it was.
  static void sneak(Database& database, const TableName& table, const Key& row, const char* column,
                    const std::string& text) {
    const Value stamp = database.rows(table).at(row)->cells.back();
    database.update(table, row, {{column, Value::text(text)}, {"updated", stamp}});
  }

  void plant(std::size_t place) {
    const Key& row = people[place];
    const Key user = company.platform_of(row);
    const Instant now = company.world.now();
    switch (kind) {
      case Kind::kLegacyValue:
        return sneak(company.legacy, kPeople, row, "name", "other");
      case Kind::kPlatformValue:
        return sneak(company.identity, kUsers, user, "name", "other");
      case Kind::kPartValue:
        return sneak(company.geo, kProfiles, user, "city", "other");
      case Kind::kPartGone:
        return company.geo.remove(kProfiles, user);
      case Kind::kLegacyGone:
        return company.legacy.remove(kPeople, row);
      case Kind::kPlatformGone:
        company.geo.remove(kProfiles, user);
        return company.identity.remove(kUsers, user);
      case Kind::kLegacyNew:
      case Kind::kPlatformNew:
        company.world.set(now - std::chrono::hours(3));  // capture has passed that stamp
        if (kind == Kind::kLegacyNew) {
          (void)company.hire("n" + std::to_string(place));
        } else {
          (void)company.sign_up("n" + std::to_string(place));
        }
        company.world.set(now);
        return;
    }
  }

  Standing expected() const {
    if (kind == Kind::kLegacyNew) return Standing::kUnlinkedLegacy;
    if (kind == Kind::kPlatformNew) return Standing::kUnlinkedPlatform;
    return Standing::kDifferent;
  }
};

TEST_P(Planted, AreCountedExactlyAndRepaired) {
  const std::vector<std::size_t> rows = places(std::get<1>(GetParam()));
  for (const std::size_t place : rows) plant(place);
  const bool added = expected() != Standing::kDifferent;
  for (const std::size_t page : {std::size_t{1}, kPage, kRows, std::size_t{1000}}) {
    VerifyOptions options;
    options.page_rows = page;
    const VerifyReport report = verified(company, options);
    EXPECT_EQ(report.verdict, Verdict::kDifferent);
    EXPECT_EQ(report.total[expected()], std::ssize(rows)) << "in pages of " << page;
    EXPECT_EQ(report.total[Standing::kEqual], std::ssize(people) - (added ? 0 : std::ssize(rows)))
        << "in pages of " << page;
  }
  RunSettings repair;
  repair.page_rows = kPage;
  repair.sweep.sweep = Sweep::kRepair;
  int turns = 2;  // a row that is gone is proved so by the second look
  if (std::get<2>(GetParam()) == How::kStoppedAndBegunAgain) {
    for (int after = 1; after < 12; ++after) {
      int asked = 0;
      repair.stop = [&] { return ++asked > after ? Ports::Stop::kDeadline : Ports::Stop::kNone; };
      (void)try_run(company, repair);
      wait_for_proof(company);
    }
    repair.stop = {};
    turns = 1;
  }
  for (; turns > 0; --turns) {
    (void)run(company, repair);
    wait_for_proof(company);
  }
  EXPECT_EQ(verified(company).verdict, Verdict::kEqual);
  expect_converged(company);
  const bool gone = kind == Kind::kLegacyGone || kind == Kind::kPlatformGone;
  EXPECT_EQ(company.legacy_people().size(),
            kRows + (added ? rows.size() : 0) - (gone ? rows.size() : 0));
}

INSTANTIATE_TEST_SUITE_P(
    Matrix, Planted,
    testing::Combine(testing::Values(Kind::kLegacyValue, Kind::kPlatformValue, Kind::kPartValue,
                                     Kind::kPartGone, Kind::kLegacyGone, Kind::kPlatformGone,
                                     Kind::kLegacyNew, Kind::kPlatformNew),
                     testing::Values(Where::kFirst, Where::kLast, Where::kEndOfPage,
                                     Where::kStartOfPage, Where::kMany),
                     testing::Values(How::kInOneGo, How::kStoppedAndBegunAgain)));

}  // namespace
}  // namespace atlas::sim
