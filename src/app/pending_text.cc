#include "app/pending_text.h"

namespace atlas::app {

std::string why_text(const Pending& pending) {
  std::string out = pending.reason;
  // Many reasons begin with their field.
  if (!pending.field.empty() && !out.starts_with(pending.field)) out = pending.field + ": " + out;
  if (!pending.blocker.empty()) out += " (" + pending.blocker + ")";
  return out;
}

}  // namespace atlas::app
