#pragma once

// Rows to write, grouped into steps (one endpoint, upserts or removes) and set-wise groups.

#include "apply/effect.h"
#include "endpoint/endpoint.h"

#include <cstdint>
#include <string>
#include <vector>

namespace atlas {

// One row to write. Keys and cells are borrowed until the batch is done.
struct RowWrite {
  EndpointIndex endpoint;
  const TableShape* shape = nullptr;
  WriteKind kind = WriteKind::kUpdate;
  KeyView key;
  RowVersion guard;
  std::uint32_t instance = 0;
  bool needs_previous =
      false;  // not tried unless every earlier write of its instance was applied (root first, E24)
  std::vector<std::uint32_t> columns;
  std::vector<Value> cells;  // one per column
  Effect effect;
};

// One endpoint's share, applied in one transaction under one intent.
struct Step {
  EndpointIndex endpoint;
  bool removes = false;
  std::vector<std::uint32_t> writes;  // indexes into the batch, in apply order
};

// Orders writes: upserts before removes; within upserts legacy first, then platform endpoints by
// lowest part; removes the other way.
std::vector<Step> plan_steps(const std::vector<RowWrite>& writes);

// Groups one step's writes by (table, kind, columns), each group sorted by key; `order[g][i]` is
// the write's index.
struct Grouped {
  std::vector<WriteGroup> groups;
  std::vector<std::vector<std::uint32_t>> order;
};
Grouped group_writes(const std::vector<RowWrite>& writes, const std::vector<std::uint32_t>& chosen);

}  // namespace atlas
