#pragma once

#include "app/terminal.h"

#include <span>
#include <string>

namespace atlas::app {

// Runs one command line, without the program's name, and gives the process's exit code.
int run_command_line(std::span<const std::string> arguments, Terminal& terminal);

}  // namespace atlas::app
