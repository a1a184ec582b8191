#include "sim/proof/play.h"

#include "flow/deletes.h"
#include "flow/run.h"
#include "model/hashing.h"
#include "sim/proof/ends.h"
#include "sim/proof/users.h"
#include "sim/virtual/fibers.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace atlas::sim {
namespace {

using std::chrono::minutes;

class Player {
 public:
  Player(const Script& script, std::string* log)
      : script_(script),
        log_(log),
        databases_(world_, script.tokens),
        state_(world_, script.joined_state ? &databases_.identity : nullptr),
        company_(world_, databases_, state_, script.company),
        history_(company_),
        users_(company_, script),
        order_(script.seed ^ 0x0d0e'0f00ULL) {
    for (Database* database : all()) {
      database->on_commit = [this](const Commit& commit) { committed(commit); };
    }
    databases_.identity.clock_ahead = databases_.geo.clock_ahead = script.platform_ahead;
    shape_plan();
    facts_.group = script.group;
    facts_.adoptions = script.company.match_mail;
    facts_.city = script.city;
    facts_.remark = script.remark;
    facts_.platform_ahead = script.platform_ahead;
    out_.marks.set_if(script.company.staff, Mark::kKinds);
  }

  Outcome play() {
    for (std::uint8_t round = 0; round < script_.rounds && !out_.violation; ++round) {
      play_round(round);
      world_.pass(minutes(1 + (order_.next() % 10)));
    }
    if (!out_.violation) heal();
    // Also by a run that was killed before it could report.
    for (const Database* database : all())
      facts_.recovered |= script_.tokens == TokenStyle::kContent && database->settled_applied;
    if (!out_.violation) out_.violation = history_.breach(facts_);
    if (log_ != nullptr) say("the state at the end:\n" + show_state(state_));
    reached();
    out_.user_commits = static_cast<std::uint32_t>(history_.user_commits());
    return std::move(out_);
  }

 private:
  std::array<Database*, 3> all() {
    return {&databases_.legacy, &databases_.identity, &databases_.geo};
  }
  std::array<Database*, 3> of(Side side) {
    if (side == Side::kLegacy) return {&databases_.legacy, &databases_.legacy, &databases_.legacy};
    return {&databases_.identity, &databases_.geo, &databases_.identity};
  }
  Database& one_of(const Step& step) { return *of(step.side).at(step.a % 3); }

  void say(const std::string& line) {
    if (log_ == nullptr) return;
    const auto midnight = std::chrono::floor<std::chrono::days>(world_.now());
    const auto us = (world_.now() - midnight).count();
    *log_ += fmt::format("{:02}:{:02}:{:09.6f} {}\n", us / 3'600'000'000, us / 60'000'000 % 60,
                         static_cast<double>(us % 60'000'000) / 1e6, line);
  }
  void count(FaultKind kind) { ++out_.faults[static_cast<std::size_t>(kind)]; }
  void broken(std::string law, std::string what) {
    if (!out_.violation) out_.violation = Violation{std::move(law), std::move(what)};
  }

  void shape_plan() {
    Plan& plan = company_.plan;
    if (script_.one_stage) {
      plan.stages = 1;
      company_.person().stage = 0;
    }
    for (EntityPlan& entity : plan.entities) {
      entity.capture.overlap = Micros(0);
      entity.on_delete = script_.on_delete;
    }
    company_.field("remark").policy = script_.remark;
    company_.field("city").policy = script_.city;
    if (script_.group) {
      company_.field("name").group = 0;
      company_.field("city").group = 0;
    }
    for (const std::string& field : remapped_) company_.changed(field);
  }

  // What `check` does after a change of schema or mapping.
  void recheck() {
    company_.compile();
    shape_plan();
  }

  void committed(const Commit& commit) {
    history_.record(commit, world_.now());
    if (commit.bridge) parents_are_spared(commit);
    mix(commit.writer);
    mix(stable_hash(commit.database.name()));
    for (const Change& change : commit.changes) mix(stable_hash(change.key));
    if (log_ == nullptr) return;
    for (const Change& change : commit.changes) {
      std::string line = fmt::format("  {} {} {} {}:", commit.bridge ? "bridge" : "user",
                                     commit.database.name(), change.table->name.name,
                                     change.after == nullptr    ? "removes"
                                     : change.before == nullptr ? "inserts"
                                                                : "updates");
      line += show_row(*change.table, change.before.get(), change.after.get());
      say(line);
    }
  }
  // E26: a team that we delete has no member that was there when the run began.
  void parents_are_spared(const Commit& commit) {
    for (const Change& change : commit.changes) {
      if (change.table->name != kTeams || change.before == nullptr) continue;
      const std::uint32_t mark = change.table->column("deleted_at");
      const bool dies = change.after == nullptr || (change.before->cells[mark].is_null() &&
                                                    !change.after->cells[mark].is_null());
      if (!dies) continue;
      // Where both rows stay, a mark of one is a mark of the other; a deferred reference keeps no
      // row.
      if (!script_.company.hard_teams || script_.company.defer_team) continue;
      const bool legacy = &commit.database == &databases_.legacy;
      for (const TableName& table : {kPeople, kStaff, kUsers}) {
        const Table* members = commit.database.find(table);
        if (members == nullptr || (!legacy && script_.company.team_on_profile)) continue;
        for (const auto& [key, row] : commit.database.rows(table)) {
          const Value& team = row->cells[members->column("team")];
          const bool alive = row->cells[members->column("deleted_at")].is_null();
          const std::int64_t stamp = row->cells[*members->stamp].as_int();
          if (alive && !team.is_null() && encode_key({&team, 1}) == change.key &&
              stamp < run_began_.time_since_epoch().count() - 60'000'000)
            broken("H4 delete", "a team was deleted while it had a member");
        }
      }
    }
  }

  void mix(std::uint64_t word) {
    out_.trace = (out_.trace ^ word) * 0x9e3779b97f4a7c15ULL;
    out_.trace ^= out_.trace >> 29U;
  }

  // --- a round ----------------------------------------------------------------------------------

  struct Job {
    RunFault fault;
    SeededRng rng;
    std::uint32_t calls = 0;
    std::uint32_t pages = 0;
  };

  void play_round(std::uint8_t round) {
    Fibers fibers(world_, order_.next() | 1U, script_.scheduling);
    fibers_ = &fibers;
    jobs_.clear();
    std::map<std::uint8_t, std::vector<const Step*>> actors;
    for (const Step& step : script_.steps) {
      if (step.round == round) actors[step.actor].push_back(&step);
    }
    if (log_ != nullptr) say(fmt::format("--- round {}", round));
    for (const auto& [actor, steps] : actors) {
      if (actor == 3) {
        for (const Step* step : steps) disturb(*step);
      } else {
        fibers.spawn([this, steps] {
          for (const Step* step : steps) act(*step);
        });
      }
    }
    fibers.spawn([this, round] {
      world_.pause(static_cast<std::uint32_t>(order_.next() % 200));
      for (const Users::Open& open : users_.open) {
        if (open.until <= round && open.work->begun() < last_run_)
          out_.marks.set(Mark::kLateCommit);
      }
      users_.commit_open(round, false);
    });
    fibers.at_port = [this](Fibers::Process process, std::string_view port, Moment moment) {
      return at_port(process, port, moment);
    };
    fibers.stuck = [this] { return unstick(); };
    fibers.run();
    fibers_ = nullptr;
    end_round();
  }

  void act(const Step& step) {
    if (log_ != nullptr) say(describe(step));
    const Sweep sweep = script_.sweeps ? Sweep::kRolling : Sweep::kOff;
    if (step.kind == StepKind::kRun) {
      if (step.actor != 0) {
        world_.pause(step.c % 300);
        count(FaultKind::kDuplicateStart);
      }
      return job(run_fault(step), sweep);
    }
    if (step.kind == StepKind::kReconcile) return job(run_fault(step), Sweep::kFull);
    if (step.kind == StepKind::kRepair) {
      if (rewound_) job(run_fault(step), Sweep::kRepair);
      return;
    }
    if (step.kind == StepKind::kCrash) {
      world_.pause(step.c % 400);
      count(FaultKind::kCrash);
      out_.marks.set(Mark::kCrashed);
      out_.marks.set_if(one_of(step).crash(), Mark::kNumberReused);
      return;
    }
    if (step.kind == StepKind::kReplica) return lead_astray(step);
    if (step.kind == StepKind::kResolve || step.kind == StepKind::kRetry) {
      world_.pause(step.c % 300);
      return step.kind == StepKind::kResolve ? resolve(step) : retry();
    }
    if (step.kind == StepKind::kLate) count(FaultKind::kLate);
    if (step.kind == StepKind::kPrepared) count(FaultKind::kPrepared);
    if (step.kind == StepKind::kPoison) count(FaultKind::kPoison);
    users_.act(step);
  }

  // The replica has got nothing since the step began.
  void lead_astray(const Step& step) {
    Database& database = one_of(step);
    Database::Replica replica = database.lagging();
    world_.pause(step.b % 400);
    say("the address leads to a replica");
    count(FaultKind::kReplica);
    led_astray_ = true;
    database.led_to = std::move(replica);
    world_.pause(1 + (step.c % 200));
    database.led_to.reset();
  }

  std::optional<Error> at_port(Fibers::Process process, std::string_view port, Moment moment) {
    mix(stable_hash(port) + process);
    const auto it = jobs_.find(process);
    if (it == jobs_.end()) return std::nullopt;
    Job& job = it->second;
    ++job.calls;
    if (job.calls == job.fault.kill_at) {
      say("the run is killed at " + std::string(port));
      count(FaultKind::kKill);
      out_.marks.set(Mark::kKilled);
      fibers_->kill(process);
      return std::nullopt;
    }
    if (job.calls == job.fault.sleep_at) {
      say("the run sleeps at " + std::string(port));
      count(FaultKind::kSleep);
      out_.marks.set(Mark::kSlept);
      fibers_->sleep(process);
      sleepers_.insert(process);
      world_.pass(minutes(6));
      fibers_->spawn([this, process] {
        RunFault fault;
        fault.page_rows = 3;
        this->job(fault, script_.sweeps ? Sweep::kRolling : Sweep::kOff);
        fibers_->wake(process);
        sleepers_.erase(process);
      });
      return std::nullopt;
    }
    if (job.fault.errors_in_1000 != 0 && job.rng.next() % 1000 < job.fault.errors_in_1000) {
      say(fmt::format("{} {} fails", moment == Moment::kBefore ? "before" : "after", port));
      count(FaultKind::kFailedCalls);
      out_.marks.set(Mark::kFailedCall);
      return Error(Code::kConnectionLost, "an injected fault");
    }
    return std::nullopt;
  }

  // Everybody waits: sleepers wake, servers end what they are at, waits for rows run out.
  bool unstick() {
    if (!sleepers_.empty()) {
      fibers_->wake(*sleepers_.begin());
      sleepers_.erase(sleepers_.begin());
      return true;
    }
    bool helped = false;
    for (Database* database : all()) {
      helped |= database->finish_commits();
    }
    if (helped) return true;
    for (Database* database : all()) {
      if (!database->locked()) continue;
      database->time_out_waits();
      out_.marks.set(Mark::kLockTimeout);
      helped = true;
    }
    return helped;
  }

  void end_round() {
    led_astray_ = false;
    for (Database* database : all()) {
      database->commit_faults.clear();
      if (order_.next() % 2 == 0) (void)database->finish_commits();
    }
    people(Side::kLegacy).row_security = people(Side::kPlatform).row_security = false;
    if (unchecked_) recheck();
    unchecked_ = false;
    if (order_.next() % 2 == 0) approve();
  }

  // --- faults -----------------------------------------------------------------------------------

  void disturb(const Step& step) {
    if (log_ != nullptr) say(describe(step));
    if (step.kind == StepKind::kCommitFault) lose_answers(step);
    if (step.kind == StepKind::kBackup) {
      for (Database* each : of(step.side)) backups_.insert_or_assign(each, each->backup());
    }
    if (step.kind == StepKind::kRestore) restore(step);
    if (step.kind == StepKind::kClockStep) step_clock(step);
    if (step.kind == StepKind::kHideRows) {
      people(step.side).row_security = true;
      count(FaultKind::kHiddenRows);
    }
    if (step.kind == StepKind::kAddColumn) add_column(step);
    if (step.kind == StepKind::kTrigger) make_trigger(step);
    if (step.kind == StepKind::kRemap) {
      remapped_.insert(step.a % 2 == 0 ? "name" : "city");
      facts_.remapped = true;
      recheck();
      count(FaultKind::kRemap);
    }
  }

  Table& people(Side side) {
    return side == Side::kLegacy ? databases_.legacy.table(kPeople)
                                 : databases_.identity.table(kUsers);
  }

  void lose_answers(const Step& step) {
    constexpr std::array kinds = {CommitFault::kAppliedUnanswered,
                                  CommitFault::kRolledBackUnanswered, CommitFault::kAppliedLater};
    constexpr std::array marks = {Mark::kCommitAppliedUnanswered, Mark::kCommitRolledBack,
                                  Mark::kCommitLater};
    Database& database = one_of(step);
    database.commit_faults.assign(step.b % 3, CommitFault::kNone);
    database.commit_faults.push_back(kinds.at(step.c % 3));
    count(FaultKind::kCommit);
    out_.marks.set(marks.at(step.c % 3));
  }

  void step_clock(const Step& step) {
    one_of(step).clock_ahead += Micros(static_cast<std::int64_t>(step.b % 40'000'000) - 20'000'000);
    facts_.clocks_stepped = true;
    count(FaultKind::kClock);
    out_.marks.set(Mark::kClockStepped);
  }

  void add_column(const Step& step) {
    ColumnInfo column;
    column.name = fmt::format("extra{}", step.round);
    column.type.kind = TypeKind::kText;
    if (step.side == Side::kLegacy)
      databases_.legacy.add_column(kPeople, column);
    else
      databases_.identity.add_column(kUsers, column);
    unchecked_ = true;
    count(FaultKind::kColumn);
  }

  void restore(const Step& step) {
    // State that lives in a restored database would be restored along with it.
    if (script_.joined_state && step.side == Side::kPlatform) return;
    for (Database* database : of(step.side)) {
      const auto backup = backups_.find(database);
      if (backup == backups_.end()) return;
      users_.forget(*database);
      const auto sequences = database->sequences();
      database->restore(backup->second);
      database->set_sequences(sequences);  // as docs/operations.md asks for
    }
    facts_.restored = true;
    rewound_ = step.side;
    count(FaultKind::kRestore);
  }

  void make_trigger(const Step& step) {
    const bool legacy = step.side == Side::kLegacy;
    Table& table = people(step.side);
    Trigger trigger;
    trigger.name = fmt::format("trigger{}", step.round);
    trigger.on = step.b % 3 == 0 ? WriteKind::kInsert : WriteKind::kUpdate;
    const std::uint32_t status = table.column("status");
    const std::uint32_t name = table.column("name");
    const std::string off = legacy ? "I" : "inactive";
    const std::uint32_t variety = step.a % 4;
    trigger.moment = variety == 3 ? Moment::kAfter : Moment::kBefore;
    trigger.run = [this, status, name, off, variety](std::span<const Value>, std::span<Value> row,
                                                     Arena& arena) {
      const bool is_off = !row[status].is_null() && row[status].as_text() == off;
      switch (variety) {
        case 0:
          out_.marks.set_if(is_off, Mark::kSuppressed);
          return is_off ? TriggerAnswer::kSwallow : TriggerAnswer::kGo;
        case 1:
          out_.marks.set_if(is_off, Mark::kRaised);
          return is_off ? TriggerAnswer::kRaise : TriggerAnswer::kGo;
        default: {
          std::string text(row[name].as_text());
          std::ranges::transform(text, text.begin(), [](char c) {
            return static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
          });
          row[name] = Value::text(arena.copy(text));
          return TriggerAnswer::kGo;
        }
      }
    };
    table.triggers.push_back(std::move(trigger));
    facts_.triggers = true;
    count(FaultKind::kTrigger);
    if (step.b % 2 == 0)
      recheck();
    else
      unchecked_ = true;
  }

  // --- the operator -----------------------------------------------------------------------------

  void resolve(const Step& step) {
    StateData::Entity* entity = state_.entity(company_.options.tenant, "person");
    if (entity == nullptr) return;
    std::vector<Conflict> open;
    std::ranges::copy_if(entity->conflicts, std::back_inserter(open), &Conflict::open);
    if (open.empty()) return;
    VirtualState connection(state_);
    const Conflict& chosen = open[step.a % open.size()];
    if (connection.resolve_conflict(entity->tenant, chosen, std::string(side_name(step.side)),
                                    world_.now()))
      history_.operator_acted();
  }

  void retry() {
    VirtualState connection(state_);
    for (std::size_t i = 0; i < state_.entities.size(); ++i) {
      EntityRef ref;
      ref.id = static_cast<std::int32_t>(i) + 1;
      (void)connection.retry_pending(state_.entities[i].tenant, ref, nullptr, world_.now());
    }
  }

  // Looks at what a cap holds back and says yes.
  void approve() {
    if (!capped_) return;
    capped_ = false;
    VirtualState connection(state_);
    for (std::size_t i = 0; i < state_.entities.size(); ++i) {
      const StateData::Entity& entity = state_.entities[i];
      EntityRef ref;
      ref.id = static_cast<std::int32_t>(i) + 1;
      const auto due = delete_set(connection, entity.tenant, ref, std::nullopt, world_.now());
      if (!due || due->rows == 0) continue;
      const Approval yes{due->newest, world_.now() + std::chrono::hours(24),
                         due->rows,   due->name,
                         "operator",  "a drill"};
      (void)connection.put_note(entity.tenant, approval_note(entity.name), yes.text());
    }
  }

  // --- jobs -------------------------------------------------------------------------------------

  void job(const RunFault& fault, Sweep sweep) {
    const Fibers::Process process = fibers_->current();
    jobs_.insert_or_assign(process,
                           Job{fault, SeededRng(fault.kill_at + (fault.page_rows * 977U)), 0, 0});
    struct Done {
      std::map<Fibers::Process, Job>& jobs;
      Fibers::Process process;
      ~Done() { jobs.erase(process); }
    } const done{jobs_, process};
    run(fault, sweep, &fibers_->executor(), process);
  }

  RunOutcome run(const RunFault& fault, Sweep sweep, Executor* executor,
                 std::optional<Fibers::Process> process) {
    ++out_.runs;
    run_began_ = world_.now();
    last_run_ = world_.now();
    for (Database* database : all())
      out_.marks.set_if(database->prepared > 0, Mark::kPreparedDuringRun);
    out_.marks.set_if(users_.most_equal_stamps() > fault.page_rows, Mark::kTie);
    SerialExecutor serial;
    RunObserver observer;
    const Ports ports{company_.clock, executor == nullptr ? serial : *executor,
                      [this](EndpointIndex index) { return company_.open_endpoint(index); },
                      [this] { return company_.open_state(); },
                      [this, process] { return told_to_stop(process); }};
    RunOptions options;
    options.holder = "sim";
    options.page_rows = fault.page_rows;
    options.sweep.sweep = sweep;
    options.sweep.rows = 3;
    if (sweep == Sweep::kRepair) {
      options.verb = "repair";
      options.sweep.rewound = rewound_;
    }
    options.demand_check = false;
    options.fresh_key = {7, 1, 3};
    // The plan of its start: a check meanwhile makes another one.
    const bool restored = rewound_.has_value();
    const auto report = run_once(company_.plan, ports, options, observer);
    return judged(report, sweep, restored || rewound_);
  }

  Ports::Stop told_to_stop(std::optional<Fibers::Process> process) {
    if (!process) return Ports::Stop::kNone;
    const auto it = jobs_.find(*process);
    if (it == jobs_.end() || it->second.fault.stop_at == 0) return Ports::Stop::kNone;
    if (++it->second.pages < it->second.fault.stop_at) return Ports::Stop::kNone;
    if (it->second.pages == it->second.fault.stop_at) count(FaultKind::kStop);
    out_.marks.set(Mark::kStoppedEarly);
    return it->second.fault.stop_at % 2 == 0 ? Ports::Stop::kDeadline : Ports::Stop::kInterrupted;
  }

  // What a run says of itself. A repair may have ended meanwhile what it saw when it began.
  RunOutcome judged(const Result<RunReport>& report, Sweep sweep, bool restored) {
    if (!report) {
      say("the run did not begin: " + report.error().line());
      blame(report.error(), restored);
      return RunOutcome::kFailed;
    }
    say(fmt::format("the run ends: {}{}", run_outcome_name(report->outcome),
                    report->error ? ": " + report->error->line() : ""));
    if (report->error) blame(*report->error, restored);
    for (const EntityReport& entity : report->entities) {
      if (entity.error) blame(*entity.error, restored);
      const bool whole = report->outcome == RunOutcome::kDone;
      if (whole && !entity.counts.conserved())
        broken("H7 conservation", entity.entity + ": the accounts do not add up");
      note(entity.counts);
    }
    for (const StateData::Entity& entity : state_.entities) {
      for (const auto& [key, pending] : entity.pending)
        out_.marks.set_if(pending.code == static_cast<std::uint16_t>(Code::kHasChildren),
                          Mark::kHasChildren);
    }
    out_.marks.set_if(report->outcome == RunOutcome::kLeaseHeld, Mark::kLeaseHeld);
    out_.marks.set_if(report->recovery.applied > 0, Mark::kSettledApplied);
    out_.marks.set_if(report->recovery.never_applied > 0, Mark::kSettledNever);
    if (sweep == Sweep::kRepair && report->outcome == RunOutcome::kDone && !report->error) {
      out_.marks.set(Mark::kRepaired);
      rewound_.reset();
    }
    return report->outcome;
  }

  void note(const Counts& c) {
    Marks& m = out_.marks;
    m.set_if(c.echo > 0, Mark::kEcho);
    m.set_if(c.parked > 0, Mark::kParked);
    m.set_if(c.adopted > 0, Mark::kAdopted);
    m.set_if(c.deferred > 0, Mark::kDeferred);
    m.set_if(c.base_unknown > 0, Mark::kBaseUnknown);
    m.set_if(c.conflicts_held > 0, Mark::kConflictHeld);
    m.set_if(c[atlas::Outcome::kStale] > 0, Mark::kStaleGuard);
    m.set_if(c[atlas::Outcome::kWaiting] > 0, Mark::kWaiting);
    m.set_if(c[atlas::Outcome::kQuarantined] > 0, Mark::kQuarantined);
    m.set_if(c[atlas::Outcome::kFiltered] > 0, Mark::kFiltered);
    m.set_if(c[atlas::Outcome::kHeld] > 0, Mark::kHeld);
    m.set_if(c[atlas::Outcome::kSuspectedDelete] > 0, Mark::kSuspectedDelete);
    m.set_if(c.deleted_legacy > 0, Mark::kDeletedLegacy);
    m.set_if(c.deleted_platform > 0, Mark::kDeletedPlatform);
    m.set_if(c.revived_legacy > 0, Mark::kRevivedLegacy);
    m.set_if(c.revived_platform > 0, Mark::kRevivedPlatform);
  }

  // Every error must have a cause in the script.
  void blame(const Error& error, bool restored) {
    const Code code = error.code();
    constexpr std::array expected = {Code::kConnectionLost, Code::kCommitUnknown, Code::kTimeout,
                                     Code::kSerialization};
    if (std::ranges::find(expected, code) != expected.end()) return;
    out_.marks.set_if(code == Code::kFenceStale, Mark::kStaleEpoch);
    out_.marks.set_if(code == Code::kSchemaDrift, Mark::kDrift);
    out_.marks.set_if(code == Code::kRowsHidden, Mark::kRowsHidden);
    out_.marks.set_if(code == Code::kReadOnlyServer, Mark::kReplicaRefused);
    const bool rewound = code == Code::kTargetRewound || code == Code::kStateRewound;
    out_.marks.set_if(rewound, Mark::kRewound);
    out_.marks.set_if(code == Code::kDeletesCapped, Mark::kCapped);
    capped_ |= code == Code::kDeletesCapped;
    const bool told =
        code == Code::kDeletesCapped || code == Code::kDeadline || code == Code::kInterrupted;
    const bool has_cause = code == Code::kFenceStale || told || code == Code::kRowsHidden ||
                           (code == Code::kSchemaDrift && unchecked_) ||
                           (code == Code::kReadOnlyServer && led_astray_) || (rewound && restored);
    if (!has_cause) broken("S20 unexpected error", error.line());
  }

  // --- healing ----------------------------------------------------------------------------------

  void heal() {
    say("--- healing");
    bool changed = false;
    for (Database* database : all()) {
      (void)database->finish_commits();
    }
    for (const Side side : {Side::kLegacy, Side::kPlatform}) {
      changed |= !people(side).triggers.empty();
      people(side).triggers.clear();
    }
    users_.commit_open(0, true);
    users_.cure();
    if (changed) recheck();
    rest(std::chrono::hours(3));
    RunFault undisturbed{.page_rows = 3};
    const bool was_rewound = rewound_.has_value();
    for (int i = 0; i < 3 && rewound_ && !out_.violation; ++i) {
      (void)run(undisturbed, Sweep::kRepair, nullptr, std::nullopt);
      rest(minutes(11));
    }
    if (was_rewound && rewound_) return broken("S1 convergence", "the repair does not end");
    // Removed rows are found by sweeps, and proven by a second look; everything else is captured.
    const bool swept = script_.company.hard_teams || script_.company.hard_legacy ||
                       script_.company.hard_platform || facts_.clocks_stepped || facts_.restored;
    int helped = 0;  // runs after which a person had something to do
    for (int i = 0; i < (swept ? 3 : 2) && !out_.violation; ++i) {
      const RunOutcome ends =
          run(undisturbed, swept ? Sweep::kFull : Sweep::kOff, nullptr, std::nullopt);
      if (helped < 6 && (capped_ || users_.leave_held_teams())) {
        ++helped;
        --i;
      }
      if (!capped_ && ends != RunOutcome::kDone)
        return broken("S1 convergence", "an undisturbed run does not end well");
      undisturbed.page_rows = 100;
      approve();
      rest(swept ? minutes(11) : minutes(1));
    }
    if (out_.violation) return;
    out_.violation = difference(company_, state_, facts_.restored);
    if (out_.violation) return;
    const std::int64_t before = company_.bridge_writes();
    (void)run(undisturbed, Sweep::kOff, nullptr, std::nullopt);
    if (company_.bridge_writes() != before) broken("S2 quiescence", "a further run writes");
    if (!out_.violation) out_.violation = verdict(company_);
  }

  void rest(Micros span) { world_.pass(span); }

  void reached() {
    Marks& m = out_.marks;
    for (Database* database : all()) {
      m.set_if(database->lock_waits > 0, Mark::kLockWait);
      m.set_if(database->deadlocks > 0, Mark::kDeadlock);
    }
    m.set_if(script_.joined_state, Mark::kJoinedConfirm);
    for (const StateData::Entity& entity : state_.entities) {
      for (const Conflict& c : entity.conflicts) {
        const bool newest = c.reason.rfind("newest", 0) == 0;
        m.set_if(!c.winner.empty() && newest, Mark::kConflictNewest);
        m.set_if(c.reason.rfind("policy", 0) == 0, Mark::kConflictPolicy);
        m.set_if(!c.resolved_by.empty(), Mark::kConflictResolved);
        m.set_if(!c.open && c.winner.empty(), Mark::kConflictClosed);
        m.set_if(c.field.rfind('(', 0) == 0, Mark::kUpdateAgainstDelete);
      }
    }
  }

  const Script& script_;
  std::string* log_;
  World world_;
  Databases databases_;
  StateData state_;
  Company company_;
  History history_;
  Users users_;
  SeededRng order_;
  HistoryFacts facts_;
  Outcome out_;
  Fibers* fibers_ = nullptr;
  std::map<Fibers::Process, Job> jobs_;
  std::set<Fibers::Process> sleepers_;
  std::map<Database*, Database::Backup> backups_;
  std::optional<Side> rewound_;
  std::set<std::string> remapped_;
  bool capped_ = false;      // a cap held deletes back
  bool led_astray_ = false;  // to a replica, in this round
  bool unchecked_ = false;   // a schema has changed since the last check
  Instant last_run_{}, run_began_{};
};

}  // namespace

Outcome play(const Script& script, std::string* log) { return Player(script, log).play(); }

}  // namespace atlas::sim
