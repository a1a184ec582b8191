// The same scripts on the virtual database, SQLite and PostgreSQL, and their answers side by side.

#include "sim/agree/compare_testing.h"
#include "sim/agree/draw_testing.h"
#include "sim/agree/places_testing.h"
#include "sim/agree/stories_testing.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <string>

namespace atlas::agree {
namespace {

// How many drawn scripts of each kind: with one writer, with two. ATLAS_AGREE asks for more.
std::uint64_t drawn() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr std::uint64_t kUsual = 4;
#else
  constexpr std::uint64_t kUsual = 20;
#endif
  const char* const asked = std::getenv("ATLAS_AGREE");
  return asked == nullptr ? kUsual : std::stoull(asked);
}

// What the places say of `script`, compared with PostgreSQL; empty if all say the same.
std::string differences(const Script& script) {
  Place postgres = postgres_place();
  const Transcript theirs = play(script, postgres);
  std::string out;
  for (Place& place : other_places(script))
    out += difference(place.name, play(script, place), postgres.name, theirs);
  return out;
}

// The script without the steps that the difference does not need.
Script shortened(Script script) {
  for (std::size_t i = script.steps.size(); i-- > 0;) {
    Script shorter = script;
    shorter.steps.erase(shorter.steps.begin() + static_cast<std::ptrdiff_t>(i));
    if (!differences(shorter).empty()) script = std::move(shorter);
  }
  return script;
}

std::string listing(const Script& script) {
  std::string out;
  for (const Step& step : script.steps) out += "\n  " + describe(step);
  return out;
}

void plays_alike(std::uint64_t first, std::uint64_t count, bool two_writers) {
  int shown = 0;
  for (std::uint64_t seed = first; seed < first + count && shown < 3; ++seed) {
    const Script script = draw(seed, two_writers);
    if (differences(script).empty()) continue;
    ++shown;
    const Script shortest = shortened(script);
    ADD_FAILURE() << script.name << listing(shortest) << "\n" << differences(shortest);
  }
}

TEST(Agree, StoriesAreToldAlikeByAllEndpoints) {
  for (const Script& story : stories()) {
    const std::string found = differences(story);
    EXPECT_TRUE(found.empty()) << story.name << "\n" << found;
  }
}

TEST(Agree, DrawnScriptsWithOneWriterAreToldAlikeByAllEndpoints) { plays_alike(1, drawn(), false); }

TEST(Agree, DrawnScriptsWithTwoWritersAreToldAlikeByTheVirtualDatabaseAndPostgres) {
  plays_alike(1, drawn(), true);
}

TEST(Agree, ADifferenceIsShownAsADiff) {
  const Transcript one = {{"read", "  applied", "  stale"}, {"commit", "  committed"}};
  Transcript two = one;
  EXPECT_EQ(difference("a", one, "b", two), "");
  two[0][2] = "  applied";
  EXPECT_EQ(difference("a", one, "b", two),
            "--- a\n+++ b\n@@ step 1\n  read\n    applied\n-   stale\n+   applied\n");
}

TEST(Agree, EveryDifferenceByNatureSaysWhy) {
  for (const Nature& nature : natures()) EXPECT_FALSE(nature.why.empty()) << nature.words;
}

}  // namespace
}  // namespace atlas::agree
