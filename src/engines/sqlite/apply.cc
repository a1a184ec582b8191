#include "engines/sqlite/apply.h"

#include "engines/sqlite/classify.h"
#include "foundation/fault_point.h"

#include <numeric>
#include <unordered_map>

namespace atlas::sqlite {
namespace {

Error broken_reference() {
  return Error(Code::kConstraintViolated, "a deferred FOREIGN KEY constraint would fail at commit")
      .on_constraint(std::string(kForeignKey));
}

bool breaks_reference(const WriteResult& result) {
  return result.status == WriteStatus::kRejected && result.error &&
         result.error->constraint() == kForeignKey;
}

}  // namespace

InstanceWriter::InstanceWriter(Connection& connection, TablePlans& plans,
                               std::span<const WriteGroup> groups, Instant now)
    : connection_(connection), plans_(plans), groups_(groups), now_(now) {
  std::unordered_map<std::uint32_t, std::uint32_t> positions;
  for (const WriteGroup& group : groups_) {
    results_.emplace_back(group.size());
    auto& at = instance_at_.emplace_back();
    for (std::size_t row = 0; row < group.size(); ++row) {
      const auto [found, fresh] =
          positions.emplace(group.instances[row], static_cast<std::uint32_t>(instances_.size()));
      if (fresh) instances_.push_back({.number = group.instances[row]});
      at.push_back(found->second);
    }
  }
}

Result<bool> InstanceWriter::run() {
  Numbers all(instances_.size());
  std::iota(all.begin(), all.end(), 0U);
  ATLAS_TRY(Pass pass, apply_together(all));
  if (pass == Pass::kGone) return false;
  ATLAS_TRY(pass, retry_refused_at_end());
  return pass != Pass::kGone;
}

// On top of what stands. A deferred foreign key left broken is found by halving.
Result<InstanceWriter::Pass> InstanceWriter::apply_together(const Numbers& instances) {
  ATLAS_OK(connection_.execute("savepoint", "SAVEPOINT atlas_apply"));
  for (;;) {
    ATLAS_TRY(const Pass pass, one_pass(instances));
    if (pass == Pass::kGone) return pass;
    if (pass == Pass::kClean) break;
    ATLAS_OK(connection_.execute("savepoint", "ROLLBACK TO atlas_apply"));
    judge_anew(instances);
  }
  const bool broken = connection_.deferred_violation();
  if (broken) ATLAS_OK(connection_.execute("savepoint", "ROLLBACK TO atlas_apply"));
  ATLAS_OK(connection_.execute("savepoint", "RELEASE atlas_apply"));
  if (!broken) return Pass::kClean;

  Numbers left;
  for (const std::uint32_t instance : instances) {
    if (!instances_[instance].refused) left.push_back(instance);
  }
  if (left.size() == 1) {
    refuse_at_end(left.front());
    return Pass::kClean;
  }
  const auto middle = left.begin() + static_cast<std::ptrdiff_t>(left.size() / 2);
  ATLAS_TRY(const Pass first, apply_together(Numbers(left.begin(), middle)));
  if (first == Pass::kGone) return first;
  return apply_together(Numbers(middle, left.end()));
}

// What was undone may have been in the way of others, which were refused for it.
void InstanceWriter::judge_anew(const Numbers& instances) {
  for (const std::uint32_t i : instances) {
    Instance& instance = instances_[i];
    instance.undone |= instance.refused && instance.written;
    instance.refused = instance.undone;
  }
}

// Instances that refer to each other across the halves are refused one by one and fit together.
Result<InstanceWriter::Pass> InstanceWriter::retry_refused_at_end() {
  Numbers refused;
  for (std::uint32_t i = 0; i < instances_.size(); ++i) {
    const Instance& instance = instances_[i];
    if (instance.refused && instance.refused_at_end && !instance.undone) refused.push_back(i);
  }
  if (refused.size() < 2) return Pass::kClean;
  const WriteResults before = results_;
  for (const std::uint32_t i : refused) instances_[i].refused = false;
  ATLAS_OK(connection_.execute("savepoint", "SAVEPOINT atlas_retry"));
  ATLAS_TRY(const Pass pass, one_pass(refused));
  if (pass == Pass::kGone) return pass;
  const bool fits = pass == Pass::kClean && !connection_.deferred_violation();
  if (!fits) {
    ATLAS_OK(connection_.execute("savepoint", "ROLLBACK TO atlas_retry"));
    results_ = before;
    for (const std::uint32_t i : refused) instances_[i].refused = true;
  }
  ATLAS_OK(connection_.execute("savepoint", "RELEASE atlas_retry"));
  return Pass::kClean;
}

void InstanceWriter::refuse_at_end(std::uint32_t instance) {
  instances_[instance].refused = true;
  instances_[instance].refused_at_end = true;
  for (std::size_t group = 0; group < groups_.size(); ++group) {
    for (std::size_t row = 0; row < groups_[group].size(); ++row) {
      if (instance_of(group, row) != instance) continue;
      results_[group][row] = {
          .status = WriteStatus::kRejected, .version = {}, .error = broken_reference()};
    }
  }
}

Result<InstanceWriter::Pass> InstanceWriter::one_pass(const Numbers& instances) {
  for (Instance& instance : instances_) instance.chosen = instance.written = false;
  for (const std::uint32_t i : instances) instances_[i].chosen = true;
  Pass all = Pass::kClean;
  for (std::size_t group = 0; group < groups_.size(); ++group) {
    ATLAS_TRY(const Pass pass, write_group(group));
    if (pass == Pass::kGone) return pass;
    if (pass == Pass::kRedo) all = pass;
  }
  return all;
}

Result<InstanceWriter::Pass> InstanceWriter::write_group(std::size_t group) {
  if (fault_point("sqlite.write") == Fault::kFail) {
    return Error(Code::kConnectionLost, "a write was cut").at(connection_.options().where);
  }
  ATLAS_TRY(const TablePlan* plan, plans_.of(*groups_[group].shape));
  ATLAS_TRY(RowWriter writer, RowWriter::make(connection_, *plan, groups_[group], now_));
  std::vector<std::size_t> rows(groups_[group].size());
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  Pass all = Pass::kClean;
  // Rows may refer to later rows of their group: those that break a reference are tried again while
  // that helps.
  for (bool last_round = false; !rows.empty();) {
    std::vector<std::size_t> postponed;
    for (const std::size_t row : rows) {
      const Instance& instance = instances_[instance_of(group, row)];
      if (!instance.chosen || instance.refused) continue;
      ATLAS_TRY(WriteResult result, writer.write(row));
      if (!connection_.in_transaction()) {
        (void)record(group, row, std::move(result));
        instances_[instance_of(group, row)].undone = true;
        return Pass::kGone;
      }
      if (!last_round && breaks_reference(result)) {
        postponed.push_back(row);
      } else if (record(group, row, std::move(result)) == Pass::kRedo) {
        all = Pass::kRedo;
      }
    }
    last_round = postponed.size() == rows.size();
    rows = std::move(postponed);
  }
  return all;
}

InstanceWriter::Pass InstanceWriter::record(std::size_t group, std::size_t row,
                                            WriteResult result) {
  Instance& instance = instances_[instance_of(group, row)];
  const bool applied = result.status == WriteStatus::kApplied;
  results_[group][row] = std::move(result);
  if (applied) {
    instance.written = true;
    return Pass::kClean;
  }
  instance.refused = true;
  return instance.written ? Pass::kRedo : Pass::kClean;
}

WriteResults InstanceWriter::take_results() {
  for (std::size_t group = 0; group < groups_.size(); ++group) {
    for (std::size_t row = 0; row < groups_[group].size(); ++row) {
      WriteResult& result = results_[group][row];
      if (instances_[instance_of(group, row)].refused && result.status == WriteStatus::kApplied)
        result = {};
    }
  }
  return std::move(results_);
}

}  // namespace atlas::sqlite
