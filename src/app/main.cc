#include "app/command_line.h"
#include "foundation/fault_point.h"

#include <malloc.h>
#include <string>
#include <vector>

namespace {

// Threads last for one wave of pages: with an arena for each of them glibc keeps much freed memory.
constexpr int kArenasMax = 2;
// Blocks from this size on go back to the system at once. Left to itself glibc raises the limit to
// the largest block that was freed, and the pages of a long run leave holes (mallopt(3)).
constexpr int kMappedFromBytes = 128 * 1024;

}  // namespace

int main(int argc, char** argv) {
#ifdef M_ARENA_MAX
  (void)mallopt(M_ARENA_MAX, kArenasMax);
  (void)mallopt(M_MMAP_THRESHOLD, kMappedFromBytes);
#endif
#ifdef ATLAS_CHAOS
  atlas::install_fault_hook_from_environment();
#endif
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  atlas::app::Terminal terminal = atlas::app::process_terminal();
  return atlas::app::run_command_line(arguments, terminal);
}
