// doctor: can the bridge do its work on these databases, and what would help?

#include "app/doctor_findings.h"
#include "app/json_text.h"
#include "app/run_exit.h"
#include "app/table.h"
#include "app/verb.h"
#include "app/wiring.h"
#include "flow/fences.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <ostream>

namespace atlas::app {
namespace {

using Level = Finding::Level;

struct Examined {
  std::string name;     // "legacy.main"
  std::string product;  // empty if unreachable
  std::vector<Finding> findings;
  std::optional<Side> side;     // not for state
  std::optional<Error> hidden;  // transactions of others are
  std::optional<Fence> fence;   // the tenant's, if it could be read
  Micros offset{}, noise{};
  ExitCode exit = ExitCode::kDone;
};

std::string_view level_name(Level level) {
  switch (level) {
    case Level::kOk:
      return "ok";
    case Level::kWarn:
      return "warn";
    case Level::kFail:
      return "fail";
  }
  return "?";
}

Style style_of(Level level) {
  switch (level) {
    case Level::kOk:
      return Style::kGood;
    case Level::kWarn:
      return Style::kWarn;
    case Level::kFail:
      return Style::kBad;
  }
  return Style::kPlain;
}

void fail(Examined& examined, std::string topic, const Error& error) {
  std::string detail = error.line();
  examined.findings.push_back({Level::kFail, std::move(topic), std::move(detail), error.next()});
  examined.exit = graver(examined.exit, error.exit());
}

void judge(Examined& examined) {
  for (const Finding& finding : examined.findings) {
    if (finding.level != Level::kFail) continue;
    const ExitCode exit =
        finding.topic == "privileges" ? ExitCode::kPermission : ExitCode::kPersonNeeded;
    examined.exit = graver(examined.exit, exit);
  }
}

// Connection, server, privileges, clock, fence and witness. True if the catalog was read too.
bool examine(const Mapping& mapping, std::size_t i, Examined& out, std::vector<TableInfo>& tables) {
  const EndpointPlan& plan = mapping.connections.endpoints[i];
  const std::vector<TableName>& names = mapping.connections.tables[i];
  out.name = plan.name;
  out.side = plan.side;
  auto endpoint = mapping.engines.open_endpoint(plan);
  if (!endpoint) {
    fail(out, "connection", endpoint.error());
    return false;
  }
  Clock& clock = system_clock();
  auto warm = (*endpoint)->probe({});  // the second answer is not slowed by connecting
  const Micros begun = clock.monotonic();
  auto timed = (*endpoint)->probe({});
  out.noise = (clock.monotonic() - begun) / 2;
  if (timed) out.offset = timed->server_now + out.noise - clock.now();
  auto probe = (*endpoint)->probe(names);
  if (!warm || !timed || !probe) {
    fail(out, "connection", !warm ? warm.error() : !timed ? timed.error() : probe.error());
    return false;
  }
  out.product = probe->product;
  out.findings = std::move(probe->findings);
  out.findings.push_back(clock_finding(out.offset, out.noise));
  if (auto horizon = (*endpoint)->horizon(); horizon) out.hidden = std::move(horizon->hidden);
  judge(out);
  if (auto installed = (*endpoint)->install(); installed) {
    out.findings.push_back({Level::kOk, "fence and witness", "their tables are there", ""});
    auto fence = (*endpoint)->fence(tenant_of(*mapping.document).uuid);
    if (fence) {
      out.fence = std::move(*fence);
    } else if (fence.error().code() == Code::kWitnessGone) {
      fail(out, "fence and witness", fence.error());
    }
  } else {
    fail(out, "fence and witness", installed.error());
  }
  auto described = describe_tables(**endpoint, names);
  if (!described) {
    fail(out, "catalog", described.error());
    return false;
  }
  tables = std::move(*described);
  return true;
}

// Whether each endpoint is the database that the last run left (E9).
Result<> compare_fences(const OpenState& state, const Mapping& mapping,
                        std::vector<Examined>& examined) {
  ATLAS_TRY(const Epoch known, state.store->epoch(state.tenant.id));
  for (std::size_t i = 0; i < mapping.connections.endpoints.size(); ++i) {
    const EndpointPlan& endpoint = mapping.connections.endpoints[i];
    Examined& one = examined[i];
    if (!one.fence) continue;
    ATLAS_TRY(const Fence noted, noted_fence(*state.store, state.tenant.id, endpoint.name));
    if (auto left = as_left(endpoint, noted, *one.fence, known); !left)
      fail(one, "fence", left.error());
  }
  return {};
}

Examined examine_state(const Mapping& mapping, std::vector<Examined>& endpoints) {
  Examined out;
  out.name = "state";
  auto state = open_tenant(mapping);
  if (!state) {
    fail(out, "state", state.error());
    return out;
  }
  out.product = mapping.connections.state.engine == EngineKind::kPostgres ? "PostgreSQL" : "SQLite";
  out.findings.push_back({Level::kOk, "state", "its tables are there and can be written", ""});
  std::ranges::move(
      mapping.engines.state_findings(mapping.connections.state, mapping.connections.endpoints),
      std::back_inserter(out.findings));
  if (auto compared = compare_fences(*state, mapping, endpoints); !compared)
    fail(out, "state", compared.error());
  return out;
}

bool stamped_by_database(const Plan& plan, EndpointIndex at) {
  return std::ranges::any_of(plan.entities, [at](const EntityPlan& entity) {
    const auto there = [at](const auto& table) { return table.endpoint == at; };
    return entity.capture.stamp_by == StampBy::kDatabase &&
           (std::ranges::any_of(entity.kinds, there) || std::ranges::any_of(entity.parts, there));
  });
}

void examine_mapping(Mapping& mapping, std::vector<Examined>& examined) {
  compile_described(mapping);
  if (!mapping.plan) {
    Examined& out = examined.emplace_back();
    out.name = "mapping";
    const auto fatal = std::ranges::count_if(mapping.problems, &Problem::fatal);
    out.findings.push_back({Level::kFail, "mapping", counted(fatal, "problem"),
                            fmt::format("atlas-bridge check -c {}", mapping.file)});
    judge(out);
    return;
  }
  for (std::uint32_t i = 0; i < mapping.catalogs.size(); ++i) {
    std::ranges::move(table_findings(*mapping.plan, EndpointIndex{i}, mapping.catalogs[i]),
                      std::back_inserter(examined[i].findings));
    if (examined[i].hidden && stamped_by_database(*mapping.plan, EndpointIndex{i}))
      fail(examined[i], "capture", *examined[i].hidden);
    judge(examined[i]);
  }
}

// Rows that nothing can name are in no scan: they would be missed in silence.
void find_unnamed(const Mapping& mapping, std::vector<Examined>& examined) {
  if (!mapping.plan) return;
  const auto look = [&](const TableShape& shape, EndpointIndex index) -> Result<> {
    ATLAS_TRY(const auto endpoint,
              mapping.engines.open_endpoint(mapping.plan->endpoints[index.value]));
    ATLAS_TRY(auto snapshot, endpoint->snapshot());
    ATLAS_TRY(const std::int64_t rows, snapshot->unnamed(shape));
    if (rows == 0) return {};
    examined[index.value].findings.push_back(
        {Level::kWarn, "keys",
         fmt::format("{}: {} with a key that is null or binary, which nothing leads to: never "
                     "synced",
                     shape.table.text(), counted(rows, "row")),
         "give them keys of the column's type"});
    return {};
  };
  for (const EntityPlan& entity : mapping.plan->entities) {
    for (const KindPlan& kind : entity.kinds) (void)look(kind.shape, kind.endpoint);
    for (const PartPlan& part : entity.parts) (void)look(part.shape, part.endpoint);
  }
}

void compare_clocks(std::vector<Examined>& examined) {
  const auto first = [&](Side side) {
    return std::ranges::find_if(
        examined, [side](const Examined& e) { return e.side == side && !e.product.empty(); });
  };
  const auto legacy = first(Side::kLegacy);
  const auto platform = first(Side::kPlatform);
  if (legacy == examined.end() || platform == examined.end()) return;
  const Finding finding =
      side_clock_finding(platform->offset - legacy->offset, platform->noise + legacy->noise);
  Examined both;
  both.name = "both sides";
  both.findings.push_back(finding);
  examined.push_back(std::move(both));
}

void print(const std::vector<Examined>& examined, Terminal& terminal) {
  std::array<std::int64_t, 3> counts{};
  for (const Examined& one : examined) {
    terminal.out << styled(one.name, Style::kBold, terminal.out_colour)
                 << (one.product.empty() ? "" : "  " + one.product) << '\n';
    for (const Finding& finding : one.findings) {
      ++counts[static_cast<std::size_t>(finding.level)];
      terminal.out << "  "
                   << styled(fmt::format("{:<4}", level_name(finding.level)),
                             style_of(finding.level), terminal.out_colour)
                   << "  " << one_line(finding.topic) << ": " << one_line(finding.detail) << '\n';
      if (finding.level == Level::kOk || finding.fix.empty()) continue;
      // A fix is to be copied: its lines stay as they are.
      std::string fix = finding.fix;
      for (std::size_t at = fix.find('\n'); at != std::string::npos; at = fix.find('\n', at + 1)) {
        fix.insert(at + 1, "        ");
      }
      terminal.out << "        " << fix << '\n';
    }
  }
  terminal.out << fmt::format("{} ok, {} to look at, {} to fix\n", counts[0], counts[1], counts[2]);
}

Json doctor_json(const std::vector<Examined>& examined) {
  Json out = Json::array();
  for (const Examined& one : examined) {
    Json findings = Json::array();
    for (const Finding& finding : one.findings) {
      findings.push_back({{"level", level_name(finding.level)},
                          {"topic", finding.topic},
                          {"detail", finding.detail},
                          {"fix", finding.fix}});
    }
    out.push_back(
        {{"name", one.name}, {"product", one.product}, {"findings", std::move(findings)}});
  }
  return out;
}

Result<ExitCode> doctor(const CommonOptions& common, Terminal& terminal) {
  Mapping mapping = load_mapping(common);
  if (!mapping.document) {
    print_problems(terminal, mapping.problems, true);
    return exit_of(mapping.problems);
  }
  std::vector<Examined> examined;
  bool all_described = true;
  for (std::size_t i = 0; i < mapping.connections.endpoints.size(); ++i) {
    std::vector<TableInfo> tables;
    all_described = examine(mapping, i, examined.emplace_back(), tables) && all_described;
    mapping.catalogs.push_back(std::move(tables));
  }
  if (all_described) {
    examine_mapping(mapping, examined);
    find_unnamed(mapping, examined);
  }
  compare_clocks(examined);
  Examined state = examine_state(mapping, examined);
  examined.push_back(std::move(state));
  if (common.json) {
    terminal.out << json_document(doctor_json(examined));
  } else {
    print(examined, terminal);
  }
  ExitCode exit = ExitCode::kDone;
  for (const Examined& one : examined) exit = graver(exit, one.exit);
  return exit;
}

}  // namespace

void declare_doctor(Verb& root) {
  Verb verb = root.verb(
      "doctor", "Connections, rights, capture, clocks: what hinders the bridge, and the exact fix");
  verb.reads_config()
      .prints_tables_or_json()
      .takes_all_tenants()
      .examples({"doctor", "doctor -o json"})
      .does(doctor);
}

}  // namespace atlas::app
