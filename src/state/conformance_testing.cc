#include "foundation/clock.h"
#include "model/key.h"
#include "state/conformance_cases_testing.h"

#include <memory>

namespace atlas {
namespace {

class StateConformanceTest : public testing::Test {
 public:
  StateConformanceTest(const state_conformance::Case& which, StateFixtureFactory factory)
      : case_(which), factory_(std::move(factory)) {}
  void TestBody() override { case_.run(*factory_()); }

 private:
  state_conformance::Case case_;
  StateFixtureFactory factory_;
};

}  // namespace

bool register_state_conformance(std::string_view product, const StateFixtureFactory& factory) {
  for (const auto& cases : {state_conformance::lease_cases(), state_conformance::link_cases(),
                            state_conformance::layout_cases(), state_conformance::pending_cases(),
                            state_conformance::confirm_cases(), state_conformance::conflict_cases(),
                            state_conformance::backup_cases(), state_conformance::check_cases()}) {
    for (const state_conformance::Case& which : cases) {
      // gtest owns the test that the factory gives.
      [[maybe_unused]] const auto make = [which, factory]() -> StateConformanceTest* {
        return std::make_unique<StateConformanceTest>(which, factory).release();
      };
#ifndef __clang_analyzer__  // it takes gtest's factory, which gtest keeps, for lost
      testing::RegisterTest((std::string(product) + "State").c_str(), which.claim, nullptr, nullptr,
                            __FILE__, __LINE__, make);
#endif
    }
  }
  return true;
}

namespace state_conformance {

Instant now() { return system_clock().now(); }

Type type_of_kind(TypeKind kind) {
  Type type;
  type.kind = kind;
  type.name = std::string(type_kind_name(kind));
  return type;
}

EntityLayout person() {
  EntityLayout out;
  out.name = "person";
  out.kinds = {"users", "staff"};
  out.legacy_key = {type_of_kind(TypeKind::kInt8)};
  out.platform_key = {type_of_kind(TypeKind::kUuid)};
  out.parts = {"legacy", "u"};
  out.fields = {{"name", 11}, {"email", 12}};
  return out;
}

Key int_key(std::int64_t id) {
  const Value value = Value::integer(id);
  return encode_key(std::span(&value, 1));
}

Key text_key(std::string_view text) {
  const Value value = Value::text(text);
  return encode_key(std::span(&value, 1));
}

Key uuid_key(std::uint32_t n) {
  Arena arena;
  Uuid uuid{};
  uuid[0] = 0x7f;
  for (unsigned i = 0; i < 4; ++i) uuid[15 - i] = static_cast<std::uint8_t>(n >> (8 * i));
  const Value value = Value::uuid(uuid, arena);
  return encode_key(std::span(&value, 1));
}

TenantInfo make_tenant(StateStore& store, const std::string& name) {
  std::array<std::uint8_t, 32> key{};
  key.fill(static_cast<std::uint8_t>(name.front()));
  return must(store.tenant(name, "0000000000000000-" + name, key));
}

Lease take(StateStore& store, TenantId tenant, Instant at, Micros ttl) {
  const LeaseAnswer answer = must(store.take_lease(tenant, "test", ttl, at));
  if (!answer.lease) throw std::runtime_error("the lease is held by " + answer.held_by.holder);
  return *answer.lease;
}

World::World(StateFixture& fixture) : store(fixture.open()) {
  must(store->migrate());
  tenant = make_tenant(*store, "a");
  entity = must(store->entity(tenant.id, person()));
  lease = take(*store, tenant.id);
}

LinkRecord& World::link(std::int64_t id, std::uint16_t kind) {
  LinkRecord& out =
      links.add(kind, int_key(id), uuid_key(static_cast<std::uint32_t>(id) + 1000U * kind));
  const auto n = static_cast<std::uint64_t>(id);
  out.generation = 2;
  out.match = 0xf000000000000000U + n;
  out.parts[0] = {
      .version = {n + 1, id * 10}, .user_stamp_us = id * 10, .exists = Existence::kPresent};
  out.parts[1] = {.version = {0xffffffffffffff00U + n, -id},
                  .user_stamp_us = kMinusInfinity,
                  .exists = Existence::kGone,
                  .own_write = true,
                  .unverified = true,
                  .bounces = 1};
  out.bases[0] = 0xf100000000000000U + n;
  return out;
}

void World::insert(const std::vector<std::int64_t>& ids, std::uint16_t kind) {
  Links fresh(2, 2);
  for (const std::int64_t id : ids) fresh.add_copy(link(id, kind));
  Confirm confirm;
  confirm.batch = must(store->reserve_batches(lease, 1));
  for (const LinkRecord& record : fresh) confirm.insert_links.push_back(&record);
  must(this->confirm(confirm));
}

Links World::find(std::int64_t id, std::uint16_t kind) {
  const Key key = int_key(id);
  const KeyView view = key;
  return must(
      store->links(tenant.id, entity, Side::kLegacy, std::span(&view, 1), std::span(&kind, 1)));
}

Pending World::pending(std::int64_t id, PendingState state) const {
  Pending out;
  out.instance = user(id);
  out.state = state;
  out.code = state == PendingState::kDirty ? std::uint16_t{0} : std::uint16_t{3003};
  out.reason = "seen by a test";
  out.field = "email";
  out.blocker = "team 17";
  out.fingerprint = 0xfedcba9876543210U + static_cast<std::uint64_t>(id);
  out.attempts = 3;
  out.since = Instant(Micros(1'700'000'000'000'001));
  out.retry_at = Instant(Micros(1'700'000'000'000'002));
  return out;
}

}  // namespace state_conformance
}  // namespace atlas
