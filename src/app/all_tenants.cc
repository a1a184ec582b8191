#include "app/all_tenants.h"

#include "app/duration.h"
#include "app/json_text.h"
#include "app/run_exit.h"
#include "app/signals.h"
#include "app/table.h"
#include "foundation/clock.h"
#include "foundation/executor.h"
#include "mapping/tenant_file.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <mutex>
#include <sstream>

namespace atlas::app {
namespace {

struct Done {
  std::string tenant;
  std::string out;
  std::string error;  // one line
  ExitCode exit = ExitCode::kDone;
  Micros took{};
};

Done for_one(const Action& action, CommonOptions common, const Terminal& like, std::string& err) {
  Done done;
  done.tenant = common.tenant;
  std::ostringstream out, remarks;
  Terminal own{out, remarks, like.out_colour, like.err_colour, false, like.width};
  const Micros begun = system_clock().monotonic();
  common.all_tenants = false;
  Result<ExitCode> exit = action(common, own);
  done.took = system_clock().monotonic() - begun;
  if (exit) {
    done.exit = *exit;
  } else {
    print_error(own, exit.error());
    done.error = exit.error().line();
    done.exit = exit.error().exit();
  }
  done.out = out.str();
  err = remarks.str();
  return done;
}

Json json_of(const Done& done) {
  Json result = Json::parse(done.out, nullptr, false);
  return {{"tenant", done.tenant},
          {"exit", static_cast<int>(done.exit)},
          {"error", done.error.empty() ? Json() : Json(done.error)},
          {"took_ms", done.took.count() / 1000},
          {"result", result.is_discarded() ? Json() : std::move(result)}};
}

}  // namespace

Result<ExitCode> for_all_tenants(const Action& action, const CommonOptions& common,
                                 Terminal& terminal) {
  const std::vector<std::string> files = tenant_files(common.config);
  if (files.empty()) {
    return Error(Code::kNotFound,
                 fmt::format("{} has no folder `tenants` beside it", common.config))
        .advise("tenants/NAME.yaml makes a tenant; without them leave --all out");
  }
  const StopSignals signals;  // whoever is asked to stop starts no further tenant
  std::vector<Done> all(files.size());
  std::mutex printing;
  std::vector<std::function<void()>> tasks;
  tasks.reserve(files.size());
  for (std::size_t i = 0; i < files.size(); ++i) {
    tasks.emplace_back([&, i] {
      CommonOptions one = common;
      one.tenant = tenant_name(files[i]);
      all[i].tenant = one.tenant;
      if (signals.asked()) {
        all[i].exit = signals.exit();
        all[i].error = "not begun: stopped on request";
        return;
      }
      std::string err;
      all[i] = for_one(action, std::move(one), terminal, err);
      const std::lock_guard lock(printing);
      terminal.err << err;
      if (!common.json) {
        terminal.out << styled("== " + all[i].tenant, Style::kBold, terminal.out_colour) << '\n'
                     << all[i].out;
      }
    });
  }
  ThreadExecutor(static_cast<unsigned>(common.parallel)).run(std::move(tasks));
  ExitCode exit = ExitCode::kDone;
  for (const Done& done : all) exit = graver(exit, done.exit);
  if (common.json) {
    Json out = Json::array();
    for (const Done& done : all) out.push_back(json_of(done));
    terminal.out << json_document(out);
    return exit;
  }
  Table table;
  table.column("TENANT").number("EXIT").number("TOOK").column("ERROR");
  for (const Done& done : all) {
    const bool good = done.exit == ExitCode::kDone;
    table.row({done.tenant,
               {std::to_string(static_cast<int>(done.exit)), good ? Style::kPlain : Style::kWarn},
               duration_text(done.took),
               done.error});
  }
  terminal.out << '\n';
  table.print(terminal);
  return exit;
}

}  // namespace atlas::app
