#include "engines/postgres/state.h"

#include "engines/postgres/fixture_testing.h"
#include "state/conformance.h"

#include <gtest/gtest.h>

namespace atlas {
namespace {

class PostgresStateFixture final : public StateFixture {
 public:
  std::unique_ptr<StateStore> open() override {
    auto store = PostgresState::open(database_.options());
    if (!store) throw std::runtime_error(store.error().line());
    return std::move(*store);
  }

 private:
  PostgresFixture database_;
};

[[maybe_unused]] const bool kRegistered =
    register_state_conformance("Postgres", [] { return std::make_unique<PostgresStateFixture>(); });

}  // namespace
}  // namespace atlas
