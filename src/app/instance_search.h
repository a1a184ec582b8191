#pragma once

#include "app/wiring.h"
#include "state/link.h"
#include "verify/images.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace atlas::app {

// What is known of one reading of the key that a person typed.
struct Lead {
  InstanceKey instance;
  std::uint16_t kind = 0;
  bool kind_known = true;
  std::optional<LinkRecord> link;  // contents live in the search
  Key legacy_key, platform_key;
  bool row = false;  // a row with that key is there
  std::optional<Pending> pending;
};

// Finds the instance that a person means, and reads both its rows. Writes nothing. One thread; what
// it is given must outlive it.
class InstanceSearch {
 public:
  InstanceSearch(const Bridge& bridge, OpenState& state, const EntityPlan& entity);

  // The one reading that somebody knows: by a link, else by a pending row, else by a row.
  //   kind    of the legacy tables, by name; empty: any
  //   errors  kUsage when `text` cannot be read or means several rows; kNotFound when nobody knows
  //           it
  Result<Lead> choose(const std::string& text, const std::string& kind = {});
  // An empty set, to be read into.
  ImageSet images();
  // Both sides of the instance and its parents, as the set's only image.
  Result<> read(ImageSet& images, const Lead& lead) const;

  const Mapper& mapper() const { return mapper_; }
  const EntityRef& ref() const { return state_.entities[entity_.index.value]; }

 private:
  Result<Lead> follow(InstanceKey instance);

  const Bridge& bridge_;
  OpenState& state_;
  const EntityPlan& entity_;
  Hasher hasher_;
  Mapper mapper_;
  std::map<std::uint32_t, std::unique_ptr<Endpoint>> endpoints_;
  std::vector<std::unique_ptr<Links>> links_;
};

}  // namespace atlas::app
