// Links by both sides, scans, match values.

#include "model/key.h"
#include "state/conformance_cases_testing.h"

#include <algorithm>

namespace atlas::state_conformance {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

void expect_same(const LinkRecord& actual, const LinkRecord& expected) {
  EXPECT_EQ(actual.kind, expected.kind);
  EXPECT_EQ(key_text(actual.legacy_key), key_text(expected.legacy_key));
  EXPECT_EQ(key_text(actual.platform_key), key_text(expected.platform_key));
  EXPECT_EQ(actual.generation, expected.generation);
  EXPECT_EQ(actual.dead, expected.dead);
  EXPECT_EQ(actual.match, expected.match);
  EXPECT_TRUE(std::ranges::equal(actual.parts, expected.parts));
  EXPECT_TRUE(std::ranges::equal(actual.bases, expected.bases));
}

std::vector<std::string> legacy_keys(const Links& links) {
  std::vector<std::string> out;
  for (const LinkRecord& link : links) out.push_back(key_text(link.legacy_key));
  return out;
}

std::vector<std::string> platform_keys(const Links& links) {
  std::vector<std::string> out;
  for (const LinkRecord& link : links) out.push_back(key_text(link.platform_key));
  return out;
}

// Links of `keys`, whatever their order.
Links of_keys(StateStore& store, TenantId tenant, const EntityRef& entity, Side side,
              const std::vector<Key>& keys, std::uint16_t kind = 0) {
  const std::vector<KeyView> views(keys.begin(), keys.end());
  const std::vector<std::uint16_t> kinds(side == Side::kLegacy ? keys.size() : 0, kind);
  return must(store.links(tenant, entity, side, views, kinds));
}

// All links of a scan in pages, as key texts of its side.
std::vector<std::string> scanned(StateStore& store, TenantId tenant, const EntityRef& entity,
                                 Side side, std::size_t page) {
  std::vector<std::string> out;
  Key after;
  for (;;) {
    const Links links = must(store.scan_links(tenant, entity, side, 0, after, page));
    for (const LinkRecord& link : links) {
      after = side == Side::kLegacy ? link.legacy_key : link.platform_key;
      out.push_back(key_text(after));
    }
    if (links.size() < page) return out;
  }
}

void LinksAreFoundByEitherSide(StateFixture& fixture) {
  World world(fixture);
  world.insert({1, 2, 3});
  const auto other = fixture.open();
  const EntityRef entity = must(other->entity(world.tenant.id, person()));
  EXPECT_EQ(entity.parts, 2U);
  EXPECT_EQ(entity.fields, 2U);
  EXPECT_THAT(legacy_keys(of_keys(*other, world.tenant.id, entity, Side::kLegacy,
                                  {int_key(3), int_key(99), int_key(1)})),
              UnorderedElementsAre("1", "3"));
  const Links found =
      of_keys(*other, world.tenant.id, entity, Side::kPlatform, {uuid_key(2), uuid_key(77)});
  ASSERT_EQ(found.size(), 1U);
  expect_same(found[0], world.links[1]);
  EXPECT_EQ(must(other->link_count(world.tenant.id, entity)), 3);
}

void AnUpdateReplacesEverythingButTheLegacyKey(StateFixture& fixture) {
  World world(fixture);
  world.insert({1, 2});
  Links changed(2, 2);
  LinkRecord& link = changed.add(0, int_key(1), uuid_key(500));
  link.generation = 3;
  link.dead = true;
  link.parts[0].version = {77, 78};
  link.bases[1] = 79;
  Confirm confirm;
  confirm.batch = must(world.store->reserve_batches(world.lease, 1));
  confirm.update_links.push_back(&link);
  must(world.confirm(confirm));
  const Links found = world.find(1);
  ASSERT_EQ(found.size(), 1U);
  expect_same(found[0], link);
  EXPECT_EQ(found[0].batch, confirm.batch);
  EXPECT_EQ(
      of_keys(*world.store, world.tenant.id, world.entity, Side::kPlatform, {uuid_key(1)}).size(),
      0U);
  EXPECT_EQ(
      of_keys(*world.store, world.tenant.id, world.entity, Side::kPlatform, {uuid_key(500)}).size(),
      1U);
  expect_same(world.find(2)[0], world.links[1]);
}

void KindsHaveLinksOfTheirOwn(StateFixture& fixture) {
  World world(fixture);
  world.insert({5}, 0);
  world.insert({5}, 1);
  EXPECT_EQ(world.find(5, 0)[0].kind, 0);
  EXPECT_EQ(world.find(5, 1)[0].kind, 1);
  EXPECT_EQ(platform_keys(world.find(5, 1)), std::vector{key_text(uuid_key(1005))});
  EXPECT_EQ(
      must(world.store->scan_links(world.tenant.id, world.entity, Side::kLegacy, 1, {}, 10)).size(),
      1U);
  EXPECT_EQ(must(world.store->scan_links(world.tenant.id, world.entity, Side::kPlatform, 0, {}, 10))
                .size(),
            2U);
}

void ScansGoByTheBytesOfTheKey(StateFixture& fixture) {
  World world(fixture);
  world.insert({300, -5, 7, 0, 1'000'000'000'000});
  const std::vector<std::string> by_legacy = {"-5", "0", "7", "300", "1000000000000"};
  EXPECT_EQ(scanned(*world.store, world.tenant.id, world.entity, Side::kLegacy, 2), by_legacy);
  EXPECT_EQ(scanned(*world.store, world.tenant.id, world.entity, Side::kLegacy, 100), by_legacy);
  std::vector<std::string> by_platform;
  for (const LinkRecord& link : world.links) by_platform.push_back(key_text(link.platform_key));
  std::ranges::sort(by_platform);
  EXPECT_EQ(scanned(*world.store, world.tenant.id, world.entity, Side::kPlatform, 2), by_platform);
}

void TextKeysAreOrderedByBytesAndComparedExactly(StateFixture& fixture) {
  World world(fixture);
  EntityLayout decl = person();
  decl.name = "country";
  decl.legacy_key = {type_of_kind(TypeKind::kVarchar)};
  decl.platform_key = {type_of_kind(TypeKind::kText)};
  const EntityRef entity = must(world.store->entity(world.tenant.id, decl));
  const std::vector<std::string> names = {"a", "A", "b", "\xC3\xA4", "a b", "a-b", "aa", " a", "Z"};
  Links links(2, 2);
  Confirm confirm;
  confirm.batch = must(world.store->reserve_batches(world.lease, 1));
  for (const std::string& name : names) links.add(0, text_key(name), text_key(name + "!"));
  for (const LinkRecord& link : links) confirm.insert_links.push_back(&link);
  must(world.store->confirm(world.lease, entity, confirm));
  std::vector<std::string> sorted = names;
  std::ranges::sort(sorted);
  std::vector<std::string> expected;
  for (const std::string& name : sorted) expected.push_back(key_text(text_key(name)));
  EXPECT_EQ(scanned(*world.store, world.tenant.id, entity, Side::kLegacy, 2), expected);
  EXPECT_THAT(platform_keys(of_keys(*world.store, world.tenant.id, entity, Side::kLegacy,
                                    {text_key("A"), text_key("B")})),
              ElementsAre("A!"));
}

void CompositeKeysOfSeveralTypesAreKept(StateFixture& fixture) {
  World world(fixture);
  EntityLayout decl = person();
  decl.name = "member";
  decl.legacy_key = {type_of_kind(TypeKind::kInt4), type_of_kind(TypeKind::kInt8)};
  decl.platform_key = {type_of_kind(TypeKind::kUuid),    type_of_kind(TypeKind::kText),
                       type_of_kind(TypeKind::kDate),    type_of_kind(TypeKind::kBool),
                       type_of_kind(TypeKind::kNumeric), type_of_kind(TypeKind::kTimestampTz),
                       type_of_kind(TypeKind::kBytea)};
  const EntityRef entity = must(world.store->entity(world.tenant.id, decl));
  Arena arena;
  Links links(2, 2);
  for (const auto& [team, user] :
       {std::pair{2, 1}, std::pair{1, 9}, std::pair{1, -3}, std::pair{-1, 4}}) {
    const Value legacy[] = {Value::integer(team), Value::integer(user)};
    const Value platform[] = {Value::uuid(Uuid{std::uint8_t(team + 5)}, arena),
                              Value::text("x, \"y\""),
                              Value::date(user),
                              Value::boolean(user > 0),
                              Value::decimal("-12.5"),
                              Value::instant(1'700'000'000'000'001),
                              Value::bytes(std::string_view("\0\xFF", 2))};
    links.add(0, encode_key(legacy), encode_key(platform));
  }
  Confirm confirm;
  confirm.batch = must(world.store->reserve_batches(world.lease, 1));
  for (const LinkRecord& link : links) confirm.insert_links.push_back(&link);
  must(world.store->confirm(world.lease, entity, confirm));
  EXPECT_EQ(scanned(*world.store, world.tenant.id, entity, Side::kLegacy, 1),
            (std::vector<std::string>{"-1, 4", "1, -3", "1, 9", "2, 1"}));
  for (const LinkRecord& link : links) {
    const Links by_legacy =
        of_keys(*world.store, world.tenant.id, entity, Side::kLegacy, {Key(link.legacy_key)});
    const Links by_platform =
        of_keys(*world.store, world.tenant.id, entity, Side::kPlatform, {Key(link.platform_key)});
    ASSERT_EQ(by_legacy.size(), 1U);
    ASSERT_EQ(by_platform.size(), 1U);
    EXPECT_EQ(by_legacy[0].platform_key, link.platform_key);
    EXPECT_EQ(by_platform[0].legacy_key, link.legacy_key);
  }
}

void MatchesAreFoundUnlessThereIsNone(StateFixture& fixture) {
  World world(fixture);
  world.insert({1, 2, 3});
  Links odd(2, 2);
  LinkRecord& none = odd.add(0, int_key(50), uuid_key(50));
  LinkRecord& twin = odd.add_copy(world.links[0]);
  twin.legacy_key = odd.arena().copy(int_key(51));
  twin.platform_key = odd.arena().copy(uuid_key(51));
  Confirm confirm;
  confirm.batch = must(world.store->reserve_batches(world.lease, 1));
  confirm.insert_links = {&odd[0], &odd[1]};
  (void)none;
  must(world.confirm(confirm));
  const FieldHash wanted[] = {world.links[0].match, world.links[2].match, kNoBase, 12345};
  EXPECT_THAT(legacy_keys(must(world.store->links_by_match(world.tenant.id, world.entity, wanted))),
              UnorderedElementsAre("1", "3", "51"));
}

// Schedule 7: user 5 of tenant A, user 5 of tenant B.
void TenantsDoNotSeeEachOther(StateFixture& fixture) {
  World world(fixture);
  world.insert({5});
  const TenantInfo b = make_tenant(*world.store, "b");
  const EntityRef entity = must(world.store->entity(b.id, person()));
  EXPECT_EQ(of_keys(*world.store, b.id, entity, Side::kLegacy, {int_key(5)}).size(), 0U);
  EXPECT_EQ(must(world.store->link_count(b.id, entity)), 0);
  const Lease lease = take(*world.store, b.id);
  Links links(2, 2);
  links.add(0, int_key(5), uuid_key(5));
  Confirm confirm;
  confirm.batch = must(world.store->reserve_batches(lease, 1));
  confirm.insert_links.push_back(&links[0]);
  confirm.put_pending.push_back(world.pending(5));
  confirm.cursors.push_back({.source = "users",
                             .swept = true,
                             .has_stamp = true,
                             .stamp = 7,
                             .key = {},
                             .sweep_floor = 0});
  confirm.put_candidates.push_back({{Side::kPlatform, 0, uuid_key(9)}, 4});
  must(world.store->confirm(lease, entity, confirm));
  EXPECT_EQ(of_keys(*world.store, b.id, entity, Side::kLegacy, {int_key(5)})[0].match, kNoBase);
  expect_same(world.find(5)[0], world.links[0]);
  EXPECT_TRUE(must(world.store->pending_counts(world.tenant.id, world.entity)).by_state.empty());
  EXPECT_TRUE(must(world.store->cursors(world.tenant.id, world.entity)).empty());
  EXPECT_TRUE(
      must(world.store->scan_candidates(world.tenant.id, world.entity, nullptr, 10)).empty());
  EXPECT_EQ(must(world.store->runs(b.id, 10)).size(), 1U);
}

// E14: the next generation of a key takes the place of the old pair, in one confirm.
void AReplacedLinkGoesBeforeItsSuccessorComes(StateFixture& fixture) {
  World world(fixture);
  world.insert({1, 2});
  Links links(world.entity.parts, world.entity.fields);
  LinkRecord& reused = links.add(0, int_key(1), uuid_key(77));
  reused.generation = 1;
  Confirm confirm;
  confirm.batch = BatchNumber{100};
  confirm.replaced_links = {{std::uint16_t{0}, int_key(1)}, {std::uint16_t{0}, int_key(99)}};
  confirm.insert_links = {&reused};
  must(world.confirm(confirm));
  const Links now = world.find(1);
  ASSERT_EQ(now.size(), 1U);
  EXPECT_EQ(now[0].generation, 1U);
  EXPECT_EQ(key_text(now[0].platform_key), key_text(uuid_key(77)));
  EXPECT_TRUE(
      of_keys(*world.store, world.lease.tenant, world.entity, Side::kPlatform, {uuid_key(1)})
          .empty());
  EXPECT_EQ(world.find(2).size(), 1U);
}

// E32: what is dead already is no reason to let more die. The layout's number takes two bytes in
// the end.
void TheLivingAreCountedWithoutTheDead(StateFixture& fixture) {
  World world(fixture);
  world.insert({1, 2, 3});
  EntityLayout decl = person();
  for (std::uint64_t i = 0; i < 130; ++i) {
    decl.fields[0].fingerprint = 1000 + i;
    world.entity = must(world.store->entity(world.tenant.id, decl));
  }
  Links changed = world.find(1);
  changed[0].dead = true;
  Confirm confirm;
  confirm.batch = BatchNumber{100};
  confirm.update_links = {&changed[0]};
  must(world.confirm(confirm));
  EXPECT_EQ(must(world.store->link_count(world.tenant.id, world.entity)), 3);
  EXPECT_EQ(must(world.store->living_count(world.tenant.id, world.entity)), 2);
}

}  // namespace

std::vector<Case> link_cases() {
  return {
      {"TheLivingAreCountedWithoutTheDead", TheLivingAreCountedWithoutTheDead},
      {"AReplacedLinkGoesBeforeItsSuccessorComes", AReplacedLinkGoesBeforeItsSuccessorComes},
      {"LinksAreFoundByEitherSide", LinksAreFoundByEitherSide},
      {"AnUpdateReplacesEverythingButTheLegacyKey", AnUpdateReplacesEverythingButTheLegacyKey},
      {"KindsHaveLinksOfTheirOwn", KindsHaveLinksOfTheirOwn},
      {"ScansGoByTheBytesOfTheKey", ScansGoByTheBytesOfTheKey},
      {"TextKeysAreOrderedByBytesAndComparedExactly", TextKeysAreOrderedByBytesAndComparedExactly},
      {"CompositeKeysOfSeveralTypesAreKept", CompositeKeysOfSeveralTypesAreKept},
      {"MatchesAreFoundUnlessThereIsNone", MatchesAreFoundUnlessThereIsNone},
      {"TenantsDoNotSeeEachOther", TenantsDoNotSeeEachOther}};
}

}  // namespace atlas::state_conformance
