#include "flow/run.h"

#include "flow/entity_run.h"
#include "flow/fences.h"
#include "flow/scopes.h"
#include "foundation/planted.h"
#include "mapping/compile.h"
#include "state/backup.h"
#include "state/passed_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

namespace atlas {

namespace {

CheckedHashes checked(const Plan& plan) { return {plan.mapping_hash, plan.schema_hash}; }

constexpr const char* kRewoundNote = "rewound";  // the side whose repair has begun
constexpr int kRevisitsMax =
    4;  // rounds over pending keys in one run: deferred cycles and refused rows settle in two

// A run starts from a check: what a reader does not find any more has changed since.
std::optional<Error> seen_by_readers(std::optional<Error> error) {
  if (!error || (error->code() != Code::kTableMissing && error->code() != Code::kColumnMissing))
    return error;
  return Error(Code::kSchemaDrift, error->why()).at(error->where()).because(std::move(*error));
}

class Runner {
 public:
  Runner(const Plan& plan, const Ports& ports, const RunOptions& options, RunObserver& observer)
      : plan_(plan), ports_(ports), options_(options), observer_(observer) {}

  Result<RunReport> run() {
    const Micros begun = ports_.clock.monotonic();
    ATLAS_OK(open(false));
    ATLAS_OK(refuse_rewound());
    for (std::size_t i = 0; i < endpoints_.size(); ++i) {
      if (comes_to(i)) ATLAS_OK(endpoints_[i]->install());
    }
    ATLAS_OK(catch_up());
    ATLAS_TRY(LeaseAnswer answer, state_->take_lease(tenant_.id, options_.holder,
                                                     options_.lease_ttl, ports_.clock.now()));
    RunReport report;
    if (!answer.lease) {
      report.outcome = RunOutcome::kLeaseHeld;
      report.held_by = answer.held_by;
      return report;
    }
    lease_ = *answer.lease;
    report.run = lease_.run;
    report.epoch = lease_.epoch;
    renewed_ = ports_.clock.monotonic();
    auto body = begin_repair();
    if (body && options_.sweep.state_rewound) body = leave_batches_behind(*state_, lease_);
    if (body) body = leased(report);
    if (body && !report.error) body = end_repair();
    if (!body) {
      report.error = std::move(body).error();
      report.outcome =
          report.error->kind() == ErrorKind::kStopped ? RunOutcome::kStopped : RunOutcome::kFailed;
    }
    report.took = ports_.clock.monotonic() - begun;
    RunRecord end;
    end.id = lease_.run;
    end.verb = options_.verb;
    end.outcome = run_outcome_name(report.outcome);
    end.holder = options_.holder;
    end.finished = ports_.clock.now();
    end.report = report.json();
    auto released = state_->release_lease(lease_, end);
    if (!released && !report.error) report.error = std::move(released).error();
    return report;
  }

  Result<PlanReport> preview() {
    ATLAS_OK(open(true));
    auto rewound = refuse_rewound();
    if (!rewound && rewound.error().kind() == ErrorKind::kCorrupt)
      return std::move(rewound).error();
    RunContext context = make_context();
    context.dry = true;
    PlanReport report;
    report.writes.rows_max = options_.planned_max;
    RefTable links;
    std::vector<std::unique_ptr<EntityRun>> runs(plan_.entities.size());
    for (std::uint32_t stage = 0; stage < plan_.stages; ++stage) {
      for (std::size_t i = 0; i < runs.size(); ++i) {
        const EntityPlan& entity = plan_.entities[i];
        if (entity.stage != stage || !chosen(entity)) continue;
        if (!entity.drift.empty()) {
          report.entities.push_back({entity.name, {}, {}, paused_by_drift(entity), entity.drift});
          continue;
        }
        runs[i] = std::make_unique<EntityRun>(context, entity, *state_, observer_, &report.writes,
                                              &links);
        EntityReport out{entity.name, {}, {}, std::nullopt, {}};
        auto captured = runs[i]->capture();
        if (captured) captured = runs[i]->revisit(false);
        if (!captured) out.error = std::move(captured).error();
        report.entities.push_back(std::move(out));
      }
    }
    for (bool any = true; any;) {
      any = false;
      for (const auto& entity_run : runs) {
        if (!entity_run) continue;
        ATLAS_TRY(const bool moved, entity_run->plan_later());
        any |= moved;
      }
    }
    ATLAS_OK(preview_deletes(runs, report));
    for (EntityReport& out : report.entities) {
      if (!out.drift.empty()) continue;
      out.counts = runs[plan_.entity(out.entity)->index.value]->counts();
      out.pending.by_state[PendingState::kQuarantined] = out.counts[Outcome::kQuarantined];
      out.pending.by_state[PendingState::kWaiting] = out.counts[Outcome::kWaiting];
      out.pending.by_state[PendingState::kHeld] =
          out.counts[Outcome::kHeld] + out.counts[Outcome::kSuspectedDelete];
    }
    return report;
  }

 private:
  Result<> preview_deletes(std::vector<std::unique_ptr<EntityRun>>& runs, PlanReport& report) {
    if (!options_.sweep.restored().empty()) return {};
    EntityRun::Deletes which = EntityRun::Deletes::kAllowed;
    for (EntityReport& out : report.entities) {
      if (out.error) continue;
      ATLAS_TRY(out.error, runs[plan_.entity(out.entity)->index.value]->deletes_over_cap());
      if (out.error) which = EntityRun::Deletes::kApproved;
    }
    for (std::uint32_t stage = plan_.stages; stage-- > 0;) {
      for (EntityReport& out : report.entities) {
        const EntityPlan& entity = *plan_.entity(out.entity);
        if (entity.stage != stage || out.error) continue;
        ATLAS_OK(runs[entity.index.value]->carry_out_deletes(which));
      }
    }
    return {};
  }

  bool chosen(const EntityPlan& entity) const {
    return options_.entities.empty() ||
           std::find(options_.entities.begin(), options_.entities.end(), entity.name) !=
               options_.entities.end();
  }

  Result<> open(bool dry) {
    ATLAS_TRY(state_, ports_.open_state());
    ATLAS_OK(state_->migrate());
    ATLAS_TRY(tenant_, state_->tenant(plan_.tenant_name, plan_.tenant_uuid, options_.fresh_key));
    if (options_.demand_check) ATLAS_OK(refuse_unchecked());
    for (const EntityPlan& entity : plan_.entities) {
      ATLAS_TRY(EntityRef ref, state_->entity(tenant_.id, entity_decl(entity)));
      refs_.push_back(ref);
    }
    ATLAS_TRY(const std::string home, state_->identity());
    for (std::uint32_t i = 0; i < plan_.endpoints.size(); ++i) {
      ATLAS_TRY(auto endpoint, ports_.open_endpoint(EndpointIndex{i}));
      const Micros before = ports_.clock.monotonic();
      ATLAS_TRY(const Probe probe, endpoint->probe({}));
      const Micros round_trip = ports_.clock.monotonic() - before;
      may_join_.push_back(!dry && probe.identity == home);
      offsets_.push_back({probe.server_now - ports_.clock.now(), round_trip});
      identities_.push_back(probe.identity);
      ATLAS_TRY(Fence noted, noted_fence(*state_, tenant_.id, plan_.endpoints[i].name));
      noted_.push_back(std::move(noted));
      endpoints_.push_back(std::move(endpoint));
    }
    return {};
  }

  // A plan with drifted entities is one for the schemas as they were checked.
  Result<> refuse_unchecked() {
    ATLAS_TRY(const CheckStanding standing, check_standing(*state_, tenant_.id, checked(plan_)));
    const char* why = "this mapping was never checked";
    switch (standing) {
      case CheckStanding::kPassed:
        return {};
      case CheckStanding::kOtherSchemas:
        why = "a schema changed since the last passing check";
        break;
      case CheckStanding::kOtherMapping:
        why = "the mapping changed since the last passing check";
        break;
      case CheckStanding::kNone:
        break;
    }
    return Error(Code::kNoPassingCheck, why).advise("run `atlas-bridge check`");
  }

  // Where the bridge never was and has nothing to do, it leaves nothing: all that is mapped there
  // is paused, and the database may well be a wrong one.
  bool comes_to(std::size_t i) const {
    const auto there = [i](const auto& table) { return table.endpoint.value == i; };
    return noted_[i].epoch.value > 0 ||
           std::any_of(plan_.entities.begin(), plan_.entities.end(), [&](const EntityPlan& entity) {
             return entity.drift.empty() &&
                    (std::any_of(entity.kinds.begin(), entity.kinds.end(), there) ||
                     std::any_of(entity.parts.begin(), entity.parts.end(), there));
           });
  }

  // E9: a fence that is not where state says it is.
  Result<> refuse_rewound() {
    ATLAS_OK(refuse_unfinished());
    ATLAS_OK(same_scope(*state_, tenant_.id, plan_));
    found_.assign(endpoints_.size(), {});
    for (std::size_t i = 0; i < endpoints_.size(); ++i) {
      if (!comes_to(i)) continue;
      ATLAS_TRY(found_[i], endpoints_[i]->fence(tenant_.uuid));
      ATLAS_OK(same_database(plan_.endpoints[i], noted_[i], found_[i]));
    }
    ATLAS_TRY(const Epoch known, state_->epoch(tenant_.id));
    ATLAS_OK(refuse_needless_repair(known));
    for (std::size_t i = 0; i < found_.size(); ++i) {
      const EndpointPlan& endpoint = plan_.endpoints[i];
      highest_fence_ = std::max(highest_fence_, found_[i].epoch);
      if (!options_.sweep.state_rewound) ATLAS_OK(not_ahead(endpoint, found_[i], known));
      if (endpoint.side != options_.sweep.rewound)
        ATLAS_OK(not_rewound(endpoint, noted_[i], found_[i]));
    }
    return {};
  }

  // A repair that was cut short has raised the fences already: until it is through, old rows of
  // that side would be taken for edits.
  Result<> refuse_unfinished() {
    ATLAS_TRY(const auto restoring, state_->note(tenant_.id, kRestoringNote));
    if (restoring && !restoring->empty()) {
      return Error(Code::kStateUnusable, "a restore was begun and has not come to its end")
          .advise("run `atlas-bridge state restore` again");
    }
    ATLAS_TRY(const std::optional<std::string> side, state_->note(tenant_.id, kRewoundNote));
    unfinished_ = side && !side->empty();
    if (!unfinished_ || options_.sweep.restored() == *side) return {};
    return Error(*side == "state" ? Code::kStateRewound : Code::kTargetRewound,
                 fmt::format("`repair --rewound {}` was begun and has not come to its end", *side))
        .advise(fmt::format("run `atlas-bridge repair --rewound {}`", *side));
  }

  // To a healthy state every row without a link is news, not a pair that it has lost.
  Result<> refuse_needless_repair(Epoch known) const {
    const bool ahead = std::any_of(found_.begin(), found_.end(),
                                   [&](const Fence& fence) { return fence.epoch > known; });
    if (!options_.sweep.state_rewound || ahead || unfinished_) return {};
    return Error(Code::kNotFound, "no target is ahead of the state: it is not older than they are")
        .advise("run `atlas-bridge repair`");
  }

  // Goes on beyond every epoch that the lost state has given away: an old run writes nothing more.
  // The note comes first: once the epochs agree, nothing else tells that the links are old.
  Result<> catch_up() {
    if (!options_.sweep.state_rewound) return {};
    ATLAS_OK(begin_repair());
    ATLAS_TRY(const Epoch known, state_->epoch(tenant_.id));
    if (highest_fence_ <= known) return {};
    return state_->go_on_from(tenant_.id, highest_fence_, tenant_.hash_key);
  }

  Result<> begin_repair() {
    if (options_.sweep.restored().empty()) return {};
    return state_->put_note(tenant_.id, kRewoundNote, std::string(options_.sweep.restored()));
  }

  // All of it: every entity, every pair.
  Result<> end_repair() {
    if (options_.sweep.restored().empty() || !options_.entities.empty()) return {};
    return state_->put_note(tenant_.id, kRewoundNote, "");
  }

  RunContext make_context() {
    // Stamps of two databases are compared: their clocks' difference counts unless it is within
    // what we can measure (E18).
    std::int64_t offset = 0;
    std::optional<std::size_t> legacy;
    std::optional<std::size_t> platform;
    for (std::size_t i = 0; i < plan_.endpoints.size(); ++i) {
      auto& first = plan_.endpoints[i].side == Side::kLegacy ? legacy : platform;
      if (!first) first = i;
    }
    if (legacy && platform) {
      const Micros difference = offsets_[*platform].offset - offsets_[*legacy].offset;
      const Micros noise = offsets_[*platform].round_trip + offsets_[*legacy].round_trip +
                           std::chrono::milliseconds(1);
      if (std::chrono::abs(difference) > noise) offset = difference.count();
    }
    return RunContext{plan_,
                      ports_,
                      tenant_,
                      lease_,
                      refs_,
                      Hasher(tenant_.hash_key),
                      ports_.clock.now(),
                      offset,
                      may_join_,
                      false,
                      options_.page_rows,
                      options_.lease_ttl,
                      options_.sweep};
  }

  // Witnesses up to the oldest intent that is still open: one of an entity that is not mapped at
  // present is asked for when the entity comes back.
  Result<> purge_witnesses() {
    ATLAS_TRY(BatchNumber upto, state_->reserve_batches(lease_, 1));
    ATLAS_TRY(const std::vector<Intent> open, state_->open_intents(tenant_.id));
    for (const Intent& intent : open) upto = std::min(upto, intent.number);
    upto.value -= 1;
    for (std::size_t i = 0; i < endpoints_.size(); ++i) {
      if (comes_to(i)) ATLAS_OK(endpoints_[i]->purge_witnesses(tenant_.uuid, upto));
    }
    return {};
  }

  // Waits for applies in flight; from here on no older run can write (E2).
  Result<> raise_fences() {
    if (planted(Plant::kFenceNotRaised)) return {};
    for (std::size_t i = 0; i < endpoints_.size(); ++i) {
      if (!comes_to(i)) continue;
      Fence to{lease_.epoch, noted_[i].mark};
      if (to.mark.empty()) to.mark = fresh_mark(options_.fresh_key, identities_[i]);
      ATLAS_TRY(to.mark, endpoints_[i]->raise_fence(tenant_.uuid, to));
      ATLAS_OK(note_fence(*state_, tenant_.id, plan_.endpoints[i].name, to));
    }
    return {};
  }

  Result<> leased(RunReport& report) {
    ATLAS_OK(raise_fences());
    ATLAS_OK(note_scope(*state_, tenant_.id, plan_));
    std::map<std::int32_t, RecoveryEntity> known;
    for (std::size_t i = 0; i < refs_.size(); ++i) {
      RecoveryEntity entity{refs_[i], {}};
      for (const FieldPlan& field : plan_.entities[i].fields)
        entity.field_names.push_back(field.name);
      known.emplace(refs_[i].id, std::move(entity));
    }
    ATLAS_TRY(report.recovery, recover(*state_, lease_, tenant_.uuid, ports_.clock.now(), known,
                                       [this](const std::string& name) -> Result<Endpoint*> {
                                         for (std::size_t i = 0; i < plan_.endpoints.size(); ++i) {
                                           if (plan_.endpoints[i].name == name)
                                             return endpoints_[i].get();
                                         }
                                         return Error(Code::kNotFound,
                                                      "an open intent names endpoint " + name +
                                                          ", which the mapping no longer has");
                                       }));
    ATLAS_OK(purge_witnesses());

    const RunContext context = make_context();
    report.clock_offset = Micros(context.legacy_clock_offset_us);
    std::vector<Slot> slots(plan_.entities.size());
    const Result<> work = stages(context, slots);
    // What was written before the end is told, whatever ended it.
    const Result<> told = summarize(slots, report);
    return work ? told : work;
  }

  struct Slot {
    std::unique_ptr<StateStore> state;
    std::unique_ptr<EntityRun> run;
    std::optional<Error> error;
  };

  Result<> stages(const RunContext& context, std::vector<Slot>& slots) {
    for (std::uint32_t stage = 0; stage < plan_.stages; ++stage) {
      observer_.stage_started(stage);
      ATLAS_OK(run_stage(context, stage, slots));
    }
    ATLAS_OK(revisit(slots));
    return deletes(slots);
  }

  // Deletes come after all upserts, children before parents (E23). Beyond the cap of any entity
  // nothing is deleted (E32) but what a person approved of other entities.
  Result<> deletes(std::vector<Slot>& slots) {
    // Nothing is deleted on the word of an old backup (E9).
    if (!options_.sweep.restored().empty()) return {};
    EntityRun::Deletes which = EntityRun::Deletes::kAllowed;
    for (Slot& slot : slots) {
      if (!slot.run || slot.error) continue;
      auto capped = slot.run->deletes_over_cap();
      if (capped && *capped) which = EntityRun::Deletes::kApproved;
      slot.error = capped ? std::move(*capped) : std::move(capped).error();
    }
    for (std::uint32_t stage = plan_.stages; stage-- > 0;) {
      for (std::size_t i = 0; i < slots.size(); ++i) {
        Slot& slot = slots[i];
        if (plan_.entities[i].stage != stage || !slot.run || slot.error) continue;
        ATLAS_OK(renew());
        auto done = slot.run->carry_out_deletes(which);
        if (!done) slot.error = std::move(done).error();
      }
      ATLAS_OK(first_grave(slots));
    }
    return {};
  }

  Result<> renew() {
    if (ports_.clock.monotonic() - renewed_ < options_.lease_ttl / 4) return {};
    ATLAS_OK(state_->renew_lease(lease_, options_.lease_ttl, ports_.clock.now()));
    renewed_ = ports_.clock.monotonic();
    return {};
  }

  Result<> run_stage(const RunContext& context, std::uint32_t stage, std::vector<Slot>& slots) {
    ATLAS_OK(renew());
    std::vector<std::function<void()>> tasks;
    for (std::size_t i = 0; i < plan_.entities.size(); ++i) {
      const EntityPlan& entity = plan_.entities[i];
      if (entity.stage != stage || !chosen(entity)) continue;
      Slot& slot = slots[i];
      if (!entity.drift.empty()) {
        slot.error = paused_by_drift(entity);
        continue;
      }
      tasks.emplace_back([this, &context, &entity, &slot] {
        auto state = ports_.open_state();
        if (!state) {
          slot.error = std::move(state).error();
          return;
        }
        slot.state = std::move(*state);
        slot.run =
            std::make_unique<EntityRun>(context, entity, *slot.state, observer_, nullptr, nullptr);
        auto done = slot.run->capture();
        if (done) done = slot.run->revisit(false);
        if (!done) slot.error = std::move(done).error();
      });
    }
    ports_.executor.run(std::move(tasks));
    return first_grave(slots);
  }

  // Rounds over what waited for other entities or was refused; bounded, and only while something
  // moves.
  Result<> revisit(std::vector<Slot>& slots) {
    for (int round = 0; round < kRevisitsMax; ++round) {
      const bool links = std::any_of(slots.begin(), slots.end(),
                                     [](const Slot& s) { return s.run && s.run->links_made(); });
      std::int64_t before = 0;
      std::int64_t after = 0;
      for (Slot& slot : slots) {
        if (!slot.run || slot.error) continue;
        ATLAS_OK(renew());
        before += slot.run->counts()[Outcome::kApplied];
        auto done = slot.run->revisit(links);
        if (!done) slot.error = std::move(done).error();
        after += slot.run->counts()[Outcome::kApplied];
      }
      ATLAS_OK(first_grave(slots));
      if (round > 0 && before == after) break;
    }
    return {};
  }

  // Errors that end the whole run: a lost lease, a contradiction, a stop. Others stay with their
  // entity (RELIABILITY L4).
  static Result<> first_grave(const std::vector<Slot>& slots) {
    for (const Slot& slot : slots) {
      if (!slot.error) continue;
      const ErrorKind kind = slot.error->kind();
      if (slot.error->code() == Code::kFenceStale || kind == ErrorKind::kCorrupt ||
          kind == ErrorKind::kInDoubt)
        return *slot.error;
      if (slot.error->code() == Code::kInterrupted) return *slot.error;
    }
    return {};
  }

  Result<> summarize(std::vector<Slot>& slots, RunReport& report) {
    Result<> told;
    for (std::size_t i = 0; i < slots.size(); ++i) {
      if (!chosen(plan_.entities[i])) continue;
      EntityReport entity{
          plan_.entities[i].name, {}, {}, seen_by_readers(slots[i].error), plan_.entities[i].drift};
      auto pending = state_->pending_counts(tenant_.id, refs_[i]);
      if (pending) {
        entity.pending = *pending;
      } else {
        told = std::move(pending).error();
      }
      if (slots[i].run) {
        entity.counts = slots[i].run->counts();
        if (!entity.error && slots[i].run->transient()) entity.error = slots[i].run->transient();
      }
      observer_.entity_done(entity.entity, entity.counts, entity.error ? &*entity.error : nullptr);
      report.total.add(entity.counts);
      if (entity.error) {
        report.outcome = RunOutcome::kPartial;
        // A deadline is not a failure: the gravest reason is the one that is shown.
        if (!report.error || report.error->kind() == ErrorKind::kStopped)
          report.error = entity.error;
      }
      report.entities.push_back(std::move(entity));
    }
    return told;
  }

  struct Offset {
    Micros offset{};
    Micros round_trip{};
  };

  const Plan& plan_;
  const Ports& ports_;
  const RunOptions& options_;
  RunObserver& observer_;
  std::unique_ptr<StateStore> state_;
  std::vector<std::unique_ptr<Endpoint>> endpoints_;
  std::vector<Offset> offsets_;
  std::vector<bool> may_join_;
  // By endpoint: what Probe calls its database; its fence as state remembers it, and as it is.
  std::vector<std::string> identities_;
  std::vector<Fence> noted_;
  std::vector<Fence> found_;
  std::vector<EntityRef> refs_;
  TenantInfo tenant_;
  Epoch highest_fence_;
  bool unfinished_ = false;  // a repair after a restore was begun
  Lease lease_;
  Micros renewed_{};
};

}  // namespace

Result<RunReport> run_once(const Plan& plan, const Ports& ports, const RunOptions& options,
                           RunObserver& observer) {
  return Runner(plan, ports, options, observer).run();
}

Result<PlanReport> preview(const Plan& plan, const Ports& ports, const RunOptions& options,
                           RunObserver& observer) {
  return Runner(plan, ports, options, observer).preview();
}

}  // namespace atlas
