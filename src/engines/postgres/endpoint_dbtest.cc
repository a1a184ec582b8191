#include "endpoint/conformance.h"
#include "engines/postgres/fixture_testing.h"

#include <gtest/gtest.h>

namespace atlas {
namespace {

[[maybe_unused]] const bool kRegistered =
    register_endpoint_conformance("Postgres", [] { return std::make_unique<PostgresFixture>(); });

}  // namespace
}  // namespace atlas
