#include "foundation/assert.h"

#include <cstdio>
#include <cstdlib>

namespace atlas {

void assertion_failed(const char* condition, const char* what, const char* file, int line) {
  (void)std::fprintf(stderr, "atlas-bridge: a defect (ATB-9001): %s\n  %s at %s:%d\n", what,
                     condition, file, line);
  std::abort();
}

}  // namespace atlas
