#include "app/command_line.h"

#include "app/signals.h"
#include "app/verb.h"
#include "mapping/suggest.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <ostream>

namespace atlas::app {
namespace {

constexpr std::string_view kVersion = "atlas-bridge " ATLAS_VERSION;
constexpr std::string_view kWhat =
    "Keeps a legacy database and the platform that replaces it equal, in both directions.";
constexpr std::string_view kEnd =
    R"(First steps:
  atlas-bridge demo                 two databases, live edits, what becomes of them
  atlas-bridge check -c atlas.yaml  is the mapping lawful for both live schemas?
  atlas-bridge plan -c atlas.yaml   what would the next run write?
  atlas-bridge sync -c atlas.yaml   write it; run this every minute

Exit codes: 0 done, 1 unexpected, 2 differences (--exit-code), 3 held rows (--strict), 64 usage,
69 unreachable, 75 lease held (--if-locked=fail), 77 permission, 78 a person must change something,
130 and 143 stopped on request with progress kept.)";

// What of the words is no verb or option, and what it may have been meant for. Both may be empty.
struct Unknown {
  std::string why, advice;
};

Unknown unknown_word(const CLI::App& app, std::span<const std::string> arguments) {
  const CLI::App* at = &app;
  std::string path;  // of the verb so far
  for (const std::string& word : arguments) {
    std::vector<std::string> verbs;
    for (const CLI::App* below : at->get_subcommands(nullptr)) verbs.push_back(below->get_name());
    std::vector<std::string> names = verbs;
    for (const CLI::Option* option : at->get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
    if (std::ranges::find(names, word) != names.end()) {
      if (word.starts_with("-")) continue;
      at = at->get_subcommand(word);
      path += word + " ";
      continue;
    }
    Unknown out;
    const bool verb = !verbs.empty() && !word.starts_with("-");
    if (verb) {
      out.why = fmt::format("there is no verb `{}{}`", path, one_line(word));
      out.advice = fmt::format("`atlas-bridge {}--help` lists the verbs", path);
    }
    const std::string near = nearest(word, verb ? verbs : names);
    if (!near.empty()) out.advice = fmt::format("did you mean `{}`?", near);
    return out;
  }
  return {};
}

void declare_all(Verb& root) {
  declare_demo(root);
  declare_check(root);
  declare_doctor(root);
  declare_plan(root);
  declare_sync(root);
  declare_reconcile(root);
  declare_repair(root);
  declare_verify(root);
  declare_status(root);
  declare_runs(root);
  declare_record(root);
  declare_trace(root);
  declare_map(root);
  declare_conflicts(root);
  declare_quarantine(root);
  declare_approve(root);
  declare_state(root);
  declare_tenants(root);
}

}  // namespace

int run_command_line(std::span<const std::string> arguments, Terminal& terminal) {
  CLI::App app{std::string(kWhat), "atlas-bridge"};
  app.set_version_flag("--version", std::string(kVersion));
  app.footer(std::string(kEnd));
  CommonOptions common;
  Action chosen;
  Verb root(app, common, chosen);
  declare_all(root);
  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    app.parse(std::move(reversed));
  } catch (const CLI::CallForHelp&) {
    terminal.out << app.help();
    return static_cast<int>(ExitCode::kDone);
  } catch (const CLI::CallForVersion&) {
    terminal.out << kVersion << '\n';
    return static_cast<int>(ExitCode::kDone);
  } catch (const CLI::ParseError& error) {
    if (arguments.empty()) {
      terminal.err << app.help();
      return static_cast<int>(ExitCode::kUsage);
    }
    const Unknown unknown = unknown_word(app, arguments);
    // An empty advice leaves the table's.
    print_error(terminal, Error(Code::kUsage, unknown.why.empty() ? error.what() : unknown.why)
                              .advise(unknown.advice));
    return static_cast<int>(ExitCode::kUsage);
  }
  Result<ExitCode> done = chosen(common, terminal);
  terminal.out.flush();
  if (done) return static_cast<int>(*done);
  print_error(terminal, done.error());
  const bool asked = done.error().code() == Code::kInterrupted;
  return static_cast<int>(asked ? StopSignals::exit() : done.error().exit());
}

}  // namespace atlas::app
