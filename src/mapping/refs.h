#pragma once

// Parents' keys for one page: filled from links by flow, asked by the mapper. One thread.

#include "foundation/ids.h"
#include "model/key.h"

#include <map>
#include <optional>
#include <string>

namespace atlas {

class RefTable {
 public:
  void add(EntityIndex parent, std::uint16_t kind, KeyView legacy, KeyView platform);
  std::optional<KeyView> platform_of(EntityIndex parent, std::uint16_t kind, KeyView legacy) const;
  // (kind, legacy key) of a platform key.
  std::optional<std::pair<std::uint16_t, KeyView>> legacy_of(EntityIndex parent,
                                                             KeyView platform) const;

 private:
  std::map<std::string, std::string, std::less<>>
      by_legacy_;  // entity|kind|legacy key → platform key
  std::map<std::string, std::string, std::less<>>
      by_platform_;  // entity|platform key → kind|legacy key
};

}  // namespace atlas
