// approve: a person's yes to deletes that a cap holds back (ENGINE E32).

#include "app/duration.h"
#include "app/json_text.h"
#include "app/table.h"
#include "app/verb.h"
#include "app/wiring.h"
#include "flow/deletes.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <ostream>

namespace atlas::app {
namespace {

struct ApproveOptions {
  std::string entity;
  std::string set;
  std::string reason;
  std::optional<Micros> valid;
};

constexpr Micros kValid = std::chrono::hours(24);
constexpr Micros kLeaseTtl = std::chrono::minutes(1);

Result<std::optional<Approval>> approval_of(OpenState& state, const EntityPlan& entity) {
  ATLAS_TRY(const std::optional<std::string> note,
            state.store->note(state.tenant.id, approval_note(entity.name)));
  return note ? Approval::parse(*note) : std::nullopt;
}

// Without a set: what is due, entity by entity, and the name to approve it by.
Result<ExitCode> show(const Bridge& bridge, OpenState& state, const CommonOptions& common,
                      Terminal& terminal) {
  const Instant now = system_clock().now();
  Table table;
  table.column("ENTITY").number("DELETES DUE").number("APPROVED").number("STILL REFERRED TO");
  table.number("CAP IN 24 H").column("SET");
  Json out = Json::array();
  for (const EntityIndex index : bridge.chosen()) {
    const EntityPlan& entity = bridge.plan().entities[index.value];
    const EntityRef& ref = state.entities[index.value];
    ATLAS_TRY(const std::optional<Approval> approval, approval_of(state, entity));
    ATLAS_TRY(const DeleteSet due, delete_set(*state.store, state.tenant.id, ref, approval, now));
    if (due.rows + due.blocked == 0) continue;
    ATLAS_TRY(const std::int64_t living, state.store->living_count(state.tenant.id, ref));
    ATLAS_TRY(const auto ledger, state.store->note(state.tenant.id, ledger_note(entity.name)));
    const std::int64_t lately = DeleteLedger::parse(ledger.value_or("")).total(now);
    const std::int64_t cap = deletes_allowed(entity.limits, living + lately);
    out.push_back({{"entity", entity.name},
                   {"due", due.rows},
                   {"approved", due.rows - due.unapproved},
                   {"blocked", due.blocked},
                   {"cap", cap},
                   {"set", due.name}});
    table.row({entity.name, std::to_string(due.rows), std::to_string(due.rows - due.unapproved),
               std::to_string(due.blocked), std::to_string(cap), due.name});
  }
  if (common.json) {
    terminal.out << json_document(out);
  } else if (table.empty()) {
    terminal.out << "no deletes are due\n";
  } else {
    table.print(terminal);
  }
  return ExitCode::kDone;
}

// Under the lease: no run moves the set meanwhile, and the ledger of runs keeps who said yes, and
// why.
Result<ExitCode> approve(const ApproveOptions& options, const Bridge& bridge, OpenState& state,
                         const CommonOptions& common, Terminal& terminal) {
  Clock& clock = system_clock();
  const EntityPlan& entity = *bridge.plan().entity(options.entity);
  const EntityRef& ref = state.entities[entity.index.value];
  ATLAS_TRY(const LeaseAnswer answer,
            state.store->take_lease(state.tenant.id, holder_name(), kLeaseTtl, clock.now()));
  if (!answer.lease) {
    return Error(Code::kLeaseHeld, fmt::format("held by {} until {}", answer.held_by.holder,
                                               instant_text(answer.held_by.until)))
        .advise("approve again when the run has ended");
  }
  auto given = [&]() -> Result<Approval> {
    ATLAS_TRY(const DeleteSet due,
              delete_set(*state.store, state.tenant.id, ref, std::nullopt, clock.now()));
    if (due.rows == 0) {
      return Error(Code::kNotFound, fmt::format("no delete of {} is due", entity.name))
          .advise("`atlas-bridge approve` lists what is");
    }
    if (due.name != options.set) {
      return Error(Code::kResolveStale,
                   fmt::format("{} deletes of {} are due now, and they are the set {}", due.rows,
                               entity.name, due.name))
          .advise("look at them again, then approve that set");
    }
    Approval yes{due.newest,    clock.now() + options.valid.value_or(kValid),
                 due.rows,      due.name,
                 holder_name(), options.reason};
    ATLAS_OK(state.store->put_note(state.tenant.id, approval_note(entity.name), yes.text()));
    return yes;
  }();
  RunRecord end;
  end.id = answer.lease->run;
  end.verb = "approve";
  end.outcome = given ? "done" : "failed";
  end.holder = holder_name();
  end.finished = clock.now();
  end.report = Json{{"entity", entity.name},
                    {"set", options.set},
                    {"rows", given ? given->rows : 0},
                    {"reason", options.reason}}
                   .dump();
  ATLAS_OK(state.store->release_lease(*answer.lease, end));
  if (!given) return std::move(given).error();
  if (common.json) {
    terminal.out << json_document(Json{{"entity", entity.name},
                                       {"set", given->set},
                                       {"rows", given->rows},
                                       {"expires", instant_text(given->expires)},
                                       {"reason", given->reason}});
  } else {
    terminal.out << fmt::format("{}: {} deletes are approved until {}; the next run makes them\n",
                                entity.name, given->rows, instant_text(given->expires));
  }
  return ExitCode::kDone;
}

Result<ExitCode> run(const ApproveOptions& options, CommonOptions common, Terminal& terminal) {
  if (!options.entity.empty()) common.entities = {options.entity};
  if (options.set.empty() != options.reason.empty() ||
      (!options.set.empty() && options.entity.empty())) {
    return Error(Code::kUsage, "an approval names an entity, --set and --reason")
        .advise("`atlas-bridge approve` alone lists the sets");
  }
  ExitCode exit = ExitCode::kDone;
  ATLAS_TRY(const std::unique_ptr<Bridge> bridge, Bridge::open(common, terminal, exit));
  if (!bridge) return exit;
  ATLAS_TRY(OpenState state, bridge->state());
  if (options.set.empty()) return show(*bridge, state, common, terminal);
  return approve(options, *bridge, state, common, terminal);
}

}  // namespace

void declare_approve(Verb& root) {
  auto options = std::make_shared<ApproveOptions>();
  Verb verb =
      root.verb("approve", "Says yes to deletes that the cap holds back; alone, lists them");
  verb.reads_config()
      .prints_tables_or_json()
      .optional_argument("ENTITY", options->entity, "Whose deletes")
      .text("--set", options->set, "The set's name, as the message or the list prints it")
      .text("--reason", options->reason, "Why; it is kept")
      .duration("--valid", options->valid, "How long the approval counts, such as 2h (24h)")
      .examples({"approve", "approve person --set 3f9a51c2e0d4b876 --reason \"closed branch\""})
      .does([options](const CommonOptions& common, Terminal& terminal) {
        return run(*options, common, terminal);
      });
}

}  // namespace atlas::app
