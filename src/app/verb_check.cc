// check: is the mapping lawful for these two live schemas? (MAPPING §4, levels 1 to 6)

#include "app/collision_remarks.h"
#include "app/json_text.h"
#include "app/row_remarks.h"
#include "app/table.h"
#include "app/verb.h"
#include "app/wiring.h"
#include "verify/entity_decl.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <ostream>

namespace atlas::app {
namespace {

struct CheckOptions {
  bool exit_code = false;
  bool full = false;
};

// Lines that say what became different.
using Changes = std::vector<std::string>;

Json check_json(const Mapping& mapping, bool lawful, const Changes& changes) {
  Json problems = Json::array();
  for (const Problem& problem : mapping.problems) {
    Json one = json_of(problem.error);
    one["fatal"] = problem.fatal;
    problems.push_back(std::move(one));
  }
  Json fields = Json::array();
  for (const FieldReport& field : mapping.fields) {
    fields.push_back({{"entity", field.entity},
                      {"field", field.field},
                      {"law", field.law},
                      {"evidence", field.evidence},
                      {"rows", field.rows},
                      {"tried", field.tried},
                      {"unfit", field.unfit},
                      {"broken", field.broken},
                      {"losses", field.losses},
                      {"loss_declared", field.loss_declared}});
  }
  return {{"lawful", lawful},
          {"hash", lawful ? Json(check_hash(*mapping.plan)) : Json()},
          {"changes", changes},
          {"problems", std::move(problems)},
          {"fields", std::move(fields)}};
}

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : "; ") + text;
  return out;
}

void print_fields(const std::vector<FieldReport>& fields, Terminal& terminal) {
  Table table;
  table.column("ENTITY").column("FIELD").column("LAW").column("EVIDENCE").column("LOSSES");
  for (const FieldReport& field : fields) {
    table.row({field.entity,
               field.field,
               field.law,
               field.evidence,
               {joined(field.losses), Style::kWarn}});
  }
  table.print(terminal);
}

// Levels 4 and 6 on real rows.
Result<> look_at_rows(Mapping& mapping, bool full) {
  const Plan& plan = *mapping.plan;
  const auto open = [&](EndpointIndex index) {
    return mapping.engines.open_endpoint(plan.endpoints[index.value]);
  };
  ATLAS_TRY(std::vector<Problem> collisions, collision_remarks(*mapping.document, plan, open));
  ATLAS_TRY(std::vector<Problem> rows,
            row_remarks(*mapping.document, plan, full, mapping.fields, open));
  std::ranges::move(collisions, std::back_inserter(mapping.problems));
  std::ranges::move(rows, std::back_inserter(mapping.problems));
  return {};
}

bool lawful_so_far(const Mapping& mapping) {
  return mapping.plan != nullptr && std::ranges::none_of(mapping.problems, &Problem::fatal);
}

struct Remembered {
  Changes changes;
  std::optional<Error> refusal;
};

// Keeps what `sync` demands, and gives what became different in the schemas since this mapping
// passed the last time. The entities are declared too: a `plan` that follows has nothing left to
// write.
Result<Remembered> remember(const Mapping& mapping) {
  ATLAS_TRY(OpenState state, open_tenant(mapping));
  Remembered out;
  ATLAS_TRY(out.refusal, refusal(state, mapping));
  if (out.refusal && out.refusal->code() == Code::kOtherDatabase) return out;
  ATLAS_TRY(const std::vector<TableDrift> drift, drift_since_check(state, mapping));
  for (const TableDrift& table : drift)
    out.changes.insert(out.changes.end(), table.changes.begin(), table.changes.end());
  ATLAS_OK(remember_check(state, mapping));
  for (const EntityPlan& entity : mapping.plan->entities)
    ATLAS_OK(state.store->entity(state.tenant.id, entity_decl(entity)));
  return out;
}

Result<ExitCode> check(const CheckOptions& options, const CommonOptions& common,
                       Terminal& terminal) {
  Mapping mapping = load_mapping(common);
  if (mapping.document) ATLAS_OK(compile_mapping(mapping));
  if (lawful_so_far(mapping)) ATLAS_OK(look_at_rows(mapping, options.full));
  const bool lawful = lawful_so_far(mapping);
  Result<Remembered> kept{Remembered()};
  if (lawful) kept = remember(mapping);
  if (common.json) {
    terminal.out << json_document(check_json(mapping, lawful, kept ? kept->changes : Changes()));
  } else {
    if (!mapping.fields.empty()) print_fields(mapping.fields, terminal);
  }
  print_problems(terminal, mapping.problems, false);
  if (!lawful) return exit_of(mapping.problems);
  if (!kept) return std::move(kept).error();
  if (const EndpointPlan* shared =
          mapping.engines.state_shares(mapping.connections.state, mapping.connections.endpoints)) {
    remark(terminal,
           fmt::format("the state lies in the file of {}, among its tables", shared->name));
  }
  for (const std::string& line : kept->changes)
    remark(terminal, "since the last passing check: " + one_line(line));
  const auto losing =
      std::ranges::count_if(mapping.fields, [](const FieldReport& f) { return f.loss_declared; });
  if (!common.json) {
    terminal.out << fmt::format(
        "{} {} in {}, {} with declared losses. {}\n",
        styled("lawful:", Style::kGood, terminal.out_colour),
        counted(static_cast<std::int64_t>(mapping.fields.size()), "field"),
        counted(static_cast<std::int64_t>(mapping.plan->entities.size()), "entity", "entities"),
        losing, kept->refusal ? "sync may not run yet:" : "sync may run.");
  }
  if (kept->refusal) return std::move(*kept->refusal);
  return losing > 0 && options.exit_code ? ExitCode::kDifferences : ExitCode::kDone;
}

}  // namespace

void declare_check(Verb& root) {
  auto options = std::make_shared<CheckOptions>();
  Verb verb = root.verb("check", "Proves the mapping against both live schemas; sync demands it");
  verb.reads_config()
      .prints_tables_or_json()
      .takes_all_tenants()
      .flag("--full", options->full, "Try the fields on all rows, not on about 2,000 a table")
      .flag("--exit-code", options->exit_code, "Exit 2 when fields declare losses")
      .examples({"check", "check -c atlas.yaml -o json", "check --full"})
      .does([options](const CommonOptions& common, Terminal& terminal) {
        return check(*options, common, terminal);
      });
}

}  // namespace atlas::app
