#include "sim/proof/small_worlds.h"

#include "flow/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

namespace atlas::sim {
namespace {

using std::chrono::minutes;

enum class Act : std::uint8_t { kEdit, kDelete, kRevive };
struct Operation {
  Side side = Side::kLegacy;
  Act act = Act::kEdit;
  std::size_t at = 0;  // before this call of the run to the side's database, from 1
};
constexpr std::array<std::pair<Side, Act>, 6> kOperations = {{
    {Side::kLegacy, Act::kEdit},
    {Side::kPlatform, Act::kEdit},
    {Side::kLegacy, Act::kDelete},
    {Side::kPlatform, Act::kDelete},
    {Side::kLegacy, Act::kRevive},
    {Side::kPlatform, Act::kRevive},
}};

// Calls to a database that neither see a user's row as it is now nor are seen by users: what a
// snapshot reads was settled when it was opened.
bool commutes(std::string_view call) {
  constexpr std::array kCalls = {"probe",   "describe",        "install",     "fence",   "settle",
                                 "reserve", "begin",           "raise_fence", "changed", "keys",
                                 "read",    "purge_witnesses", "scan",        "referred"};
  return std::ranges::find(kCalls, call) != kCalls.end();
}

// Calls that leave nothing behind: whether a run dies before or after one of them is the same.
bool only_reads(std::string_view port) {
  constexpr std::array kState = {"state.candidates", "state.conflict",
                                 "state.conflicts",  "state.conflicts_after",
                                 "state.cursors",    "state.epoch",
                                 "state.identity",   "state.link_count",
                                 "state.links",      "state.links_by_match",
                                 "state.note",       "state.living_count",
                                 "state.notes",      "state.open_intents",
                                 "state.pending",    "state.open_conflicts_of",
                                 "state.pending_of", "state.pending_counts",
                                 "state.prepared",   "state.scan_candidates",
                                 "state.scan_links", "state.runs"};
  constexpr std::array kDatabase = {"probe",    "describe", "fence",    "begin",
                                    "changed",  "keys",     "horizon",  "read",
                                    "referred", "scan",     "snapshot", "apply"};
  if (port.starts_with("state.")) return std::ranges::find(kState, port) != kState.end();
  return std::ranges::find(kDatabase, port.substr(port.find('.') + 1)) != kDatabase.end();
}

struct Story {
  std::vector<Operation> operations;
  std::size_t crash_at = 0;  // before this port call of the run, from 1; 0: never
};

std::string describe(const Story& story) {
  constexpr std::array kActs = {"edit", "delete", "revive"};
  std::string out;
  for (const Operation& o : story.operations)
    out += fmt::format("{} {} before its call {}; ", side_name(o.side),
                       kActs.at(static_cast<std::size_t>(o.act)), o.at);
  if (story.crash_at != 0) out += fmt::format("crash before call {}", story.crash_at);
  return out;
}

// What a story reached: positions behind it tell the same story.
struct Reach {
  bool crashed = false;
  std::vector<bool> leaves;  // by port call: it changed something for good
  std::vector<bool> fired;   // by operation: in the run, not after it
};

class Teller {
 public:
  Teller(const Story& story, TokenStyle tokens)
      : story_(story),
        databases_(world_, tokens),
        state_(world_),
        company_(world_, databases_, state_),
        history_(company_) {
    for (Database* database : {&databases_.legacy, &databases_.identity})
      database->on_commit = [this](const Commit& commit) { history_.record(commit, world_.now()); };
    company_.team().capture.overlap = Micros(0);
    reach_.fired.assign(story.operations.size(), false);
  }

  std::optional<Violation> tell() {
    const Value id = Value::integer(databases_.legacy.next_of("teams_id"));
    legacy_ = databases_.legacy.insert(kTeams, {{"id", id}, {"name", Value::text("1t1")}});
    run();
    platform_ = databases_.identity.rows(kTeams).begin()->first;
    world_.pass(minutes(1));
    world_.hook = [this](std::string_view port, Moment moment) { return at(port, moment); };
    try {
      run();
    } catch (const Killed&) {
      reach_.crashed = true;
    }
    world_.hook = nullptr;
    while (next_ < story_.operations.size()) act(story_.operations[next_++]);
    for (int i = 0; i < 2; ++i) {
      world_.pass(minutes(10));
      run();
    }
    return judge();
  }
  const Reach& reach() const { return reach_; }

 private:
  std::optional<Error> at(std::string_view port, Moment moment) {
    if (moment != Moment::kBefore || acting_) return std::nullopt;
    if (++calls_ == story_.crash_at) throw Killed();
    reach_.leaves.push_back(!only_reads(port));
    const bool legacy = port.rfind("legacy.", 0) == 0;
    const bool platform = port.rfind("identity.", 0) == 0;
    if ((!legacy && !platform) || commutes(port.substr(port.find('.') + 1))) return std::nullopt;
    const Side side = legacy ? Side::kLegacy : Side::kPlatform;
    const std::size_t n = ++touched_[index(side)];
    // In the order of the story: one waits for those before it.
    while (next_ < story_.operations.size()) {
      const Operation& o = story_.operations[next_];
      if (o.side != side || o.at > n) break;
      reach_.fired[next_] = true;
      act(o);
      ++next_;
    }
    return std::nullopt;
  }

  void act(const Operation& o) {
    acting_ = true;
    world_.pass(Micros(10));
    Database& database = o.side == Side::kLegacy ? databases_.legacy : databases_.identity;
    const Key& key = o.side == Side::kLegacy ? legacy_ : platform_;
    if (o.act == Act::kEdit) {
      const std::string name = fmt::format("1t{}", ++serial_);
      database.update(kTeams, key,
                      {{o.side == Side::kLegacy ? "name" : "title", Value::text(name)}});
    } else {
      const std::int64_t now = world_.now().time_since_epoch().count();
      database.update(
          kTeams, key,
          {{"deleted_at", o.act == Act::kDelete ? Value::instant(now) : Value::null()}});
    }
    acting_ = false;
  }

  void run() {
    SerialExecutor serial;
    RunObserver observer;
    const Ports ports{company_.clock, serial,
                      [this](EndpointIndex i) { return company_.open_endpoint(i); },
                      [this] { return company_.open_state(); }, [] { return Ports::Stop::kNone; }};
    RunOptions options;
    options.holder = "sim";
    options.entities = {"team"};
    options.sweep.sweep = Sweep::kOff;
    options.demand_check = false;
    const auto report = run_once(company_.plan, ports, options, observer);
    if (!report)
      failed_ = report.error().line();
    else if (report->error)
      failed_ = report->error->line();
  }

  std::optional<Violation> judge() {
    if (!failed_.empty()) return Violation{"S20 unexpected error", failed_};
    const std::string here = databases_.legacy.text(kTeams, legacy_, "name");
    const std::string there = databases_.identity.text(kTeams, platform_, "title");
    const bool dead_here = databases_.legacy.text(kTeams, legacy_, "deleted_at") != "null";
    const bool dead_there = databases_.identity.text(kTeams, platform_, "deleted_at") != "null";
    if (here != there || dead_here != dead_there)
      return Violation{"S1 convergence",
                       fmt::format("{}{} on legacy, {}{} on the platform", here,
                                   dead_here ? " (dead)" : "", there, dead_there ? " (dead)" : "")};
    if (!state_.tenants.front().intents.empty())
      return Violation{"S8 exactly once", "an intent is left open"};
    const std::int64_t before = company_.bridge_writes();
    run();
    if (company_.bridge_writes() != before)
      return Violation{"S2 quiescence", "a further run writes"};
    return history_.breach({});
  }

  const Story& story_;
  World world_;
  Databases databases_;
  StateData state_;
  Company company_;
  History history_;
  Key legacy_, platform_;
  std::size_t calls_ = 0;
  std::array<std::size_t, 2> touched_{};
  std::size_t next_ = 0;
  std::int64_t serial_ = 1;
  bool acting_ = false;
  std::string failed_;
  Reach reach_;
};

// All stories with the given operations, in every position.
class Walk {
 public:
  Walk(const SmallWorlds& worlds, SmallSums& sums, std::mutex& mutex)
      : worlds_(worlds), sums_(sums), mutex_(mutex) {}

  void all_with(const std::vector<std::pair<Side, Act>>& operations) {
    Story story;
    for (const auto& [side, act] : operations) story.operations.push_back({side, act, 1});
    positions(story, 0);
  }

 private:
  // Moves operation `which` and all behind it through the run, until it comes after its end.
  void positions(Story& story, std::size_t which) {
    if (which == story.operations.size()) return crashes(story);
    constexpr std::size_t kCallsMax = 64;  // of one database in a run of this world
    for (std::size_t at = 1; at < kCallsMax; ++at) {
      story.operations[which].at = at;
      positions(story, which + 1);
      const bool further = fired_.size() > which && fired_[which];
      if (!further || stopped()) break;
    }
    story.operations[which].at = 1;
  }

  void crashes(Story& story) {
    story.crash_at = 0;
    const Reach whole = tell(story);
    fired_ = whole.fired;
    // Right after each call that leaves something behind; its operations come before the call.
    for (std::size_t n = 0; worlds_.crash && n < whole.leaves.size() && !stopped(); ++n) {
      if (!whole.leaves[n]) continue;
      story.crash_at = n + 2;
      (void)tell(story);
    }
    story.crash_at = 0;
  }

  Reach tell(const Story& story) {
    Teller teller(story, worlds_.tokens);
    const auto violation = teller.tell();
    const std::scoped_lock lock(mutex_);
    ++sums_.stories;
    if (teller.reach().crashed) ++sums_.crashes;
    if (violation && !sums_.violation) {
      sums_.violation = violation;
      sums_.story = describe(story);
    }
    return teller.reach();
  }
  bool stopped() const {
    const std::scoped_lock lock(mutex_);
    return sums_.violation.has_value();
  }

  const SmallWorlds& worlds_;
  SmallSums& sums_;
  std::mutex& mutex_;
  std::vector<bool> fired_;
};

std::vector<std::vector<std::pair<Side, Act>>> sequences(int operations_max) {
  std::vector<std::vector<std::pair<Side, Act>>> out = {{}};
  std::size_t from = 0;
  for (int n = 0; n < operations_max; ++n) {
    const std::size_t to = out.size();
    for (std::size_t i = from; i < to; ++i) {
      for (const auto& operation : kOperations) {
        out.push_back(out[i]);
        out.back().push_back(operation);
      }
    }
    from = to;
  }
  return out;
}

}  // namespace

SmallSums play_small_worlds(const SmallWorlds& worlds) {
  SmallSums sums;
  std::mutex mutex;
  std::atomic<std::size_t> next{0};
  const auto all = sequences(worlds.operations_max);
  {
    std::vector<std::jthread> threads;
    threads.reserve(worlds.threads);
    for (unsigned t = 0; t < worlds.threads; ++t) {
      threads.emplace_back([&] {
        Walk walk(worlds, sums, mutex);
        for (std::size_t i = next.fetch_add(1); i < all.size(); i = next.fetch_add(1))
          walk.all_with(all[i]);
      });
    }
  }
  return sums;
}

}  // namespace atlas::sim
