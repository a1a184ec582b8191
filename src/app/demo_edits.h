#pragma once

#include "app/demo_world.h"

#include <string>
#include <vector>

namespace atlas::app {

// What people do on both sides between two runs, and how it is shown afterwards.
struct DemoEdits {
  std::vector<std::string> told;  // one line for each edit
  // Rows that the story comes back to.
  std::string both_kept;       // legacy users.id: different fields on both sides
  std::string conflict;        // the same field on both sides
  std::string deleted;         // soft-deleted on legacy
  std::string unmappable;      // gets a status that the mapping does not know
  std::string new_user_email;  // inserted on legacy
  std::string new_team;        // inserted on the platform
};

// Edits live rows; stamps are around `now_us`.
Result<DemoEdits> edit_both_sides(DemoWorld& world, std::int64_t now_us);

// One user as both sides have it: "Ada Lovelace, +49 30 1234, active".
struct DemoUser {
  std::string legacy;
  std::string platform;
};
Result<DemoUser> show_user(DemoWorld& world, const std::string& legacy_id);

// Text in single quotes for SQL.
std::string sql_quoted(std::string_view text);

}  // namespace atlas::app
