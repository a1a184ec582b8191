#include "resolve/liveness.h"

#include "resolve/page_testing.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <tuple>

namespace atlas {
namespace {

const std::string kPage = ATLAS_TEST_SOURCE_DIR "/docs/formats/decision.md";

using Cell = std::tuple<std::string, std::string, std::string>;

struct Swap {
  Case one;
  Case other;
};
constexpr Swap kSwaps[] = {
    {Case::kCreatePlatform, Case::kCreateLegacy},
    {Case::kDeletePlatform, Case::kDeleteLegacy},
    {Case::kRevivePlatform, Case::kReviveLegacy},
};

Case swapped(Case c) {
  for (const Swap& swap : kSwaps) {
    if (c == swap.one) return swap.other;
    if (c == swap.other) return swap.one;
  }
  return c;
}

template <class Check>
void for_all_48(Check check) {
  for (const LinkState link : kLinkStates) {
    for (const Presentation legacy : kPresentations) {
      for (const Presentation platform : kPresentations) {
        SCOPED_TRACE(std::string(link_state_name(link)) + " × " +
                     std::string(presentation_name(legacy)) + " × " +
                     std::string(presentation_name(platform)));
        check(link, legacy, platform);
      }
    }
  }
}

TEST(Liveness, PagePrintsAll48CasesAsTheyAreAndSaysWhy) {
  std::map<Cell, std::string> page;
  for (const TableRow& row : page_table(kPage, "Cases")) {
    ASSERT_EQ(row.size(), 5U);
    EXPECT_TRUE(page.emplace(Cell{row[0], row[1], row[2]}, row[3]).second)
        << row[0] << " × " << row[1] << " × " << row[2] << " stands twice";
    EXPECT_FALSE(row[4].empty());
  }
  EXPECT_EQ(page.size(), 48U);
  for_all_48([&](LinkState link, Presentation legacy, Presentation platform) {
    const Cell cell{link_state_name(link), presentation_name(legacy), presentation_name(platform)};
    EXPECT_EQ(page[cell], case_name(classify(link, legacy, platform)));
  });
}

TEST(Liveness, PageSaysOfEachCaseWhatItDoes) {
  std::set<std::string> page;
  for (const TableRow& row : page_table(kPage, "What a case does")) {
    EXPECT_TRUE(page.insert(row.at(0)).second) << row.at(0) << " stands twice";
  }
  std::set<std::string> reached;
  for_all_48([&](LinkState link, Presentation legacy, Presentation platform) {
    reached.emplace(case_name(classify(link, legacy, platform)));
  });
  EXPECT_EQ(page, reached);
  EXPECT_EQ(page.size(), 16U) << "every case of the enum can happen";
}

TEST(Liveness, SwappingTheSidesSwapsTheCase) {
  for_all_48([](LinkState link, Presentation legacy, Presentation platform) {
    EXPECT_EQ(swapped(classify(link, legacy, platform)), classify(link, platform, legacy));
  });
}

TEST(Liveness, OutOfScopeIsNeverWrittenAndNeverADelete) {
  for_all_48([](LinkState link, Presentation legacy, Presentation platform) {
    if (legacy != Presentation::kOutOfScope && platform != Presentation::kOutOfScope) return;
    EXPECT_EQ(classify(link, legacy, platform), Case::kFilteredScope);
  });
}

// S6: a row that merely is not there deletes nothing.
TEST(Liveness, AbsenceAloneNeverDeletes) {
  for_all_48([](LinkState link, Presentation legacy, Presentation platform) {
    const Case c = classify(link, legacy, platform);
    if (c == Case::kDeletePlatform) {
      EXPECT_EQ(legacy, Presentation::kDead);
    }
    if (c == Case::kDeleteLegacy) {
      EXPECT_EQ(platform, Presentation::kDead);
    }
  });
  using enum Presentation;
  EXPECT_EQ(classify(LinkState::kAlive, kAbsent, kAlive), Case::kSuspectedDelete);
  EXPECT_EQ(classify(LinkState::kAlive, kAlive, kAbsent), Case::kSuspectedDelete);
}

// S5: what was dead on both sides comes back only where a side shows it alive.
TEST(Liveness, NothingIsRevivedOrCreatedWithoutASideThatIsAlive) {
  for_all_48([](LinkState link, Presentation legacy, Presentation platform) {
    if (legacy == Presentation::kAlive || platform == Presentation::kAlive) return;
    switch (classify(link, legacy, platform)) {
      case Case::kNothing:
      case Case::kBothDead:
      case Case::kStillDead:
      case Case::kFilteredDead:
      case Case::kFilteredScope:
        return;
      case Case::kCreatePlatform:
      case Case::kCreateLegacy:
      case Case::kAdopt:
      case Case::kFields:
      case Case::kDeletePlatform:
      case Case::kDeleteLegacy:
      case Case::kRevivePlatform:
      case Case::kReviveLegacy:
      case Case::kBothRevived:
      case Case::kSuspectedDelete:
      case Case::kHoldMismatch:
        ADD_FAILURE() << case_name(classify(link, legacy, platform));
    }
  });
}

// S5: after a confirmed delete, absence of both rows or marks on both is rest.
TEST(Liveness, DeadStaysDeadWhereNobodyIsAlive) {
  for (const Presentation legacy : {Presentation::kAbsent, Presentation::kDead}) {
    for (const Presentation platform : {Presentation::kAbsent, Presentation::kDead}) {
      EXPECT_EQ(classify(LinkState::kDead, legacy, platform), Case::kStillDead);
    }
  }
}

TEST(Liveness, DeletesNeedALink) {
  for_all_48([](LinkState link, Presentation legacy, Presentation platform) {
    if (link == LinkState::kAlive) return;
    const Case c = classify(link, legacy, platform);
    EXPECT_NE(c, Case::kDeletePlatform);
    EXPECT_NE(c, Case::kDeleteLegacy);
    EXPECT_NE(c, Case::kBothDead);
  });
}

TEST(Liveness, NamesAreDifferent) {
  std::set<std::string_view> names;
  for_all_48([&](LinkState link, Presentation legacy, Presentation platform) {
    names.insert(case_name(classify(link, legacy, platform)));
    names.insert(presentation_name(legacy));
  });
  EXPECT_EQ(names.size(), 16U + 4U);
  EXPECT_FALSE(names.contains("?"));
}

}  // namespace
}  // namespace atlas
