#include "apply/apply.h"

#include "apply/intent_codec.h"
#include "foundation/assert.h"
#include "foundation/fault_point.h"
#include "foundation/planted.h"

#include <algorithm>

namespace atlas {
namespace {

bool skips(const RowWrite& write, const std::vector<bool>& failed) {
  return write.needs_previous && failed[write.instance];
}

bool ends_run(const Error& error) {
  return error.kind() != ErrorKind::kRetry && error.kind() != ErrorKind::kRejected;
}

class BatchRun {
 public:
  BatchRun(const ApplyContext& context, const std::vector<RowWrite>& writes,
           const std::function<Confirm(const ApplyDone&)>& make_confirm)
      : context_(context), writes_(writes), make_confirm_(make_confirm) {
    done_.outcomes.resize(writes.size());
    std::uint32_t instances = 0;
    for (const RowWrite& w : writes) instances = std::max(instances, w.instance + 1);
    failed_.assign(instances, false);
  }

  Result<ApplyDone> run() {
    const std::vector<Step> steps = plan_steps(writes_);
    for (std::size_t i = 0; i < steps.size(); ++i) ATLAS_OK(step(steps[i], i + 1 == steps.size()));
    if (!done_.confirmed) {
      const Confirm confirm = make_confirm_(done_);
      if (!confirm.empty())
        ATLAS_OK(context_.state.confirm(context_.lease, context_.entity, confirm));
    }
    return std::move(done_);
  }

 private:
  Result<> step(const Step& step, bool last) {
    std::vector<std::uint32_t> chosen;
    for (const std::uint32_t i : step.writes) {
      if (skips(writes_[i], failed_))
        done_.outcomes[i].status = WriteStatus::kSkipped;
      else
        chosen.push_back(i);
    }
    if (chosen.empty()) return {};
    auto endpoint = context_.endpoint(step.endpoint);
    if (!endpoint) return set_aside(chosen, std::move(endpoint).error());
    ATLAS_TRY(const BatchNumber number, context_.next_batch());
    done_.last_batch = number;
    const ApplyTicket ticket{context_.tenant, context_.lease.epoch, number};
    const Grouped grouped = group_writes(writes_, chosen);
    std::vector<const TableShape*> tables;
    for (const WriteGroup& group : grouped.groups) {
      if (std::find(tables.begin(), tables.end(), group.shape) == tables.end())
        tables.push_back(group.shape);
    }
    if (last && context_.may_join(step.endpoint)) {
      // Where target and state are one database no intent is needed: one transaction holds it all
      // (E4).
      auto transaction = (*endpoint)->begin(ticket, tables);
      if (!transaction) return set_aside(chosen, std::move(transaction).error());
      if (context_.state.joins(**transaction)) return apply_joined(**transaction, grouped, chosen);
    }
    return apply_with_intent(**endpoint, ticket, tables, grouped, chosen, step.endpoint);
  }

  Result<> apply_joined(Transaction& transaction, const Grouped& grouped,
                        const std::vector<std::uint32_t>& chosen) {
    auto results = transaction.apply(grouped.groups);
    if (!results) return set_aside(chosen, std::move(results).error());
    take(grouped, *results);
    const Confirm confirm = make_confirm_(done_);
    ATLAS_OK(context_.state.confirm_joined(transaction, context_.lease, context_.entity, confirm));
    CommitAnswer answer = transaction.commit();
    if (answer.outcome != CommitOutcome::kCommitted) {
      // The confirm was in it: the run ends here and the next one starts from what the database
      // holds.
      if (answer.error) return std::move(*answer.error);
      return Error(Code::kCommitUnknown, "the apply and its confirm were in one transaction");
    }
    done_.confirmed = true;
    return {};
  }

  Result<> apply_with_intent(Endpoint& endpoint, const ApplyTicket& ticket,
                             const std::vector<const TableShape*>& tables, const Grouped& grouped,
                             const std::vector<std::uint32_t>& chosen, EndpointIndex target) {
    std::vector<Effect> effects;
    effects.reserve(chosen.size());
    for (const std::uint32_t i : chosen) effects.push_back(writes_[i].effect);
    const Intent intent{ticket.batch, context_.entity.id, context_.endpoint_name(target),
                        encode_intent(effects, context_.field_names)};
    if (!planted(Plant::kNoIntent))
      ATLAS_OK(context_.state.store_intents(context_.lease, {&intent, 1}));
    (void)fault_point("apply.intent_stored");
    done_.intents.push_back(ticket.batch);
    auto transaction = endpoint.begin(ticket, tables);
    if (!transaction) return set_aside(chosen, std::move(transaction).error());
    auto results = (*transaction)->apply(grouped.groups);
    if (!results) return set_aside(chosen, std::move(results).error());
    (void)fault_point("apply.before_commit");
    CommitAnswer answer = (*transaction)->commit();
    transaction->reset();
    (void)fault_point("apply.after_commit");
    switch (answer.outcome) {
      case CommitOutcome::kCommitted:
        take(grouped, *results);
        return {};
      case CommitOutcome::kRolledBack:
        return set_aside(chosen, answer.error
                                     ? std::move(*answer.error)
                                     : Error(Code::kDatabaseFailed, "the commit was rolled back"));
      case CommitOutcome::kUnknown:
        return settle(endpoint, ticket, chosen, grouped, *results);
    }
    return {};
  }

  // An unknown commit is asked for, never guessed (E3). Our own backend may still be committing:
  // the witness insert waits for it.
  Result<> settle(Endpoint& endpoint, const ApplyTicket& ticket,
                  const std::vector<std::uint32_t>& chosen, const Grouped& grouped,
                  std::vector<std::vector<WriteResult>>& results) {
    bool applied = planted(Plant::kUnknownCommitGuessed);
    if (!applied) {
      auto settlement = endpoint.settle(ticket);
      if (!settlement)
        return Error(Code::kCommitUnknown, "the target did not answer the witness question either")
            .because(settlement.error());
      applied = settlement->applied;
    }
    if (applied) {
      take(grouped, results);
      return {};
    }
    for (const std::uint32_t i : chosen) {
      done_.outcomes[i].status = WriteStatus::kStale;
      failed_[writes_[i].instance] = true;
    }
    return {};
  }

  void take(const Grouped& grouped, std::vector<std::vector<WriteResult>>& results) {
    ATLAS_ASSERT(results.size() == grouped.order.size(),
                 "an endpoint answered for another number of groups");
    for (std::size_t g = 0; g < results.size(); ++g) {
      ATLAS_ASSERT(results[g].size() == grouped.order[g].size(),
                   "an endpoint answered for another number of rows");
      for (std::size_t i = 0; i < results[g].size(); ++i) {
        const std::uint32_t write = grouped.order[g][i];
        WriteOutcome& out = done_.outcomes[write];
        out.status = results[g][i].status;
        if (planted(Plant::kSwallowedIsApplied) && out.status == WriteStatus::kSuppressed)
          out.status = WriteStatus::kApplied;
        out.error = std::move(results[g][i].error);
        if (out.status == WriteStatus::kApplied && writes_[write].kind != WriteKind::kRemove)
          out.version = results[g][i].version;
        if (out.status != WriteStatus::kApplied) failed_[writes_[write].instance] = true;
      }
    }
  }

  // Nothing of the step was applied: its keys stay dirty. Errors that a repetition cannot cure end
  // the run.
  Result<> set_aside(const std::vector<std::uint32_t>& chosen, Error error) {
    if (ends_run(error)) return error;
    for (const std::uint32_t i : chosen) {
      done_.outcomes[i].status = WriteStatus::kStale;
      failed_[writes_[i].instance] = true;
    }
    if (!done_.transient) done_.transient = std::move(error);
    return {};
  }

  const ApplyContext& context_;
  const std::vector<RowWrite>& writes_;
  const std::function<Confirm(const ApplyDone&)>& make_confirm_;
  ApplyDone done_;
  std::vector<bool> failed_;
};

}  // namespace

Result<ApplyDone> apply_batch(const ApplyContext& context, const std::vector<RowWrite>& writes,
                              const std::function<Confirm(const ApplyDone&)>& make_confirm) {
  return BatchRun(context, writes, make_confirm).run();
}

}  // namespace atlas
