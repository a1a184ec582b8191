#include "tools/tidy/rules.h"
#include "tools/tidy/source_text.h"

#include <re2/re2.h>

#include <sstream>

namespace atlas::tidy {
namespace {

void check_suppressions(const std::string& path, const std::string& text, Findings& findings) {
  static const RE2 suppression(R"(\bNOLINT(NEXTLINE|BEGIN|END)?\b)");
  static const RE2 with_reason(R"(\bNOLINT(NEXTLINE|BEGIN)?\([a-z][\w.,\s-]*\)\W*\w+)");
  static const RE2 end(R"(\bNOLINTEND\([a-z][\w.,\s-]*\))");
  const std::vector<Line> lines = split_source(text);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string& comment = lines[i].comment;
    if (!RE2::PartialMatch(comment, suppression)) continue;
    if (RE2::PartialMatch(comment, with_reason) || RE2::PartialMatch(comment, end)) continue;
    findings.push_back({Severity::kError, path, i + 1, "nolint",
                        "name the check and the reason: NOLINT(check): reason"});
  }
}

void check_machine_paths(const std::string& path, const std::string& text, Findings& findings) {
  static const RE2 machine_path(R"((^|[^\w./-])/(?:work|farm|root|home|Users)/[A-Za-z])");
  if (!RE2::PartialMatch(text, "/(?:work|farm|root|home|Users)/")) return;
  std::istringstream in(text);
  std::size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (!RE2::PartialMatch(line, machine_path)) continue;
    findings.push_back(
        {Severity::kError, path, number, "machine-path", "a path of somebody's machine"});
  }
}

}  // namespace

Findings check_text(const Tree& tree) {
  Findings findings;
  for (const auto& [path, text] : tree.files) {
    if (is_source(path)) check_suppressions(path, text, findings);
    check_machine_paths(path, text, findings);
  }
  return findings;
}

}  // namespace atlas::tidy
