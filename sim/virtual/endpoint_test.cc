// The virtual database is held to what real engines are held to.

#include "sim/virtual/endpoint.h"

#include "endpoint/conformance.h"
#include "sim/virtual/fixture_testing.h"

#include <gtest/gtest.h>

namespace atlas::sim {
namespace {

const bool kWriterTokens = register_endpoint_conformance(
    "VirtualWriterToken", [] { return std::make_unique<VirtualFixture>(TokenStyle::kWriter); });
const bool kContentTokens = register_endpoint_conformance(
    "VirtualContentToken", [] { return std::make_unique<VirtualFixture>(TokenStyle::kContent); });

TEST(VirtualEndpoint, IsHeldToTheConformanceSuite) { EXPECT_TRUE(kWriterTokens && kContentTokens); }

}  // namespace
}  // namespace atlas::sim
