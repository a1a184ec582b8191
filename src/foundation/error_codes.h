#pragma once

// The one table of errors: number, name, kind, exit code, title, advice. docs/errors.md and the
// command line's exit codes are checked against it. A number never changes its meaning.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace atlas {

// What a caller does about an error, not where it came from.
enum class ErrorKind : std::uint8_t {
  kRetry,     // nothing was applied; the same call may succeed later
  kInDoubt,   // COMMIT was sent and no answer came: ask the witness
  kRejected,  // this row never fits: quarantine it
  kDrift,     // the schema moved: pause the entity
  kRefused,   // rights or configuration: a person must act
  kCorrupt,   // what we remember contradicts what is there: stop and verify
  kStopped,   // a deadline or a signal asked for the end: keep progress and leave
};

// Process exit codes (sysexits where one fits).
enum class ExitCode : std::uint8_t {
  kDone = 0,
  kUnexpected = 1,
  kDifferences = 2,
  kHeldRows = 3,
  kUsage = 64,
  kUnreachable = 69,
  kLeaseHeld = 75,
  kPermission = 77,
  kPersonNeeded = 78,
  kInterrupted = 130,
  kTerminated = 143,
};

enum class Code : std::uint16_t {
#define ATLAS_ERROR(number, name, kind, exit, title, advice) name = number,
#include "foundation/error_codes.inc"
#undef ATLAS_ERROR
};

struct CodeInfo {
  Code code;
  std::string_view name;
  ErrorKind kind;
  ExitCode exit;
  std::string_view title;
  std::string_view advice;
};

// The row of `code`; every code has one.
const CodeInfo& info(Code code);
// All rows in ascending number.
std::span<const CodeInfo> all_codes();
// "ATB-2204".
std::string code_text(Code code);
std::string_view kind_name(ErrorKind kind);

}  // namespace atlas
