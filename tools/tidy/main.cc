// tidy ROOT: prints what departs from the house rules in the checkout at ROOT.
// Exit codes: 0 no errors, 1 errors, 64 usage, 69 unreadable.

#include "tools/tidy/rules.h"

#include <cstdio>
#include <exception>
#include <string>

namespace {

constexpr int kExitErrors = 1;
constexpr int kExitUsage = 64;
constexpr int kExitUnreadable = 69;

int run(const std::string& root) {
  using atlas::tidy::Severity;
  std::size_t errors = 0;
  std::size_t warnings = 0;
  for (const atlas::tidy::Finding& finding : check_all(atlas::tidy::read_tree(root))) {
    const bool error = finding.severity == Severity::kError;
    ++(error ? errors : warnings);
    std::printf("%s:%zu: %s: %s [%s]\n", finding.path.c_str(), finding.line,
                error ? "error" : "warning", finding.message.c_str(), finding.rule.c_str());
  }
  std::printf("tidy: %zu errors, %zu warnings\n", errors, warnings);
  return errors == 0 ? 0 : kExitErrors;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: tidy ROOT\n", stderr);
    return kExitUsage;
  }
  try {
    return run(argv[1]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tidy: %s\n", error.what());
    return kExitUnreadable;
  }
}
