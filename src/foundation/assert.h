#pragma once

// Assertions that stay on in release. A broken invariant is a bug: the process stops before it can
// write.

namespace atlas {

[[noreturn]] void assertion_failed(const char* condition, const char* what, const char* file,
                                   int line);

}  // namespace atlas

#define ATLAS_ASSERT(condition, what)                                                  \
  do {                                                                                 \
    if (!(condition)) ::atlas::assertion_failed(#condition, what, __FILE__, __LINE__); \
  } while (false)
