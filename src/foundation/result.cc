#include "foundation/result.h"

#include <fmt/format.h>

namespace atlas {

std::string Error::line() const {
  std::string out = fmt::format("{} {}: {}", code_text(code_), info(code_).title, why_);
  if (!where_.empty()) out += fmt::format(" [{}]", where_);
  if (!sqlstate_.empty()) out += fmt::format(" (SQLSTATE {} in {})", sqlstate_, statement_);
  return out;
}

std::string Error::text() const {
  std::string out = fmt::format("error[{}] {}\n", code_text(code_), info(code_).title);
  if (!where_.empty()) out += fmt::format("  --> {}\n", where_);
  if (!excerpt_.empty()) out += fmt::format("{}\n", excerpt_);
  if (!why_.empty()) out += fmt::format("  why: {}\n", why_);
  if (!sqlstate_.empty()) out += fmt::format("  sql: SQLSTATE {} in {}\n", sqlstate_, statement_);
  for (const Error* e = cause(); e != nullptr; e = e->cause())
    out += fmt::format("  from: {}\n", e->line());
  out += fmt::format("  fix: {}\n", next());
  return out;
}

}  // namespace atlas
