#include "tools/tidy/rules.h"
#include "tools/tidy/source_text.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <memory>

namespace atlas::tidy {
namespace {

// Everything up to flow is given its time, chance and threads, so that the simulator can own them.
constexpr std::array<std::string_view, 10> kPureFolders = {
    "src/foundation/", "src/model/",   "src/mapping/", "src/resolve/", "src/endpoint/",
    "src/state/",      "src/capture/", "src/apply/",   "src/verify/",  "src/flow/"};

// The files that implement the ports for production.
constexpr std::array<std::string_view, 4> kPortFiles = {
    "src/foundation/executor.", "src/foundation/rng.", "src/foundation/fault_point.",
    "src/foundation/system_clock."};

bool starts_with_any(std::string_view path, const auto& prefixes) {
  return std::ranges::any_of(prefixes, [&](std::string_view p) { return path.starts_with(p); });
}

bool is_pure(std::string_view path) {
  return starts_with_any(path, kPureFolders) && !starts_with_any(path, kPortFiles) &&
         !is_test_code(path);
}

bool may_not_read_clock(std::string_view path) {
  if (!path.starts_with("src/") || is_test_code(path)) return false;
  if (path.starts_with("src/app/") || path.starts_with("src/engines/")) return false;
  return !(path.starts_with("src/foundation/") && path.find("clock") != std::string_view::npos);
}

struct BannedCall {
  std::string_view rule;
  const char* pattern;
  std::string_view advice;
  bool (*applies)(std::string_view path);
};

constexpr std::array<BannedCall, 6> kBannedCalls = {{
    {"clock", R"(\b(system|steady|high_resolution|utc|file)_clock::now\b)",
     "time comes from the Clock that is passed in", may_not_read_clock},
    {"clock", R"(\b(gettimeofday|clock_gettime|time\s*\(\s*(nullptr|NULL|0)\s*\)))",
     "time comes from the Clock that is passed in", may_not_read_clock},
    {"determinism",
     R"(\b(std::(jthread|thread|async|(shared_|recursive_|timed_)?mutex)|)"
     R"(std::condition_variable(_any)?|std::this_thread::sleep\w*)\b)",
     "parallel work goes through the Executor that is passed in", is_pure},
    {"determinism", R"(\b(random_device|std::rand|srand|mt19937\w*|default_random_engine)\b)",
     "chance comes from the Rng that is passed in", is_pure},
    {"determinism", R"(\b(secure_)?getenv\b)", "the environment is read in src/app and src/config",
     is_pure},
    {"raw-memory", R"((^|[^\w.])(new(\s+[A-Za-z_:]|\s*[(\[])|delete(\s+[A-Za-z_(*]|\s*\[\s*\])))",
     "every handle has one owner: make_unique, a container or a class for it", is_source},
}};

// Declarations of the operators, and what a unique_ptr owns from the same line on: the way to make
// an object whose constructor is private.
bool has_an_owner(const std::string& code) {
  static const RE2 pattern(R"(\boperator (new|delete)\b|\bunique_ptr<.*>(\s\w+)?[({]new\b)");
  return RE2::PartialMatch(code, pattern);
}

}  // namespace

Findings check_calls(const Tree& tree) {
  std::vector<std::unique_ptr<RE2>> patterns;
  patterns.reserve(kBannedCalls.size());
  for (const BannedCall& call : kBannedCalls) {
    patterns.push_back(std::make_unique<RE2>(call.pattern));
  }
  Findings findings;
  for (const auto& [path, text] : tree.files) {
    if (!is_source(path)) continue;
    const std::vector<Line> lines = split_source(text);
    for (std::size_t rule = 0; rule < kBannedCalls.size(); ++rule) {
      const BannedCall& call = kBannedCalls[rule];
      if (!call.applies(path)) continue;
      for (std::size_t i = 0; i < lines.size(); ++i) {
        if (lines[i].code.find_first_not_of(' ') == std::string::npos || include_on(lines[i]) ||
            !RE2::PartialMatch(lines[i].code, *patterns[rule])) {
          continue;
        }
        if (call.rule == "raw-memory" && has_an_owner(lines[i].code)) continue;
        if (allowed(lines, i, call.rule)) continue;
        findings.push_back(
            {Severity::kError, path, i + 1, std::string(call.rule), std::string(call.advice)});
      }
    }
  }
  return findings;
}

}  // namespace atlas::tidy
