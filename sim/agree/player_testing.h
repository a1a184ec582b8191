#pragma once

// Carries a script out on one endpoint and writes down what it answers.

#include "sim/agree/script_testing.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace atlas::agree {

// One kind of endpoint.
struct Place {
  std::string name;
  std::unique_ptr<EndpointFixture> fixture;
  // Runs `blocked`, and `meanwhile` once it waits for a lock or is through; true: it waited.
  std::function<bool(const std::function<void()>& blocked, const std::function<void()>& meanwhile)>
      contend;
};

// For each step its description, then its answer's lines.
using Transcript = std::vector<std::vector<std::string>>;

// `place` is new. Throws where the fixture does.
Transcript play(const Script& script, Place& place);

}  // namespace atlas::agree
