// atlas-sim: plays seeds, shows or shortens one of them.

#include "foundation/planted.h"
#include "sim/proof/seeds.h"
#include "sim/proof/shrink.h"
#include "sim/proof/small_worlds.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

namespace {

using atlas::sim::SeedRange;

int show(std::uint64_t seed, bool shorten) {
  atlas::sim::Script script = atlas::sim::draw(seed);
  std::string log;
  atlas::sim::Outcome outcome = atlas::sim::play(script, &log);
  if (shorten && outcome.violation) {
    script = atlas::sim::shrink(std::move(script), outcome.violation->law);
    log.clear();
    outcome = atlas::sim::play(script, &log);
  }
  fmt::print("{}\n\n{}\n", atlas::sim::describe(script), log);
  if (!outcome.violation) {
    fmt::print("every law holds\n");
    return 0;
  }
  fmt::print("{}: {}\n", outcome.violation->law, outcome.violation->what);
  return 1;
}

int play_all(const SeedRange& range, bool demand_marks) {
  const atlas::sim::SeedSums sums = atlas::sim::play_seeds(range);
  fmt::print("{}", atlas::sim::describe(sums, range));
  bool good = sums.broken.empty();
  for (std::size_t m = 0; demand_marks && m < atlas::sim::kMarks; ++m) {
    if (sums.marks[m] != 0) continue;
    fmt::print("never reached: {}\n", atlas::sim::kMarkNames[m]);
    good = false;
  }
  // What the ledger keeps.
  fmt::print("sum\t{}\t{}\t{}\t{}\t{}\t{}\n", range.first, sums.seeds, sums.user_commits, sums.runs,
             sums.fault_sum, sums.broken.size());
  return good ? 0 : 1;
}

// Every story of the small worlds, by what tells two versions of a row apart and by the number of
// operations.
int play_small(unsigned threads) {
  for (const auto tokens : {atlas::sim::TokenStyle::kWriter, atlas::sim::TokenStyle::kContent}) {
    for (const int operations : {1, 2, 3}) {
      const atlas::sim::SmallSums sums = atlas::sim::play_small_worlds(
          {.operations_max = operations, .crash = true, .tokens = tokens, .threads = threads});
      fmt::print("{}, up to {} operations and a crash: {} stories, {} with a crash\n",
                 tokens == atlas::sim::TokenStyle::kWriter ? "writer tokens" : "hashes of content",
                 operations, sums.stories, sums.crashes);
      (void)std::fflush(stdout);
      if (!sums.violation) continue;
      fmt::print("{}: {} in {}\n", sums.violation->law, sums.violation->what, sums.story);
      return 1;
    }
  }
  return 0;
}

// Plays each planted bug until a law breaks, `hunts` times from seeds apart from each other; says
// after how many seeds, in the middle.
int hunt(SeedRange range, std::size_t hunts) {
  constexpr std::uint64_t kApart = 1'000'000;
  if (!atlas::kCanPlant) {
    fmt::print("this build has no planted bugs: ./dev sim --planted builds one that has\n");
    return 64;
  }
  bool all = true;
  range.violations_max = 1;
  const std::uint64_t first = range.first;
  fmt::print(
      "| rule | planted bug | law broken | seeds, median | seeds, most |\n|---|---|---|---|---|\n");
  for (const atlas::PlantInfo& info : atlas::kPlants) {
    atlas::plant(info.plant);
    std::vector<std::uint64_t> seeds;
    std::string law = "none";
    for (std::size_t i = 0; i < hunts; ++i) {
      range.first = first + (i * kApart);
      const atlas::sim::SeedSums sums = atlas::sim::play_seeds(range);
      if (sums.broken.empty()) break;
      law = sums.broken.front().violation.law;
      seeds.push_back(sums.broken.front().seed - range.first + 1);
    }
    std::sort(seeds.begin(), seeds.end());
    const bool found = seeds.size() == hunts;
    all &= found;
    if (found)
      fmt::print("| {} | {} | {} | {} | {} |\n", info.rule, info.what, law, seeds[seeds.size() / 2],
                 seeds.back());
    else
      fmt::print("| {} | {} | **not found** in {} seeds | | |\n", info.rule, info.what,
                 range.count);
    (void)std::fflush(stdout);
  }
  atlas::plant(atlas::Plant::kNone);
  return all ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Plays seeded stories of users, runs and faults with the real engine.", "sim"};
  SeedRange range;
  range.count = 1000;
  range.threads = std::max(1U, std::thread::hardware_concurrency());
  std::uint64_t seed = 0;
  bool shorten = false;
  bool demand_marks = false;
  std::size_t hunts = 0;
  bool small = false;
  app.add_option("--seeds", range.count, "how many")->capture_default_str();
  app.add_option("--from", range.first, "the first one")->capture_default_str();
  app.add_option("--jobs", range.threads, "threads")->capture_default_str();
  auto* one = app.add_option("--seed", seed, "play this one alone and show what happens");
  app.add_flag("--shrink", shorten, "with --seed: show the shortest story that breaks the same law")
      ->needs(one);
  app.add_flag("--all-marks", demand_marks, "fail if a mark is never reached");
  app.add_flag("--small", small, "play every story of the small worlds instead");
  app.add_option("--hunt", hunts, "find each planted bug, so many times over");
  CLI11_PARSE(app, argc, argv);
  if (small) return play_small(range.threads);
  if (hunts > 0) return hunt(range, hunts);
  return seed != 0 ? show(seed, shorten) : play_all(range, demand_marks);
}
