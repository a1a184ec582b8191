#pragma once

#include "app/command_line.h"

#include <sstream>
#include <string>
#include <vector>

namespace atlas::app {

// What one command line wrote and how it ended.
struct Captured {
  int exit = 0;
  std::string out;
  std::string err;
};

// Runs it in this process, not on a terminal.
inline Captured run_captured(const std::vector<std::string>& arguments) {
  std::ostringstream out;
  std::ostringstream err;
  Terminal terminal{.out = out, .err = err};
  Captured captured;
  captured.exit = run_command_line(arguments, terminal);
  captured.out = out.str();
  captured.err = err.str();
  return captured;
}

}  // namespace atlas::app
