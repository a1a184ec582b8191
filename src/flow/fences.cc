#include "flow/fences.h"

#include "foundation/planted.h"
#include "model/hashing.h"

#include <fmt/format.h>

#include <cstdlib>

namespace atlas {
namespace {

std::string note_name(const std::string& endpoint) { return "fence " + endpoint; }

}  // namespace

// "EPOCH MARK"; an earlier version wrote the epoch alone.
Result<Fence> noted_fence(StateStore& state, TenantId tenant, const std::string& endpoint) {
  ATLAS_TRY(const std::optional<std::string> note, state.note(tenant, note_name(endpoint)));
  Fence fence;
  if (!note) return fence;
  fence.epoch.value = std::strtoll(note->c_str(), nullptr, 10);
  const std::size_t space = note->find(' ');
  if (space != std::string::npos) fence.mark = note->substr(space + 1);
  return fence;
}

Result<> note_fence(StateStore& state, TenantId tenant, const std::string& endpoint,
                    const Fence& fence) {
  return state.put_note(tenant, note_name(endpoint),
                        fmt::format("{} {}", fence.epoch.value, fence.mark));
}

Result<> same_database(const EndpointPlan& endpoint, const Fence& noted, const Fence& found) {
  if (noted.mark.empty() || found.mark.empty() || noted.mark == found.mark) return {};
  return Error(Code::kOtherDatabase,
               fmt::format("{} was {} when the tenant last ran, and is {} now", endpoint.name,
                           noted.mark, found.mark))
      .at(endpoint.name);
}

Result<> not_rewound(const EndpointPlan& endpoint, const Fence& noted, const Fence& found) {
  if (found.epoch >= noted.epoch || planted(Plant::kRewindUnnoticed)) return {};
  std::string why = fmt::format("{} has fence epoch {}, we had raised it to {}", endpoint.name,
                                found.epoch.value, noted.epoch.value);
  if (found == Fence{})
    why = fmt::format("{} has no fence of this tenant, we had raised it to epoch {}", endpoint.name,
                      noted.epoch.value);
  return Error(Code::kTargetRewound, std::move(why))
      .at(endpoint.name)
      .advise(fmt::format(
          "see first that {} is connected to its own database: {}; if that was restored, "
          "`atlas-bridge repair --rewound {}` brings what it lost from the other side; look at "
          "it with --dry-run first",
          endpoint.name,
          found == Fence{} ? "one in which the bridge never ran looks the same"
                           : "an older copy looks the same",
          side_name(endpoint.side)));
}

Result<> not_ahead(const EndpointPlan& endpoint, const Fence& found, Epoch known) {
  if (found.epoch <= known) return {};
  return Error(Code::kStateRewound, fmt::format("{} has fence epoch {}, our state knows {}",
                                                endpoint.name, found.epoch.value, known.value))
      .at(endpoint.name);
}

Result<> as_left(const EndpointPlan& endpoint, const Fence& noted, const Fence& found,
                 Epoch known) {
  ATLAS_OK(same_database(endpoint, noted, found));
  ATLAS_OK(not_ahead(endpoint, found, known));
  return not_rewound(endpoint, noted, found);
}

std::string fresh_mark(const std::array<std::uint8_t, 32>& random, const std::string& identity) {
  std::string bytes(reinterpret_cast<const char*>(random.data()), random.size());
  return fmt::format("db-{:016x}", stable_hash(bytes + identity));
}

}  // namespace atlas
