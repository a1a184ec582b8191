#pragma once

#include "app/terminal.h"

#include <cstddef>
#include <string>

namespace atlas::app {

struct DemoOptions {
  bool postgres = false;
  bool keep = false;
  std::string folder;  // empty: a temporary one
  std::size_t users = 3000;
};

// The story: legacy rows, first run, edits on both sides, second run, verify, a run that writes
// nothing. Every claim it prints is looked up in the databases.
//   errors  kUnreachable when no PostgreSQL server is installed; kInternal when a claim is not true
Result<ExitCode> run_demo(const DemoOptions& options, Terminal& terminal);

}  // namespace atlas::app
