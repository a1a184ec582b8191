#pragma once

// The suite's own words: cases by theme, and the small world that most of them play in.

#include "state/conformance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace atlas::state_conformance {

struct Case {
  const char* claim;
  void (*run)(StateFixture&);
};

std::vector<Case> lease_cases();
std::vector<Case> link_cases();
std::vector<Case> layout_cases();
std::vector<Case> pending_cases();
std::vector<Case> confirm_cases();
std::vector<Case> conflict_cases();
std::vector<Case> backup_cases();
std::vector<Case> check_cases();

// Takes the value of a Result or stops the test with its error's line.
template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().line());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

template <class T>
Code code_of(const Result<T>& result) {
  return result ? Code{} : result.error().code();
}

// Near the machine's clock, for stores that have one of their own.
Instant now();
inline constexpr Micros kLongLease = std::chrono::minutes(5);

Type type_of_kind(TypeKind kind);
// Entity "person": kinds users and staff, integer against uuid, one legacy and one platform part,
// fields name and email.
EntityLayout person();

Key int_key(std::int64_t id);
Key text_key(std::string_view text);
// A uuid whose last bytes are `n`.
Key uuid_key(std::uint32_t n);

// A migrated store with tenant "a", entity person and the lease.
struct World {
  explicit World(StateFixture& fixture);

  // A new link in `links` between user `id` and uuid `id`, with something in every place.
  LinkRecord& link(std::int64_t id, std::uint16_t kind = 0);
  // Stores new links in one confirm.
  void insert(const std::vector<std::int64_t>& ids, std::uint16_t kind = 0);
  Result<> confirm(const Confirm& confirm) { return store->confirm(lease, entity, confirm); }
  // The link of a user, if there is one.
  Links find(std::int64_t id, std::uint16_t kind = 0);
  Pending pending(std::int64_t id, PendingState state = PendingState::kDirty) const;
  static InstanceKey user(std::int64_t id, std::uint16_t kind = 0) {
    return {Side::kLegacy, kind, int_key(id)};
  }

  std::unique_ptr<StateStore> store;
  TenantInfo tenant;
  EntityRef entity;
  Lease lease;
  Links links{2, 2};
};

// The lease, or an exception.
Lease take(StateStore& store, TenantId tenant, Instant at = now(), Micros ttl = kLongLease);
TenantInfo make_tenant(StateStore& store, const std::string& name);

}  // namespace atlas::state_conformance
