#pragma once

// From a decision to the rows to write: keeps or creates cells, fills keys, scope, constants and
// soft flags, orders parts.

#include "apply/batch.h"
#include "flow/context.h"
#include "resolve/decide.h"
#include "verify/images.h"

#include <optional>
#include <string>
#include <vector>

namespace atlas {

struct ComposeInput {
  const EntityContext& context;
  const Image& image;
  const Decision& decision;
  const LinkRecord* link = nullptr;  // null: a new instance
  const RefTable& refs;
  Arena& arena;
  std::uint32_t instance = 0;
  KeyView legacy_key,
      platform_key;  // final keys; empty where they come out of the fields (kFromFields)
  std::uint32_t generation = 0;
  FieldHash match = kNoBase;
};

struct Composed {
  std::vector<RowWrite> writes;
  std::vector<FieldEffect> settled;    // fields whose base moves without a write
  std::vector<MissingParent> missing;  // references that wait
  bool waits = false;     // nothing of the instance can be written before a parent arrives
  bool deferred = false;  // a null was written now, to be patched
  std::optional<Misfit> misfit;
  Side misfit_side = Side::kLegacy;
  bool part_missing = false;     // a confirmed required part is gone (E24)
  Key legacy_key, platform_key;  // keys that came out of the fields
};

Composed compose(const ComposeInput& input);

// Effective stamp of a part for `newest` (E19): the user's stamp kept on the link while the row is
// as our own write left it.
std::int64_t effective_stamp(const LinkRecord* link, std::uint32_t part, const RowVersion& version);

}  // namespace atlas
