#pragma once

// Runs one batch against its endpoints: intent → apply → (by the caller) confirm (ENGINE E2–E4).

#include "apply/batch.h"
#include "endpoint/endpoint.h"
#include "state/store.h"

#include <functional>
#include <string>
#include <vector>

namespace atlas {

// What became of one RowWrite.
struct WriteOutcome {
  WriteStatus status = WriteStatus::kSkipped;
  std::optional<RowVersion>
      version;  // nullopt: applied, but the version is not known (settled by the witness)
  std::optional<Error> error;
};

struct ApplyContext {
  StateStore& state;
  Lease lease;
  EntityRef entity;
  std::string tenant;  // immutable id
  std::vector<std::string> field_names;
  // Open connection of an endpoint, and its name for intents.
  std::function<Result<Endpoint*>(EndpointIndex)> endpoint;
  std::function<std::string(EndpointIndex)> endpoint_name;
  // Whether the endpoint's database is the state's: its transaction may carry the confirm.
  std::function<bool(EndpointIndex)> may_join;
  std::function<Result<BatchNumber>()> next_batch;  // reserved before, never used
};

struct ApplyDone {
  std::vector<WriteOutcome> outcomes;  // one per write
  std::vector<BatchNumber> intents;    // to be closed by the confirm
  BatchNumber last_batch;              // the highest number used, 0 if nothing was written
  bool confirmed = false;              // the confirm went with the last transaction
  std::optional<Error>
      transient;  // a step failed for now; its writes are kStale. Lost peers show here.
};

// Applies `writes`. `make_confirm` is called exactly once, when all outcomes are known, and must
// return the confirm for them; where the last target is the state's own database the confirm
// travels in that transaction, otherwise it is a transaction of its own.
//   errors  kFenceStale, kDrift, kRefused, kInDoubt (unknown and not settled): nothing was
//   confirmed; recovery settles the intents
Result<ApplyDone> apply_batch(const ApplyContext& context, const std::vector<RowWrite>& writes,
                              const std::function<Confirm(const ApplyDone&)>& make_confirm);

}  // namespace atlas
