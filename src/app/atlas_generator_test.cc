#include "app/atlas_generator.h"

#include "app/atlas_row_text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace atlas::app {
namespace {

using Row = std::map<std::string, std::optional<std::string>, std::less<>>;
using Rows = std::map<std::string, std::vector<Row>, std::less<>>;

// 2026-06-15 12:00:00 UTC.
constexpr std::int64_t kNowUs = 1'781'524'800'000'000;
constexpr AtlasSize kSize{
    .users = 2000, .staff = 200, .teams = 60, .geofences = 400, .members = 3000, .categories = 15};

struct Generated {
  Rows rows;
  std::vector<std::string> tables;  // as they came, neighbours merged
  AtlasAwkward awkward;
};

std::span<const std::string_view> columns_of(std::string_view table) {
  for (const AtlasTable& shape : atlas_legacy_tables()) {
    if (shape.name == table) return shape.columns;
  }
  ADD_FAILURE() << "unknown table " << table;
  return {};
}

Generated generate(const AtlasSize& size, std::uint64_t seed = 1, std::int64_t now_us = kNowUs) {
  Generated made;
  made.awkward = generate_legacy(
      size, seed, now_us,
      [&](std::string_view table, std::span<const std::optional<std::string_view>> cells) {
        if (made.tables.empty() || made.tables.back() != table) made.tables.emplace_back(table);
        const auto columns = columns_of(table);
        ASSERT_EQ(cells.size(), columns.size());
        Row& row = made.rows[std::string(table)].emplace_back();
        for (std::size_t i = 0; i < cells.size(); ++i) row[std::string(columns[i])] = cells[i];
      });
  return made;
}

bool is_demo(const Row& row) { return row.at("tenant_id") == "42"; }
bool is_alive(const Row& row) { return !row.contains("deleted_at") || !row.at("deleted_at"); }

std::int64_t count_demo(const Generated& made, std::string_view table, bool alive_only = false) {
  return std::ranges::count_if(made.rows.find(table)->second, [&](const Row& row) {
    return is_demo(row) && (!alive_only || is_alive(row));
  });
}

std::set<std::string> ids_of(const Generated& made, std::string_view table, std::string_view tenant,
                             bool alive_only) {
  std::set<std::string> ids;
  for (const Row& row : made.rows.find(table)->second) {
    if (row.at("tenant_id") == tenant && (!alive_only || is_alive(row))) ids.insert(*row.at("id"));
  }
  return ids;
}

// Whether the text is well-formed UTF-8, and the length of its longest character in bytes.
std::pair<bool, int> utf8_of(std::string_view text) {
  int longest = 0;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const int length = lead < 0x80                    ? 1
                       : lead >= 0xc2 && lead <= 0xdf ? 2
                       : lead >= 0xe0 && lead <= 0xef ? 3
                       : lead >= 0xf0 && lead <= 0xf4 ? 4
                                                      : 0;
    if (length == 0 || i + static_cast<std::size_t>(length) > text.size()) return {false, 0};
    for (std::size_t k = 1; k < static_cast<std::size_t>(length); ++k) {
      if ((static_cast<unsigned char>(text[i + k]) & 0xc0U) != 0x80U) return {false, 0};
    }
    longest = std::max(longest, length);
    i += static_cast<std::size_t>(length);
  }
  return {true, longest};
}

TEST(AtlasGenerator, GivesTheSameRowsForTheSameSeedAndOthersForAnother) {
  EXPECT_EQ(generate(kSize, 7).rows, generate(kSize, 7).rows);
  EXPECT_NE(generate(kSize, 7).rows, generate(kSize, 8).rows);
  EXPECT_NE(generate(kSize, 7).rows, generate(kSize, 7, kNowUs + 1).rows);
}

// The figure pins the stream itself, across machines and compilers. It changes when the generator
// is meant to change, and then only in the commit that says so.
TEST(AtlasGenerator, GivesTheRowsItGaveBefore) {
  std::uint64_t hash = 0xcbf29ce484222325U;  // FNV-1a
  const auto mix = [&hash](std::string_view text) {
    for (const char byte : text) {
      hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3U;
    }
  };
  generate_legacy(
      kSize, 1, kNowUs,
      [&](std::string_view table, std::span<const std::optional<std::string_view>> cells) {
        mix(table);
        for (const auto& cell : cells) mix(cell ? *cell : "\x01NULL");
      });
  EXPECT_EQ(hash, 0xf1b8260241c6a6e5U);
}

TEST(AtlasGenerator, FillsTheTablesInTheirOrderAndToTheirSizes) {
  const Generated made = generate(kSize);
  std::vector<std::string> order;
  for (const AtlasTable& table : atlas_legacy_tables()) order.emplace_back(table.name);
  EXPECT_EQ(made.tables, order);
  EXPECT_EQ(count_demo(made, "users"), kSize.users);
  EXPECT_EQ(count_demo(made, "staff"), kSize.staff);
  EXPECT_EQ(count_demo(made, "teams"), kSize.teams);
  EXPECT_EQ(count_demo(made, "geofences"), kSize.geofences);
  EXPECT_EQ(count_demo(made, "members"), kSize.members);
  EXPECT_EQ(count_demo(made, "categories"), kSize.categories);
}

TEST(AtlasGenerator, CountsDeletedAndForeignRows) {
  const Generated made = generate(kSize);
  const auto deleted = [&](std::string_view table) {
    return count_demo(made, table) - count_demo(made, table, true);
  };
  const auto foreign = [&](std::string_view table) {
    return std::ranges::count_if(made.rows.find(table)->second,
                                 [](const Row& row) { return row.at("tenant_id") == "7"; });
  };
  EXPECT_EQ(made.awkward.deleted, (AtlasSize{.users = deleted("users"),
                                             .staff = deleted("staff"),
                                             .teams = deleted("teams"),
                                             .geofences = deleted("geofences"),
                                             .members = deleted("members"),
                                             .categories = 0}));
  EXPECT_EQ(made.awkward.foreign, (AtlasSize{.users = foreign("users"),
                                             .staff = foreign("staff"),
                                             .teams = foreign("teams"),
                                             .geofences = foreign("geofences"),
                                             .members = foreign("members"),
                                             .categories = foreign("categories")}));
  EXPECT_GT(made.awkward.deleted.users, 0);
  EXPECT_GT(made.awkward.foreign.users, 0);
}

TEST(AtlasGenerator, NumbersEachTableWithoutGaps) {
  const Generated made = generate(kSize);
  for (const AtlasTable& table : atlas_legacy_tables()) {
    if (!table.numbered) continue;
    std::int64_t expected = 1;
    for (const Row& row : made.rows.find(table.name)->second) {
      ASSERT_EQ(row.at("id"), std::to_string(expected++)) << table.name;
    }
  }
}

TEST(AtlasGenerator, LiveRowsReferToLiveRowsOfTheirTenantSaveThePlantedOrphans) {
  const Generated made = generate(kSize);
  std::int64_t orphans = 0;
  for (const std::string_view tenant : {"42", "7"}) {
    const auto teams = ids_of(made, "teams", tenant, true);
    const auto staff = ids_of(made, "staff", tenant, true);
    const auto users = ids_of(made, "users", tenant, true);
    const auto categories = ids_of(made, "categories", tenant, true);
    const auto check = [&](std::string_view table, std::string_view column,
                           const std::set<std::string>& parents) {
      std::int64_t missing = 0;
      for (const Row& row : made.rows.find(table)->second) {
        if (row.at("tenant_id") != tenant || !is_alive(row)) continue;
        const auto& parent = row.find(column)->second;
        if (parent && !parents.contains(*parent)) ++missing;
      }
      return missing;
    };
    EXPECT_EQ(check("teams", "lead_id", staff), 0);
    EXPECT_EQ(check("teams", "category_id", categories), 0);
    EXPECT_EQ(check("staff", "team_id", teams), 0);
    EXPECT_EQ(check("members", "team_id", teams), 0);
    EXPECT_EQ(check("members", "user_id", users), 0);
    orphans += check("geofences", "team_id", teams);
  }
  EXPECT_EQ(orphans, 3);
  EXPECT_EQ(made.awkward.orphan_geofences, 3);
}

TEST(AtlasGenerator, PairsAUserWithATeamOnlyOnce) {
  const Generated made = generate(kSize);
  std::set<std::pair<std::string, std::string>> pairs;
  for (const Row& row : made.rows.find("members")->second) {
    EXPECT_TRUE(pairs.emplace(*row.at("team_id"), *row.at("user_id")).second);
  }
}

TEST(AtlasGenerator, StopsMembershipsAtEveryPossiblePair) {
  const Generated made = generate({.users = 5, .staff = 2, .teams = 3, .members = 100});
  EXPECT_EQ(count_demo(made, "members"), 15);
  EXPECT_EQ(count_demo(generate({.users = 5, .members = 100}), "members"), 0);
}

TEST(AtlasGenerator, SharesAnEmailOnlyInThePlantedPairs) {
  const Generated made = generate(kSize);
  std::map<std::string, int> uses;
  for (const std::string_view table : {"users", "staff"}) {
    for (const Row& row : made.rows.find(table)->second) {
      if (is_demo(row)) ++uses[*row.at("email")];
    }
  }
  std::int64_t shared = 0;
  for (const auto& [email, count] : uses) {
    if (count == 1) continue;
    EXPECT_EQ(count, 2) << email;
    ++shared;
  }
  EXPECT_EQ(shared, 3);
  EXPECT_EQ(made.awkward.shared_emails, shared);
}

TEST(AtlasGenerator, PlantsWhatItCounts) {
  const Generated made = generate(kSize);
  std::set<std::string> unmappable;
  std::int64_t folded = 0;
  std::int64_t one_word = 0;
  int longest_character = 0;
  for (const std::string_view table : {"users", "staff"}) {
    for (const Row& row : made.rows.find(table)->second) {
      const auto [is_utf8, longest] = utf8_of(*row.at("name"));
      EXPECT_TRUE(is_utf8);
      longest_character = std::max(longest_character, longest);
      if (!is_demo(row) || !is_alive(row)) continue;
      if (row.at("status") == "9") unmappable.insert(*row.at("id"));
      if (row.at("status") == "3") ++folded;
      if (row.at("name")->find(' ') == std::string::npos) ++one_word;
    }
  }
  EXPECT_EQ(unmappable.size(), 1U);
  EXPECT_EQ(made.awkward.unmappable_users, 1);
  EXPECT_EQ(made.awkward.folded_statuses, folded);
  EXPECT_EQ(made.awkward.one_word_names, one_word);
  EXPECT_GT(folded, 0);
  EXPECT_GT(one_word, 0);
  EXPECT_EQ(longest_character, 4);

  const auto& members = made.rows.find("members")->second;
  EXPECT_EQ(std::ranges::count_if(
                members,
                [](const Row& row) { return row.at("joined_at") == "2026-03-29 02:30:00.000000"; }),
            3);
  EXPECT_EQ(made.awkward.gap_stamps, 3);
  EXPECT_EQ(std::ranges::count_if(
                members, [&](const Row& row) { return unmappable.contains(*row.at("user_id")); }),
            1);
  EXPECT_EQ(made.awkward.members_of_unmappable, 1);

  std::map<std::string, std::string> team_of_staff;
  for (const Row& row : made.rows.find("staff")->second) {
    if (row.at("team_id")) team_of_staff[*row.at("id")] = *row.at("team_id");
  }
  EXPECT_EQ(made.awkward.led_cycles,
            std::ranges::count_if(made.rows.find("teams")->second, [&](const Row& row) {
              return is_demo(row) && is_alive(row) && row.at("lead_id") &&
                     team_of_staff[*row.at("lead_id")] == *row.at("id");
            }));
  EXPECT_GT(made.awkward.led_cycles, 0);
}

TEST(AtlasGenerator, HoldsAllPlantedRowsAlreadyAtTwentyRowsATable) {
  const AtlasAwkward small =
      generate({.users = 20, .staff = 20, .teams = 20, .geofences = 20, .members = 20}).awkward;
  const AtlasAwkward large = generate(kSize).awkward;
  EXPECT_EQ(small.shared_emails, large.shared_emails);
  EXPECT_EQ(small.unmappable_users, large.unmappable_users);
  EXPECT_EQ(small.members_of_unmappable, large.members_of_unmappable);
  EXPECT_EQ(small.gap_stamps, large.gap_stamps);
  EXPECT_EQ(small.orphan_geofences, large.orphan_geofences);
  EXPECT_EQ(small.fine_points, large.fine_points);
}

TEST(AtlasGenerator, EmptySizesGiveTheForeignTenantOnly) {
  const Generated made = generate({});
  for (const auto& [table, rows] : made.rows) {
    EXPECT_TRUE(std::ranges::none_of(rows, is_demo)) << table;
  }
}

TEST(AtlasGenerator, StampsLieBeforeNowInBerlinsTime) {
  const Generated made = generate(kSize);
  for (const auto& [table, rows] : made.rows) {
    for (const Row& row : rows) {
      ASSERT_EQ(row.at("updated_at")->size(),
                std::string_view("2026-01-01 00:00:00.000000").size());
      ASSERT_LE(*row.at("updated_at"), "2026-06-15 13:00:00.000000") << table;
      ASSERT_GE(*row.at("updated_at"), "2024-06-15 14:00:00.000000") << table;
    }
  }
}

std::string berlin(UtcMicros at) {
  RowText row;
  row.berlin_time(at);
  return std::string(*row.cells()[0]);
}

TEST(AtlasRowText, FollowsBerlinsClockThroughBothChanges) {
  using std::chrono::sys_days;
  using namespace std::chrono_literals;
  const sys_days spring = 2026y / 3 / 29;
  const sys_days autumn = 2026y / 10 / 25;
  EXPECT_EQ(berlin(spring + 1h - 1us), "2026-03-29 01:59:59.999999");
  EXPECT_EQ(berlin(spring + 1h), "2026-03-29 03:00:00.000000");
  EXPECT_EQ(berlin(autumn + 1h - 1us), "2026-10-25 02:59:59.999999");
  EXPECT_EQ(berlin(autumn + 1h), "2026-10-25 02:00:00.000000");
  EXPECT_EQ(last_spring_change(spring + 1h), spring);
  EXPECT_EQ(last_spring_change(spring + 1h - 1us), sys_days{2025y / 3 / 30});
}

TEST(AtlasRowText, WritesAnglesWithAllTheirDigits) {
  RowText row;
  row.degrees(525200066);
  row.degrees(-14000);
  row.degrees(0);
  EXPECT_EQ(row.cells()[0], "52.5200066");
  EXPECT_EQ(row.cells()[1], "-0.0014000");
  EXPECT_EQ(row.cells()[2], "0.0000000");
}

}  // namespace
}  // namespace atlas::app
