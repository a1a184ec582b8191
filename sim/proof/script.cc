#include "sim/proof/script.h"

#include "foundation/rng.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bitset>

namespace atlas::sim {
namespace {

struct KindName {
  StepKind kind;
  std::string_view name;
};
constexpr std::array<KindName, kStepKinds> kNames = {{
    {StepKind::kFound, "found a team"},
    {StepKind::kHire, "add a person"},
    {StepKind::kTwin, "add one person on both sides"},
    {StepKind::kName, "edit a name"},
    {StepKind::kCity, "edit a city"},
    {StepKind::kRemark, "edit a remark"},
    {StepKind::kStatus, "edit a status"},
    {StepKind::kPoison, "write a status that has no code"},
    {StepKind::kMove, "move a person to another team"},
    {StepKind::kDelete, "delete a person"},
    {StepKind::kRevive, "bring a person back"},
    {StepKind::kSecret, "edit a column that is not mapped"},
    {StepKind::kPair, "edit two people in one transaction"},
    {StepKind::kBulk, "edit every person in one transaction"},
    {StepKind::kLate, "edit in a transaction that stays open"},
    {StepKind::kPrepared, "edit in a transaction that is prepared"},
    {StepKind::kClose, "empty a team and delete it"},
    {StepKind::kRun, "run"},
    {StepKind::kReconcile, "run and compare everything"},
    {StepKind::kResolve, "resolve a conflict"},
    {StepKind::kRetry, "retry what is quarantined"},
    {StepKind::kRepair, "repair after a restore"},
    {StepKind::kCommitFault, "lose the answer of a commit"},
    {StepKind::kCrash, "crash a server"},
    {StepKind::kBackup, "back a database up"},
    {StepKind::kRestore, "restore a database"},
    {StepKind::kClockStep, "step a clock"},
    {StepKind::kHideRows, "hide rows by row security"},
    {StepKind::kAddColumn, "add a column"},
    {StepKind::kTrigger, "make a trigger"},
    {StepKind::kRemap, "change a field's operator"},
    {StepKind::kReplica, "lead an address to a replica"},
}};

using Kinds = std::bitset<kStepKinds>;
constexpr std::size_t at(StepKind kind) { return static_cast<std::size_t>(kind); }

class Drawer {
 public:
  explicit Drawer(std::uint64_t seed)
      : rng_(seed ^ 0x5eed'0000'5eedULL), aside_(seed ^ 0x1a66'0000'5eedULL) {
    out_.seed = seed;
  }

  Script draw() {
    shape();
    out_.rounds = static_cast<std::uint8_t>(5 + below(2));
    for (std::uint8_t round = 0; round < out_.rounds; ++round) {
      faults(round);
      users(round);
      jobs(round);
    }
    return std::move(out_);
  }

 private:
  std::uint64_t below(std::uint64_t n) { return rng_.next() % n; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  std::uint32_t word() { return static_cast<std::uint32_t>(rng_.next() >> 32U); }
  bool on(StepKind kind) const { return on_[at(kind)]; }

  void shape() {
    out_.tokens = one_in(2) ? TokenStyle::kWriter : TokenStyle::kContent;
    out_.scheduling = one_in(3) ? Scheduling::kPct : Scheduling::kUniform;
    CompanyOptions& c = out_.company;
    c.staff = one_in(4);
    c.match_mail = one_in(3);
    c.defer_team = one_in(3);
    c.hard_legacy = one_in(3);
    c.hard_platform = one_in(3);
    c.hard_teams = one_in(3);
    c.optional_profile = one_in(4);
    c.team_on_profile = one_in(4);
    out_.one_stage = one_in(2);
    out_.joined_state = one_in(2);
    out_.sweeps = one_in(3);
    out_.group = one_in(5);
    const std::array policies = {Policy::kNewest, Policy::kNewest, Policy::kManual, Policy::kLegacy,
                                 Policy::kPlatform};
    out_.remark = policies.at(below(policies.size()));
    out_.city = out_.group ? Policy::kNewest : policies.at(below(policies.size()));
    out_.on_delete = one_in(3) ? OnDelete::kDeleteWins : OnDelete::kUpdateWins;
    if (one_in(4))
      out_.platform_ahead = Micros(static_cast<std::int64_t>(below(4'000'000)) - 2'000'000);
    // Half of the kinds, but those without which nothing happens.
    for (std::size_t k = 0; k < at(StepKind::kReplica); ++k) on_[k] = one_in(2);
    on_[at(StepKind::kReplica)] = aside_.next() % 4 == 0;
    for (const StepKind kind :
         {StepKind::kFound, StepKind::kHire, StepKind::kName, StepKind::kRun, StepKind::kRepair})
      on_[at(kind)] = true;
    if (!c.match_mail) on_[at(StepKind::kTwin)] = false;
    for (const StepKind rare : {StepKind::kRestore, StepKind::kClockStep, StepKind::kHideRows,
                                StepKind::kAddColumn, StepKind::kTrigger, StepKind::kRemap})
      on_[at(rare)] = one_in(5);
  }

  Step& add(StepKind kind, std::uint8_t round, std::uint8_t actor, Side side) {
    Step step;
    step.kind = kind;
    step.round = round;
    step.actor = actor;
    step.side = side;
    step.a = word();
    step.b = word();
    step.c = word();
    out_.steps.push_back(step);
    return out_.steps.back();
  }
  Side some_side() { return one_in(2) ? Side::kLegacy : Side::kPlatform; }

  void users(std::uint8_t round) {
    constexpr std::array<std::pair<StepKind, int>, 17> weights = {{
        {StepKind::kFound, 2},
        {StepKind::kHire, 5},
        {StepKind::kTwin, 2},
        {StepKind::kName, 8},
        {StepKind::kCity, 5},
        {StepKind::kRemark, 3},
        {StepKind::kStatus, 4},
        {StepKind::kPoison, 1},
        {StepKind::kMove, 4},
        {StepKind::kDelete, 3},
        {StepKind::kRevive, 2},
        {StepKind::kSecret, 1},
        {StepKind::kPair, 3},
        {StepKind::kBulk, 1},
        {StepKind::kLate, 1},
        {StepKind::kPrepared, 1},
        {StepKind::kClose, 1},
    }};
    std::uint64_t sum = 0;
    for (const auto& [kind, weight] : weights) {
      if (on(kind)) sum += static_cast<std::uint64_t>(weight);
    }
    const std::uint64_t actors = 2 + below(3);
    for (std::uint64_t actor = 0; actor < actors; ++actor) {
      const Side side = actor < 2 ? static_cast<Side>(actor) : some_side();
      const std::uint64_t steps = round == 0 ? 3 : 1 + below(4);
      for (std::uint64_t i = 0; i < steps; ++i) {
        std::uint64_t pick = below(sum);
        StepKind kind = StepKind::kName;
        for (const auto& [candidate, weight] : weights) {
          if (!on(candidate)) continue;
          if (pick < static_cast<std::uint64_t>(weight)) {
            kind = candidate;
            break;
          }
          pick -= static_cast<std::uint64_t>(weight);
        }
        if (round == 0) kind = i == 0 ? StepKind::kFound : StepKind::kHire;
        add(kind, round, static_cast<std::uint8_t>(10 + actor), side);
      }
    }
  }

  void jobs(std::uint8_t round) {
    const bool everything = on(StepKind::kReconcile) && one_in(4);
    add(everything ? StepKind::kReconcile : StepKind::kRun, round, 0, Side::kLegacy);
    if (one_in(4)) add(StepKind::kRun, round, 1, Side::kLegacy);  // a duplicate start
    if (on(StepKind::kResolve) && one_in(3)) add(StepKind::kResolve, round, 2, some_side());
    if (on(StepKind::kRetry) && one_in(4)) add(StepKind::kRetry, round, 2, some_side());
    if (restored_ && one_in(2)) add(StepKind::kRepair, round, 0, Side::kLegacy);
  }

  void faults(std::uint8_t round) {
    if (on(StepKind::kCommitFault) && one_in(2)) add(StepKind::kCommitFault, round, 3, some_side());
    if (on(StepKind::kCrash) && one_in(3)) add(StepKind::kCrash, round, 4, some_side());
    if (on(StepKind::kReplica)) lead_astray(round);
    if (on(StepKind::kRestore)) {
      if (round == 1 + (out_.seed % 2)) add(StepKind::kBackup, round, 3, backed_ = some_side());
      if (round == 4) {
        add(StepKind::kRestore, round, 3, backed_);
        restored_ = true;
      }
    }
    if (round == 0) return;
    if (on(StepKind::kClockStep) && one_in(3)) add(StepKind::kClockStep, round, 3, some_side());
    if (on(StepKind::kHideRows) && one_in(3)) add(StepKind::kHideRows, round, 3, some_side());
    if (on(StepKind::kAddColumn) && one_in(3)) add(StepKind::kAddColumn, round, 3, some_side());
    if (on(StepKind::kTrigger) && one_in(3)) add(StepKind::kTrigger, round, 3, some_side());
    if (on(StepKind::kRemap) && one_in(3)) add(StepKind::kRemap, round, 3, some_side());
  }

  // Drawn aside: the other steps of a seed are what they are without it.
  void lead_astray(std::uint8_t round) {
    if (aside_.next() % 3 != 0) return;
    Step step{.kind = StepKind::kReplica, .round = round, .actor = 5};
    step.side = aside_.next() % 2 == 0 ? Side::kLegacy : Side::kPlatform;
    for (std::uint32_t* part : {&step.a, &step.b, &step.c})
      *part = static_cast<std::uint32_t>(aside_.next() >> 32U);
    out_.steps.push_back(step);
  }

  SeededRng rng_, aside_;
  Script out_;
  Kinds on_;
  Side backed_ = Side::kLegacy;
  bool restored_ = false;
};

}  // namespace

std::string_view step_kind_name(StepKind kind) {
  return std::ranges::find(kNames, kind, &KindName::kind)->name;
}

RunFault run_fault(const Step& step) {
  // Of one word, so that the fault stays with its step.
  SeededRng rng((static_cast<std::uint64_t>(step.a) << 32U) | step.b);
  auto below = [&](std::uint64_t n) { return static_cast<std::uint32_t>(rng.next() % n); };
  RunFault out;
  out.page_rows = below(2) == 0 ? 1 + below(4) : 4 + below(12);
  switch (below(8)) {
    case 0:
    case 1:
      out.kill_at = 1 + below(450);
      break;
    case 2:
      out.sleep_at = 1 + below(450);
      break;
    case 3:
      out.stop_at = 1 + below(20);
      break;
    case 4:
      out.errors_in_1000 = 1 + below(10);
      break;
    default:
      break;
  }
  return out;
}

std::string describe(const Step& step) {
  std::string out = fmt::format("round {} actor {}: {} {}", step.round, step.actor,
                                side_name(step.side), step_kind_name(step.kind));
  if (step.kind == StepKind::kRun || step.kind == StepKind::kReconcile) {
    const RunFault fault = run_fault(step);
    out += fmt::format(", pages of {}", fault.page_rows);
    if (fault.kill_at != 0) out += fmt::format(", killed at call {}", fault.kill_at);
    if (fault.sleep_at != 0) out += fmt::format(", asleep at call {}", fault.sleep_at);
    if (fault.stop_at != 0) out += fmt::format(", stopped at page {}", fault.stop_at);
    if (fault.errors_in_1000 != 0)
      out += fmt::format(", {} of 1000 calls fail", fault.errors_in_1000);
    return out;
  }
  return out + fmt::format(" ({:x} {:x} {:x})", step.a, step.b, step.c);
}

std::string describe(const Script& script) {
  const CompanyOptions& c = script.company;
  std::string out = fmt::format("seed {}: {} tokens, {}", script.seed,
                                script.tokens == TokenStyle::kWriter ? "writer" : "content",
                                script.scheduling == Scheduling::kPct ? "priorities" : "uniform");
  auto say = [&](bool is, std::string_view what) {
    if (is) out += fmt::format(", {}", what);
  };
  say(c.staff, "two kinds");
  say(c.match_mail, "matched by mail");
  say(c.defer_team, "deferred team");
  say(c.hard_legacy, "hard deletes on legacy");
  say(c.hard_platform, "hard deletes on the platform");
  say(c.hard_teams, "hard deletes of legacy teams");
  say(c.optional_profile, "optional profile");
  say(c.team_on_profile, "team on the profile");
  say(script.one_stage, "one stage");
  say(script.joined_state, "state in identity");
  say(script.sweeps, "sweeps");
  say(script.group, "group name and city");
  constexpr std::array kPolicies = {"newest", "legacy", "platform", "manual"};
  out += fmt::format(", remark {}, city {}", kPolicies.at(static_cast<std::size_t>(script.remark)),
                     kPolicies.at(static_cast<std::size_t>(script.city)));
  say(script.on_delete == OnDelete::kDeleteWins, "deletes win");
  for (const Step& step : script.steps) out += "\n  " + describe(step);
  return out;
}

Script draw(std::uint64_t seed) { return Drawer(seed).draw(); }

}  // namespace atlas::sim
