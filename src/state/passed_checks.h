#pragma once

// Which checks have passed, by mapping: sync demands one for exactly its mapping and schemas. The
// newest few are kept, so that the check of a draft stops nobody who works with another mapping.

#include "state/store.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace atlas {

inline constexpr std::size_t kPassedChecksMax = 8;

// What a check has looked at, by hash.
struct CheckedHashes {
  std::uint64_t mapping = 0;
  std::uint64_t schemas = 0;
  bool operator==(const CheckedHashes&) const = default;
};

enum class CheckStanding : std::uint8_t {
  kPassed,
  kOtherSchemas,  // this mapping passed, for other schemas
  kOtherMapping,  // only other mappings passed
  kNone,
};

// One small note is read. A check that an earlier version has noted counts too.
Result<CheckStanding> check_standing(StateStore& state, TenantId tenant,
                                     const CheckedHashes& hashes);

// Keeps a check that passed, in the place of an earlier one of the same mapping, or of the oldest.
//   schemas  what it saw of them, as schemas_checked() gives it back
Result<> keep_check(StateStore& state, TenantId tenant, const CheckedHashes& hashes,
                    const std::string& schemas);

// What the last passing check of this mapping saw; nullopt when it is not kept.
Result<std::optional<std::string>> schemas_checked(StateStore& state, TenantId tenant,
                                                   std::uint64_t mapping);

}  // namespace atlas
