// The virtual store is held to what real stores are held to.

#include "sim/virtual/state.h"

#include "state/conformance.h"

#include <gtest/gtest.h>

namespace atlas::sim {
namespace {

class VirtualStateFixture final : public StateFixture {
 public:
  std::unique_ptr<StateStore> open() override { return std::make_unique<VirtualState>(data_); }

 private:
  World world_;
  StateData data_{world_};
};

const bool kRegistered =
    register_state_conformance("Virtual", [] { return std::make_unique<VirtualStateFixture>(); });

TEST(VirtualStateSuite, IsRegistered) { EXPECT_TRUE(kRegistered); }

}  // namespace
}  // namespace atlas::sim
