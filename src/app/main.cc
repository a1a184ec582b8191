#include "app/command_line.h"
#include "foundation/fault_point.h"

#include <string>
#include <vector>

int main(int argc, char** argv) {
#ifdef ATLAS_CHAOS
  atlas::install_fault_hook_from_environment();
#endif
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  atlas::app::Terminal terminal = atlas::app::process_terminal();
  return atlas::app::run_command_line(arguments, terminal);
}
