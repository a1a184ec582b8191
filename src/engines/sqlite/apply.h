#pragma once

// Applies write groups so that each entity instance is written as a whole or not at all.

#include "endpoint/endpoint.h"
#include "engines/sqlite/row_writer.h"
#include "engines/sqlite/table_plan.h"

#include <cstdint>
#include <span>
#include <vector>

namespace atlas::sqlite {

using WriteResults = std::vector<std::vector<WriteResult>>;

// Rows are tried in the order of the groups. A row that is not applied refuses its instance; if
// that had written something already, everything is taken back and done again without it. One use,
// one thread, inside an open write transaction.
class InstanceWriter {
 public:
  InstanceWriter(Connection& connection, TablePlans& plans, std::span<const WriteGroup> groups,
                 Instant now);

  // False: a trigger rolled the whole transaction back. Its row is refused: begin again and call
  // once more.
  //   errors  nothing was applied and the transaction cannot go on
  Result<bool> run();
  // After run() was true.
  WriteResults take_results();

 private:
  enum class Pass : std::uint8_t {
    kClean,  // what is applied is whole
    kRedo,   // an instance was refused half-way
    kGone,   // the transaction was rolled back
  };
  struct Instance {
    std::uint32_t number = 0;
    bool refused = false;
    bool refused_at_end = false;  // by a deferred foreign key
    bool undone = false;          // refused with what was written: not tried again
    bool chosen = false;          // takes part in the present pass
    bool written = false;         // has writes of the present pass
  };
  using Numbers = std::vector<std::uint32_t>;  // positions in instances_

  Result<Pass> apply_together(const Numbers& instances);
  Result<Pass> retry_refused_at_end();
  Result<Pass> one_pass(const Numbers& instances);
  Result<Pass> write_group(std::size_t group);
  Pass record(std::size_t group, std::size_t row, WriteResult result);
  void judge_anew(const Numbers& instances);
  void refuse_at_end(std::uint32_t instance);
  std::uint32_t instance_of(std::size_t group, std::size_t row) const {
    return instance_at_[group][row];
  }

  Connection& connection_;
  TablePlans& plans_;
  std::span<const WriteGroup> groups_;
  Instant now_;
  std::vector<Instance> instances_;
  std::vector<std::vector<std::uint32_t>> instance_at_;  // by group and row
  WriteResults results_;
};

}  // namespace atlas::sqlite
