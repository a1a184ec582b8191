#include "foundation/error_codes.h"

#include "foundation/assert.h"

#include <fmt/format.h>

#include <array>

namespace atlas {
namespace {

constexpr std::array kCodes = {
#define ATLAS_ERROR(number, name, kind, exit, title, advice) \
  CodeInfo{Code::name, #name, ErrorKind::kind, ExitCode::exit, title, advice},
#include "foundation/error_codes.inc"
#undef ATLAS_ERROR
};

}  // namespace

std::span<const CodeInfo> all_codes() { return kCodes; }

const CodeInfo& info(Code code) {
  for (const CodeInfo& row : kCodes) {
    if (row.code == code) return row;
  }
  ATLAS_ASSERT(false, "an error code outside the table");
  return kCodes.back();
}

std::string code_text(Code code) { return fmt::format("ATB-{:04}", static_cast<int>(code)); }

std::string_view kind_name(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kRetry:
      return "retry";
    case ErrorKind::kInDoubt:
      return "in_doubt";
    case ErrorKind::kRejected:
      return "rejected";
    case ErrorKind::kDrift:
      return "drift";
    case ErrorKind::kRefused:
      return "refused";
    case ErrorKind::kCorrupt:
      return "corrupt";
    case ErrorKind::kStopped:
      return "stopped";
  }
  return "?";
}

}  // namespace atlas
