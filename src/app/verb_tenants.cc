// tenants list, check: the files of the folder `tenants`. Neither connects to anything.

#include "app/json_text.h"
#include "app/table.h"
#include "app/verb.h"
#include "app/wiring.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <ostream>

namespace atlas::app {
namespace {

constexpr std::string_view kPhases[] = {"legacy_leads", "dual", "platform_leads",
                                        "legacy_readonly"};

std::string phase_of(const TenantFile& tenant) {
  return tenant.phase ? std::string(kPhases[static_cast<std::size_t>(*tenant.phase)]) : "";
}

std::string labels_of(const TenantFile& tenant) {
  std::string out;
  for (const auto& [name, value] : tenant.labels)
    out += fmt::format("{}{}={}", out.empty() ? "" : " ", name, one_line(value));
  return out;
}

std::string schedule_of(const TenantFile& tenant) {
  return tenant.zone.empty() ? tenant.cron : tenant.cron + " " + tenant.zone;
}

Json json_of(const TenantFile& tenant) {
  Json labels = Json::object();
  for (const auto& [name, value] : tenant.labels) labels[name] = value;
  return {{"tenant", tenant.name},      {"id", tenant.id},     {"phase", phase_of(tenant)},
          {"paused", tenant.paused},    {"cron", tenant.cron}, {"zone", tenant.zone},
          {"labels", std::move(labels)}};
}

Error no_tenants(const CommonOptions& common) {
  return Error(Code::kNotFound, fmt::format("{} has no folder `tenants` beside it", common.config))
      .advise("tenants/NAME.yaml makes a tenant");
}

Result<ExitCode> list(const CommonOptions& common, Terminal& terminal) {
  const std::vector<std::string> files = tenant_files(common.config);
  if (files.empty()) return no_tenants(common);
  Table table;
  table.column("TENANT").column("ID").column("PHASE").column("SCHEDULE").column("LABELS");
  table.column("PAUSED");
  Json out = Json::array();
  ExitCode exit = ExitCode::kDone;
  for (const std::string& file : files) {
    const LoadedTenant one = load_tenant_file(file, environment());
    if (!one.tenant) {
      print_problems(terminal, one.problems, true);
      exit = exit_of(one.problems);
      continue;
    }
    out.push_back(json_of(*one.tenant));
    table.row({one.tenant->name,
               one.tenant->id,
               phase_of(*one.tenant),
               schedule_of(*one.tenant),
               labels_of(*one.tenant),
               {one_line(one.tenant->paused), Style::kWarn}});
  }
  if (common.json) {
    terminal.out << json_document(out);
  } else {
    table.print(terminal);
  }
  return exit;
}

// Equal for two tenants that would take the same rows of the same tables for their own.
std::string ground_of(const Mapping& mapping) {
  std::string out;
  for (const EndpointPlan& endpoint : mapping.connections.endpoints)
    out += fmt::format("{}={};", endpoint.name, endpoint.address.reveal());
  return out + scope_text(*mapping.document);
}

// Names a tenant's twin where it has one; the first of a name keeps it.
class Twins {
 public:
  const std::string* of(const std::string& what, const std::string& tenant) {
    const auto [at, added] = seen_.emplace(what, tenant);
    return added ? nullptr : &at->second;
  }

 private:
  std::map<std::string, std::string> seen_;
};

Result<ExitCode> check(const CommonOptions& common, Terminal& terminal) {
  const std::vector<std::string> files = tenant_files(common.config);
  if (files.empty()) return no_tenants(common);
  Twins ids, grounds;
  std::vector<Problem> problems;
  for (const std::string& file : files) {
    CommonOptions one = common;
    one.tenant = tenant_name(file);
    Mapping mapping = load_mapping(one);
    const auto refuse = [&](std::string why, std::string fix) {
      problems.push_back(
          {Error(Code::kTwoTenants, std::move(why)).at(file).advise(std::move(fix)), true});
    };
    if (mapping.tenant) {
      if (const std::string* twin = ids.of(mapping.tenant->id, one.tenant))
        refuse(fmt::format("{} and {} have the same id", one.tenant, *twin),
               "give each a UUID of its own: links and minted keys depend on it");
    }
    if (mapping.document) {
      if (const std::string* twin = grounds.of(ground_of(mapping), one.tenant))
        refuse(
            fmt::format("{} and {} have the same databases and the same scope", one.tenant, *twin),
            "let a variable in `scope` tell whose a row is, or give each its own databases");
    }
    std::ranges::move(mapping.problems, std::back_inserter(problems));
  }
  const auto fatal = std::ranges::count_if(problems, [](const Problem& p) { return p.fatal; });
  print_problems(terminal, problems, true);
  if (common.json) {
    Json out = Json::array();
    for (const Problem& problem : problems) {
      if (problem.fatal) out.push_back(problem.error.line());
    }
    terminal.out << json_document(Json{{"tenants", files.size()}, {"problems", std::move(out)}});
  } else if (fatal == 0) {
    terminal.out << fmt::format("{}: each file is sound, and no two are in each other's way\n",
                                counted(std::ssize(files), "tenant"));
  }
  return fatal == 0 ? ExitCode::kDone : exit_of(problems);
}

}  // namespace

void declare_tenants(Verb& root) {
  Verb group = root.verb("tenants", "The tenants of a mapping: list, check");
  Verb listed = group.verb("list", "Names, ids, phases, schedules, labels; who is paused");
  listed.reads_config().prints_tables_or_json().examples({"tenants list", "tenants list -o json"});
  listed.does(list);
  Verb checked = group.verb("check", "Reads every file and compares them; connects to nothing");
  checked.reads_config().prints_tables_or_json().examples({"tenants check -c atlas.yaml"});
  checked.does(check);
}

}  // namespace atlas::app
