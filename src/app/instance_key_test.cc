#include "app/instance_key.h"

#include "app/pending_text.h"
#include "foundation/error_codes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::app {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Type of(TypeKind kind) {
  Type type;
  type.kind = kind;
  return type;
}

// A union of two legacy tables with integer keys, and one platform table with a UUID.
EntityPlan person() {
  EntityPlan entity;
  entity.name = "person";
  for (const char* name : {"users", "staff"}) {
    KindPlan kind;
    kind.name = name;
    kind.shape.columns = {{"id", of(TypeKind::kInt8)}};
    kind.shape.key = {0};
    entity.kinds.push_back(std::move(kind));
  }
  PartPlan part;
  part.alias = "u";
  part.shape.columns = {{"id", of(TypeKind::kUuid)}};
  part.shape.key = {0};
  entity.parts.push_back(std::move(part));
  return entity;
}

std::vector<std::string> read(std::string_view text) {
  const EntityPlan entity = person();
  std::vector<std::string> out;
  for (const InstanceKey& instance : readings(entity, text)) {
    out.push_back(instance_text(entity, instance));
  }
  return out;
}

TEST(Readings, OfAPlainNumberAreEveryLegacyTable) {
  EXPECT_THAT(read("5"), ElementsAre("users/5", "staff/5"));
}

TEST(Readings, OfANumberWithItsTableIsThatTable) {
  EXPECT_THAT(read("staff/5"), ElementsAre("staff/5"));
}

TEST(Readings, OfAUuidIsThePlatform) {
  EXPECT_THAT(read("3f0c6a4e-1d7b-5c58-9a39-2b7d3c1e8f00"),
              ElementsAre("3f0c6a4e-1d7b-5c58-9a39-2b7d3c1e8f00"));
}

TEST(Readings, OfNonsenseAreNone) {
  for (const char* text : {"", "five", "users/", "5, 6", "teams/5", "users/5/6"}) {
    EXPECT_THAT(read(text), IsEmpty()) << text;
  }
}

TEST(Readings, OfACompositeKeyTakeCommas) {
  EntityPlan member;
  KindPlan kind;
  kind.name = "members";
  kind.shape.columns = {{"team_id", of(TypeKind::kInt8)}, {"user_id", of(TypeKind::kInt8)}};
  kind.shape.key = {0, 1};
  member.kinds.push_back(std::move(kind));
  PartPlan part;
  part.shape.columns = {{"id", of(TypeKind::kUuid)}};
  part.shape.key = {0};
  member.parts.push_back(std::move(part));
  for (const char* text : {"7,9", "7, 9", "members/7, 9"}) {
    const auto found = readings(member, text);
    ASSERT_EQ(found.size(), 1U) << text;
    EXPECT_EQ(instance_text(member, found.front()), "members/7, 9");
  }
}

TEST(WhyText, NamesTheFieldOnceAndWhoBlocks) {
  Pending pending;
  pending.field = "status";
  pending.reason = "status on legacy: no entry for this code";
  EXPECT_EQ(why_text(pending), "status on legacy: no entry for this code");
  pending.field = "users_email_key";
  pending.code = static_cast<std::uint16_t>(Code::kUniqueTaken);
  pending.reason = "ATB-3003 another row holds the same unique value: the server refused it";
  pending.blocker = "users 5";
  EXPECT_EQ(why_text(pending),
            "users_email_key: another row holds the same unique value: the server refused it "
            "(users 5)");
  EXPECT_EQ(short_why_text(pending), "users_email_key: another row holds the same unique value");
}

}  // namespace
}  // namespace atlas::app
