#pragma once

#include "app/terminal.h"
#include "foundation/clock.h"
#include "foundation/result.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace atlas::app {

// What many verbs share; only the verbs that declare an option set it.
struct CommonOptions {
  std::string config = "./atlas.yaml";
  bool json = false;
  std::vector<std::string> entities;  // empty: all
  std::string tenant;                 // of the folder `tenants`; empty: the only one, or none
  bool all_tenants = false;
  std::size_t parallel = 1;  // tenants at a time, with all_tenants
};

// Does a verb's work: prints its data and gives the exit code. An error is printed by the caller.
using Action = std::function<Result<ExitCode>(const CommonOptions& common, Terminal& terminal)>;

// A verb as the command line knows it: name, one line of help, options, examples, action. Whatever
// the options write to must outlive the parsing: the verbs keep it in a struct that the action
// shares.
class Verb {
 public:
  Verb(CLI::App& app, CommonOptions& common, Action& chosen)
      : app_(&app), common_(&common), chosen_(&chosen) {}

  // -c, --config and --tenant; -o, --output.
  Verb& reads_config();
  Verb& prints_tables_or_json();
  // --all and --parallel: the verb for every tenant in turn. After reads_config().
  Verb& takes_all_tenants();
  // --entity NAME, repeatable.
  Verb& takes_entities();
  Verb& flag(const std::string& names, bool& into, const std::string& help);
  // Texts are not empty where they are given.
  Verb& text(const std::string& names, std::string& into, const std::string& help);
  Verb& choice(const std::string& names, std::string& into, const std::vector<std::string>& choices,
               const std::string& help);
  Verb& required_text(const std::string& names, std::string& into, const std::string& help);
  Verb& required_choice(const std::string& names, std::string& into,
                        const std::vector<std::string>& choices, const std::string& help);
  Verb& number(const std::string& names, std::size_t& into, std::size_t least, std::size_t most,
               const std::string& help);
  Verb& duration(const std::string& names, std::optional<Micros>& into, const std::string& help);
  Verb& argument(const std::string& name, std::string& into, const std::string& help);
  // One or more, after the other arguments.
  Verb& arguments(const std::string& name, std::vector<std::string>& into, const std::string& help);
  // An option that may be repeated.
  Verb& texts(const std::string& names, std::vector<std::string>& into, const std::string& form,
              const std::string& help);
  Verb& optional_argument(const std::string& name, std::string& into, const std::string& help);
  // Last option declared: not shown in the help.
  Verb& advanced();
  // Lines under "Examples" of the help, as typed after "atlas-bridge ".
  Verb& examples(const std::vector<std::string>& lines);
  // A verb below this one, which then must be followed by one.
  Verb verb(const std::string& name, const std::string& what);
  void does(Action action);

 private:
  CLI::App* app_;
  CommonOptions* common_;
  Action* chosen_;
};

// Each declares one verb or verb group below `root`.
void declare_demo(Verb& root);
void declare_check(Verb& root);
void declare_doctor(Verb& root);
void declare_plan(Verb& root);
void declare_sync(Verb& root);
void declare_reconcile(Verb& root);
void declare_repair(Verb& root);
void declare_approve(Verb& root);
void declare_verify(Verb& root);
void declare_status(Verb& root);
void declare_runs(Verb& root);
void declare_conflicts(Verb& root);
void declare_quarantine(Verb& root);
void declare_record(Verb& root);
void declare_trace(Verb& root);
void declare_map(Verb& root);
void declare_state(Verb& root);
void declare_tenants(Verb& root);

}  // namespace atlas::app
