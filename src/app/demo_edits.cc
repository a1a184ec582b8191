#include "app/demo_edits.h"

#include "model/text_form.h"
#include "model/zone.h"

#include <fmt/format.h>

namespace atlas::app {
namespace {

constexpr std::int64_t kSecond = 1'000'000;

// Stamps in the spelling of each side: Berlin's wall clock without a zone; UTC with one.
struct Stamps {
  std::string legacy;
  std::string platform;
};

Result<Stamps> stamps_at(std::int64_t utc_us) {
  ATLAS_TRY(const auto berlin, find_zone("Europe/Berlin"));
  const auto six_digits = [](std::string text, std::string_view end) {
    if (text.ends_with(end)) text.resize(text.size() - end.size());
    if (text.find('.') == std::string::npos) text += ".";
    text.resize(std::string_view("YYYY-MM-DD HH:MM:SS.ffffff").size(), '0');
    return text.append(end);
  };
  return Stamps{six_digits(value_text(Value::timestamp(
                               to_local({.zone = berlin, .ambiguous = {}, .gap = {}}, utc_us))),
                           ""),
                six_digits(value_text(Value::instant(utc_us)), "+00")};
}

Result<std::string> cell(DemoDatabase& database, const std::string& sql) {
  ATLAS_TRY(const auto rows, database.run(sql));
  if (rows.empty() || rows.front().empty())
    return Error(Code::kInternal, "the demo misses a row").show(sql);
  return rows.front().front();
}

class Editor {
 public:
  explicit Editor(DemoWorld& world) : world_(world) {}

  Result<std::string> email_of(const std::string& id) {
    return cell(world_.at(DemoPlace::kLegacy),
                fmt::format("SELECT email FROM users WHERE id = {}", id));
  }
  Result<> legacy_user(const std::string& id, const std::string& assignments, const Stamps& at) {
    ATLAS_TRY(const auto rows,
              world_.at(DemoPlace::kLegacy)
                  .run(fmt::format("UPDATE users SET {}, updated_at = {} WHERE id = {}",
                                   assignments, sql_quoted(at.legacy), id)));
    return {};
  }
  Result<> platform_user(const std::string& email, const std::string& assignments,
                         const Stamps& at) {
    ATLAS_TRY(const auto rows,
              world_.at(DemoPlace::kIdentity)
                  .run(fmt::format("UPDATE {} SET {}, updated_at = {} WHERE email = {}",
                                   world_.table(DemoPlace::kIdentity, "users"), assignments,
                                   sql_quoted(at.platform), sql_quoted(email))));
    return {};
  }
  Result<> insert_user(const std::string& name, const std::string& email, const Stamps& at) {
    ATLAS_TRY(const auto rows,
              world_.at(DemoPlace::kLegacy)
                  .run(fmt::format("INSERT INTO users (tenant_id, name, email, legacy_flags, "
                                   "updated_at) VALUES ({}, {}, {}, 0, {})",
                                   kAtlasTenant, sql_quoted(name), sql_quoted(email),
                                   sql_quoted(at.legacy))));
    return {};
  }
  Result<> insert_team(const std::string& name, const Stamps& at) {
    const std::string table = world_.table(DemoPlace::kOrg, "teams");
    ATLAS_TRY(const std::string tenant,
              cell(world_.at(DemoPlace::kOrg), "SELECT tenant_id FROM " + table + " LIMIT 1"));
    ATLAS_TRY(const auto rows,
              world_.at(DemoPlace::kOrg)
                  .run(fmt::format(
                      "INSERT INTO {} (tenant_id, name, updated_at) VALUES ({}, {}, {})", table,
                      sql_quoted(tenant), sql_quoted(name), sql_quoted(at.platform))));
    return {};
  }

 private:
  DemoWorld& world_;
};

}  // namespace

std::string sql_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    out += c;
    if (c == '\'') out += c;
  }
  return out + "'";
}

Result<DemoEdits> edit_both_sides(DemoWorld& world, std::int64_t now_us) {
  ATLAS_TRY(const Stamps earlier, stamps_at(now_us - kSecond));
  ATLAS_TRY(const Stamps now, stamps_at(now_us));
  Editor editor(world);
  DemoEdits edits;
  // The generator's first ten users are ordinary and alive.
  edits.both_kept = "1";
  edits.conflict = "2";
  edits.deleted = "3";
  edits.unmappable = "4";
  edits.new_user_email = "grete.neumann@example.org";
  edits.new_team = "Night shift";

  ATLAS_TRY(const std::string kept_email, editor.email_of(edits.both_kept));
  ATLAS_OK(editor.legacy_user(edits.both_kept, "phone = '+49 30 5550199'", now));
  ATLAS_OK(editor.platform_user(kept_email, "family_name = 'Byrne'", now));
  edits.told.emplace_back("user 1: legacy sets the phone, the platform the family name");

  ATLAS_TRY(const std::string conflict_email, editor.email_of(edits.conflict));
  ATLAS_OK(editor.legacy_user(edits.conflict, "name = 'Alex Summer'", earlier));
  ATLAS_OK(
      editor.platform_user(conflict_email, "given_name = 'Alex', family_name = 'Winter'", now));
  edits.told.emplace_back("user 2: both set the name; the platform a second later");

  ATLAS_OK(editor.insert_user("Grete Neumann", edits.new_user_email, now));
  ATLAS_OK(editor.insert_team(edits.new_team, now));
  edits.told.emplace_back("inserted: a user on legacy, a team on the platform");

  ATLAS_OK(editor.legacy_user(edits.deleted, "deleted_at = " + sql_quoted(now.legacy), now));
  edits.told.emplace_back("user 3: soft-deleted on legacy");

  ATLAS_OK(editor.legacy_user(edits.unmappable, "status = 7", now));
  edits.told.emplace_back("user 4: legacy sets status 7, which the mapping does not know");
  return edits;
}

Result<DemoUser> show_user(DemoWorld& world, const std::string& legacy_id) {
  ATLAS_TRY(const auto legacy,
            world.at(DemoPlace::kLegacy)
                .run(fmt::format("SELECT name, phone, email FROM users WHERE id = {}", legacy_id)));
  if (legacy.empty()) return Error(Code::kInternal, "the demo misses a user");
  ATLAS_TRY(const auto platform,
            world.at(DemoPlace::kIdentity)
                .run(fmt::format("SELECT given_name, family_name, contact, archived_at FROM {} "
                                 "WHERE email = {}",
                                 world.table(DemoPlace::kIdentity, "users"),
                                 sql_quoted(legacy.front()[2]))));
  DemoUser user;
  user.legacy = fmt::format("{}, {}", legacy.front()[0], legacy.front()[1]);
  user.platform = "absent";
  if (!platform.empty()) {
    const DemoDatabase::Row& row = platform.front();
    user.platform =
        fmt::format("{} | {}, {}{}", row[0], row[1], row[2], row[3].empty() ? "" : ", archived");
  }
  return user;
}

}  // namespace atlas::app
