#pragma once

// What every StateStore must do, as tests. An engine registers the suite once in one of its tests:
//
//   const bool registered = register_state_conformance("Postgres", [] { return
//   std::make_unique<PostgresStateFixture>(); });
//
// Every case runs as PostgresState.<Claim> on a fixture, hence on a database, of its own. The cases
// are conformance_*_testing.cc; this header is for tests only.

#include "state/store.h"

#include <functional>
#include <memory>
#include <string_view>

namespace atlas {

// One empty database of a test's own.
class StateFixture {
 public:
  virtual ~StateFixture() = default;
  // A further, independent connection; migrate() was not called. Errors stop the test by an
  // exception.
  virtual std::unique_ptr<StateStore> open() = 0;
};

using StateFixtureFactory = std::function<std::unique_ptr<StateFixture>()>;

// Registers every case under "<product>State". Always true, so that it can initialise a constant.
bool register_state_conformance(std::string_view product, const StateFixtureFactory& factory);

}  // namespace atlas
