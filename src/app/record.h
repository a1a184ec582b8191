#pragma once

#include "app/wiring.h"
#include "state/link.h"

#include <optional>
#include <string>
#include <vector>

namespace atlas::app {

// One field as both sides show it, in mid values: what is compared.
struct RecordField {
  std::string name;
  std::string legacy;  // text; "null"; empty where the side has no row for it
  std::string platform;
  std::string standing;  // "agreed", "legacy edited", "both edited", "outside the mapping", ...
  std::optional<std::string> misfit_legacy, misfit_platform;  // why a side's value cannot be mapped
};

struct RecordPart {
  std::string name;  // "legacy users", "platform u"
  std::string key;
  std::string existence;  // of the row now: "present", "absent", "out of scope", "deleted", or
                          // "exceeds limits.row_bytes"
  std::string version;    // as read, and whether the link knows it
  std::string stamp;      // of the row
};

// Everything the bridge knows of one instance, with its values: a person asked for them.
struct Record {
  std::string entity;
  std::string legacy_key, platform_key;  // "users/5"; empty if unknown
  bool linked = false;
  bool dead = false;
  std::uint32_t generation = 0;
  std::int64_t batch = 0;
  std::vector<RecordPart> parts;
  std::vector<RecordField> fields;
  std::optional<Pending> pending;
  std::vector<Conflict> conflicts;
  std::string summary;  // one line: why it is as it is
};

//   errors  kUsage when `key` cannot be read or means several rows; kNotFound when nobody knows it
Result<Record> look_up_record(const Bridge& bridge, OpenState& state, const EntityPlan& entity,
                              const std::string& key);

}  // namespace atlas::app
