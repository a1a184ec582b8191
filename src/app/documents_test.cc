// The pages docs/errors.md and docs/cli.md are what this program says. When one is out of date:
// ATLAS_WRITE_DOCS=1 build/dev/tests/test_app --gtest_filter='Documents.*' writes it anew.

#include "app/capture_testing.h"
#include "foundation/error_codes.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>

namespace atlas::app {
namespace {

std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void expect_page(const std::string& name, const std::string& expected) {
  const std::string path = std::string(ATLAS_TEST_SOURCE_DIR) + "/docs/" + name;
  if (std::getenv("ATLAS_WRITE_DOCS") != nullptr) std::ofstream(path, std::ios::binary) << expected;
  EXPECT_TRUE(read(path) == expected) << name << " is out of date; ATLAS_WRITE_DOCS=1 writes it";
}

std::string advice_for(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kRetry:
      return "nothing was applied; the same call may succeed later";
    case ErrorKind::kInDoubt:
      return "COMMIT was sent and no answer came; the next run asks the witness";
    case ErrorKind::kRejected:
      return "this row never fits; it is quarantined and the others go on";
    case ErrorKind::kDrift:
      return "the schema moved; the entity pauses";
    case ErrorKind::kRefused:
      return "rights or configuration; a person must act";
    case ErrorKind::kCorrupt:
      return "memory and databases contradict each other; the run stops";
    case ErrorKind::kStopped:
      return "asked to end; progress is kept";
  }
  return "";
}

std::string errors_page() {
  std::string out =
      "# Error codes\n\n"
      "Made from the one table of the program (`src/foundation/error_codes.inc`); a test keeps "
      "both equal. A number\n"
      "never changes its meaning. Exit codes are in [cli.md](cli.md).\n\n"
      "An error's kind says what is done about it:\n\n"
      "| kind | what follows |\n|---|---|\n";
  for (const ErrorKind kind :
       {ErrorKind::kRetry, ErrorKind::kInDoubt, ErrorKind::kRejected, ErrorKind::kDrift,
        ErrorKind::kRefused, ErrorKind::kCorrupt, ErrorKind::kStopped}) {
    out += fmt::format("| {} | {} |\n", kind_name(kind), advice_for(kind));
  }
  const std::map<int, std::string> groups = {{10, "Databases"},
                                             {20, "The mapping file"},
                                             {21, "check: coverage"},
                                             {22, "check: types, domains, laws"},
                                             {23, "check: structure"},
                                             {30, "Rows in quarantine"},
                                             {40, "Runs"},
                                             {50, "Command line"},
                                             {90, "Defects"}};
  int group = 0;
  for (const CodeInfo& row : all_codes()) {
    const int number = static_cast<int>(row.code);
    if (number / 100 != group) {
      group = number / 100;
      const auto title = groups.find(group);
      out += fmt::format(
          "\n## {}\n\n| code | what | what to do | kind | exit |\n|---|---|---|---|---|\n",
          title == groups.end() ? fmt::format("{}xx", group) : title->second);
    }
    out += fmt::format("| {} | {} | {} | {} | {} |\n", code_text(row.code), row.title, row.advice,
                       kind_name(row.kind), static_cast<int>(row.exit));
  }
  return out;
}

constexpr const char* kCliHead = R"(# The command line

`atlas-bridge VERB`. Data goes to standard output, everything else to standard error: remarks, progress (a bar on a
terminal, else a line every 10 seconds) and errors. `-o json` gives every table as one JSON document. Colours are used on
terminals only and never with `NO_COLOR`.

The mapping file is `./atlas.yaml` unless `-c` names another. Its `${NAME}` are environment variables, so that secrets stay
out of the file and of the process list. Relative paths in it, such as those of SQLite files, begin in its own folder.

| exit | meaning |
|---|---|
| 0 | done; also: another run holds the lease and this one skipped; the deadline was reached and progress is kept |
| 1 | unexpected |
| 2 | differences or declared losses were found; only with `--exit-code` |
| 3 | finished, and rows are quarantined or held; only with `--strict` |
| 64 | the command line cannot be understood |
| 69 | a database cannot be reached |
| 75 | another run holds the lease; of runs only with `--if-locked=fail`, of `state` always |
| 77 | a right is missing, or the password is wrong |
| 78 | a person must change something: the configuration, a schema, an unlawful mapping, a safety cap |
| 130, 143 | stopped by SIGINT or SIGTERM between two pages; progress is kept |

An error is printed with a code that never changes its meaning ([errors.md](errors.md)), the place where there is one, why,
and the next step. It never holds row values. `record`, `trace`, `conflicts show` and JSON of conflicts do: they were asked
for.

The texts below are what `--help` prints.
)";

std::string cli_page() {
  std::string out = kCliHead;
  const std::vector<std::vector<std::string>> verbs = {{"demo"},
                                                       {"check"},
                                                       {"doctor"},
                                                       {"plan"},
                                                       {"sync"},
                                                       {"reconcile"},
                                                       {"verify"},
                                                       {"repair"},
                                                       {"approve"},
                                                       {"status"},
                                                       {"runs"},
                                                       {"record"},
                                                       {"trace"},
                                                       {"map", "try"},
                                                       {"conflicts", "list"},
                                                       {"conflicts", "show"},
                                                       {"conflicts", "resolve"},
                                                       {"conflicts", "undo"},
                                                       {"quarantine", "list"},
                                                       {"quarantine", "show"},
                                                       {"quarantine", "retry"},
                                                       {"quarantine", "discard"},
                                                       {"state", "backup"},
                                                       {"state", "restore"},
                                                       {"state", "reset"},
                                                       {"tenants", "list"},
                                                       {"tenants", "check"}};
  for (std::vector<std::string> words : verbs) {
    std::string name;
    for (const std::string& word : words) name += (name.empty() ? "" : " ") + word;
    words.emplace_back("--help");
    out += fmt::format("\n## {}\n\n```text\n{}", name, run_captured(words).out);
    while (out.ends_with("\n\n")) out.pop_back();
    out += "```\n";
  }
  return out;
}

TEST(Documents, TheErrorPageIsTheTable) { expect_page("errors.md", errors_page()); }

TEST(Documents, TheCommandLinePageIsTheHelp) { expect_page("cli.md", cli_page()); }

}  // namespace
}  // namespace atlas::app
