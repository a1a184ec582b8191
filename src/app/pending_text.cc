#include "app/pending_text.h"

#include "foundation/error_codes.h"

#include <algorithm>

namespace atlas::app {

std::string short_why_text(const Pending& pending) {
  Pending brief = pending;
  brief.blocker.clear();
  if (brief.reason.starts_with("ATB-")) {
    brief.reason = info(static_cast<Code>(pending.code)).title;
  }
  return why_text(brief);
}

std::string why_text(const Pending& pending) {
  std::string out = pending.reason;
  // A database's refusal begins with its code, which is shown beside it.
  if (out.starts_with("ATB-")) out.erase(0, std::min(out.size(), out.find(' ') + 1));
  // Many reasons begin with their field.
  if (!pending.field.empty() && !out.starts_with(pending.field)) out = pending.field + ": " + out;
  if (!pending.blocker.empty()) out += " (" + pending.blocker + ")";
  return out;
}

}  // namespace atlas::app
