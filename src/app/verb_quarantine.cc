// quarantine list, show, retry, discard: rows that wait, each alone, and why.

#include "app/duration.h"
#include "app/instance_key.h"
#include "app/json_text.h"
#include "app/pending_text.h"
#include "app/table.h"
#include "app/verb.h"
#include "app/wiring.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <ostream>

namespace atlas::app {
namespace {

struct QuarantineOptions {
  std::string state = "quarantined";
  std::size_t limit = 100;
  std::string entity;
  std::string key;
  std::string reason;
};

constexpr std::size_t kPageRows = 1000;

std::vector<PendingState> states_named(const std::string& name) {
  std::vector<PendingState> out;
  for (const PendingState state :
       {PendingState::kDiscarded, PendingState::kQuarantined, PendingState::kHeld,
        PendingState::kWaiting, PendingState::kDeferred, PendingState::kDirty}) {
    if (name == "all" || name == pending_state_name(state)) out.push_back(state);
  }
  return out;
}

std::string code_or_dash(const Pending& pending) {
  return pending.code == 0 ? "-" : code_text(static_cast<Code>(pending.code));
}

Json pending_json(const EntityPlan& entity, const Pending& pending) {
  return {{"entity", entity.name},
          {"key", instance_text(entity, pending.instance)},
          {"side", side_name(pending.instance.side)},
          {"state", pending_state_name(pending.state)},
          {"code", pending.code == 0 ? Json() : Json(code_text(static_cast<Code>(pending.code)))},
          {"field", pending.field},
          {"reason", pending.reason},
          {"blocker", pending.blocker},
          {"attempts", pending.attempts},
          {"since", instant_text(pending.since)},
          {"retry_at", instant_text(pending.retry_at)}};
}

// Calls `row` with up to `limit` pending rows of the entity. True if there are more.
template <class Row>
Result<bool> each_pending(OpenState& state, EntityIndex index,
                          const std::vector<PendingState>& states, std::size_t limit, Row row) {
  std::optional<InstanceKey> after;
  for (std::size_t seen = 0;;) {
    ATLAS_TRY(const std::vector<Pending> page,
              state.store->pending(state.tenant.id, state.entities[index.value], states,
                                   Instant::max(), after ? &*after : nullptr, kPageRows));
    for (const Pending& pending : page) {
      if (seen++ == limit) return true;
      row(pending);
    }
    if (page.size() < kPageRows) return false;
    after = page.back().instance;
  }
}

Result<ExitCode> list(const QuarantineOptions& options, const CommonOptions& common,
                      Terminal& terminal) {
  ExitCode exit = ExitCode::kDone;
  ATLAS_TRY(const std::unique_ptr<Bridge> bridge, Bridge::open(common, terminal, exit));
  if (!bridge) return exit;
  ATLAS_TRY(OpenState state, bridge->state());
  Table table;
  table.column("ENTITY").column("KEY").column("STATE").column("CODE").column("SINCE");
  table.number("TRIES").column("WHY");
  Json out = Json::array();
  bool more = false;
  for (const EntityIndex index : bridge->chosen()) {
    const EntityPlan& entity = bridge->plan().entities[index.value];
    const auto row = [&](const Pending& pending) {
      if (common.json) {
        out.push_back(pending_json(entity, pending));
        return;
      }
      table.row({entity.name, instance_text(entity, pending.instance),
                 std::string(pending_state_name(pending.state)), code_or_dash(pending),
                 instant_text(pending.since), std::to_string(pending.attempts), why_text(pending)});
    };
    ATLAS_TRY(const bool left,
              each_pending(state, index, states_named(options.state), options.limit, row));
    more = more || left;
  }
  if (common.json) {
    terminal.out << json_document(out);
  } else if (table.empty()) {
    terminal.out << "nothing is " << (options.state == "all" ? "pending" : options.state) << '\n';
  } else {
    table.print(terminal);
  }
  if (more) remark(terminal, "there are more; raise --limit");
  return ExitCode::kDone;
}

// The entity named on the command line, as --entity would choose it.
CommonOptions only(const CommonOptions& common, const std::string& entity) {
  CommonOptions out = common;
  if (!entity.empty()) out.entities = {entity};
  return out;
}

Result<Pending> find(OpenState& state, const EntityPlan& entity, const std::string& key) {
  const std::vector<InstanceKey> which = readings(entity, key);
  if (which.empty()) {
    return Error(Code::kUsage, fmt::format("{} is no key of {}", one_line(key), entity.name))
        .advise("write " + key_forms(entity));
  }
  ATLAS_TRY(std::vector<Pending> found,
            state.store->pending_of(state.tenant.id, state.entities[entity.index.value], which));
  if (found.size() == 1) return std::move(found.front());
  if (found.empty()) {
    return Error(Code::kNotFound,
                 fmt::format("{} {} waits for nothing", entity.name, one_line(key)))
        .advise("`atlas-bridge record` shows how it stands");
  }
  std::string names;
  for (const Pending& one : found)
    names += (names.empty() ? "" : " or ") + instance_text(entity, one.instance);
  return Error(Code::kUsage, fmt::format("{} may be {}", one_line(key), names)).advise("say which");
}

Result<ExitCode> show(const QuarantineOptions& options, const CommonOptions& common,
                      Terminal& terminal) {
  ExitCode exit = ExitCode::kDone;
  ATLAS_TRY(const std::unique_ptr<Bridge> bridge,
            Bridge::open(only(common, options.entity), terminal, exit));
  if (!bridge) return exit;
  ATLAS_TRY(OpenState state, bridge->state());
  const EntityPlan& entity = *bridge->plan().entity(options.entity);
  ATLAS_TRY(const Pending pending, find(state, entity, options.key));
  if (common.json) {
    terminal.out << json_document(pending_json(entity, pending));
    return ExitCode::kDone;
  }
  terminal.out << fmt::format("{} {}: {}\n", entity.name, instance_text(entity, pending.instance),
                              pending_state_name(pending.state));
  const auto line = [&](std::string_view name, const std::string& text) {
    if (!text.empty()) terminal.out << fmt::format("  {:<9} {}\n", name, one_line(text));
  };
  if (pending.code != 0) {
    const CodeInfo& row = info(static_cast<Code>(pending.code));
    line("code", fmt::format("{} {}", code_or_dash(pending), row.title));
    line("fix", std::string(row.advice));
  }
  line("why", pending.reason);
  line("field", pending.field);
  line("blocker", pending.blocker);
  line("since", instant_text(pending.since));
  line("tries", std::to_string(pending.attempts));
  line("again", pending.retry_at <= system_clock().now() ? "with the next run"
                                                         : instant_text(pending.retry_at));
  return ExitCode::kDone;
}

Result<ExitCode> retry(const QuarantineOptions& options, const CommonOptions& common,
                       Terminal& terminal) {
  ExitCode exit = ExitCode::kDone;
  ATLAS_TRY(const std::unique_ptr<Bridge> bridge,
            Bridge::open(only(common, options.entity), terminal, exit));
  if (!bridge) return exit;
  ATLAS_TRY(OpenState state, bridge->state());
  std::int64_t marked = 0;
  const Instant now = system_clock().now();
  for (const EntityIndex index : bridge->chosen()) {
    const EntityPlan& entity = bridge->plan().entities[index.value];
    std::optional<Pending> named;
    if (!options.key.empty()) {
      ATLAS_TRY(named, find(state, entity, options.key));
    }
    ATLAS_TRY(const std::int64_t rows,
              state.store->retry_pending(state.tenant.id, state.entities[index.value],
                                         named ? &named->instance : nullptr, now));
    marked += rows;
  }
  if (common.json) {
    terminal.out << json_document({{"marked", marked}});
  } else {
    terminal.out << fmt::format("{} looked at again by the next run\n", counted(marked, "row"));
  }
  return ExitCode::kDone;
}

// Under the lease, and in the ledger of runs, as every word of a person is.
Result<> give_up(OpenState& state, const EntityRef& ref, Pending pending, const std::string& reason,
                 const std::string& instance) {
  Clock& clock = system_clock();
  constexpr Micros kLeaseTtl = std::chrono::seconds(30);
  ATLAS_TRY(const LeaseAnswer answer,
            state.store->take_lease(state.tenant.id, holder_name(), kLeaseTtl, clock.now()));
  if (!answer.lease) {
    return Error(Code::kLeaseHeld, fmt::format("held by {} until {}", answer.held_by.holder,
                                               instant_text(answer.held_by.until)))
        .advise("discard it again when the run has ended");
  }
  pending.state = PendingState::kDiscarded;
  pending.reason = fmt::format("{}; discarded: {}", pending.reason, reason);
  pending.retry_at = clock.now() + std::chrono::days(36'500);
  Confirm confirm;
  confirm.put_pending.push_back(std::move(pending));
  Result<> put = state.store->confirm(*answer.lease, ref, confirm);
  RunRecord end;
  end.id = answer.lease->run;
  end.verb = "discard";
  end.outcome = put ? "done" : "failed";
  end.holder = holder_name();
  end.finished = clock.now();
  end.report = Json{{"row", instance}, {"reason", reason}}.dump();
  ATLAS_OK(state.store->release_lease(*answer.lease, end));
  return put;
}

Result<ExitCode> discard(const QuarantineOptions& options, const CommonOptions& common,
                         Terminal& terminal) {
  ExitCode exit = ExitCode::kDone;
  ATLAS_TRY(const std::unique_ptr<Bridge> bridge,
            Bridge::open(only(common, options.entity), terminal, exit));
  if (!bridge) return exit;
  ATLAS_TRY(OpenState state, bridge->state());
  const EntityPlan& entity = *bridge->plan().entity(options.entity);
  ATLAS_TRY(Pending pending, find(state, entity, options.key));
  const std::string instance = instance_text(entity, pending.instance);
  if (pending.state != PendingState::kQuarantined) {
    return Error(Code::kNotOpen, fmt::format("{} {} is {}, not quarantined", entity.name, instance,
                                             pending_state_name(pending.state)))
        .advise("only what is quarantined can be given up");
  }
  ATLAS_OK(give_up(state, state.entities[entity.index.value], std::move(pending), options.reason,
                   entity.name + " " + instance));
  if (common.json) {
    terminal.out << json_document(
        {{"entity", entity.name}, {"key", instance}, {"state", "discarded"}});
  } else {
    terminal.out << fmt::format("{} {}: given up until one of its rows changes\n", entity.name,
                                instance);
  }
  return ExitCode::kDone;
}

}  // namespace

void declare_quarantine(Verb& root) {
  auto options = std::make_shared<QuarantineOptions>();
  Verb group =
      root.verb("quarantine", "Rows that wait, each with its reason: list, show, retry, discard");
  const auto bound = [options](auto action) {
    return [options, action](const CommonOptions& common, Terminal& terminal) {
      return action(*options, common, terminal);
    };
  };
  Verb listed = group.verb("list", "Quarantined rows");
  listed.reads_config()
      .prints_tables_or_json()
      .takes_entities()
      .choice("--state", options->state,
              {"quarantined", "held", "waiting", "deferred", "dirty", "discarded", "all"},
              "Rows that wait in another way")
      .number("--limit", options->limit, 1, 1'000'000, "How many an entity")
      .examples({"quarantine list", "quarantine list --state all --entity person -o json"})
      .does(bound(list));
  Verb shown = group.verb("show", "One row: why it waits, since when, and what helps");
  shown.reads_config()
      .prints_tables_or_json()
      .argument("ENTITY", options->entity, "Of the mapping")
      .argument("KEY", options->key, "As `quarantine list` prints it")
      .examples({"quarantine show person users/4711"})
      .does(bound(show));
  Verb retried =
      group.verb("retry", "Has the next run look again, without waiting for the back-off");
  retried.reads_config()
      .prints_tables_or_json()
      .optional_argument("ENTITY", options->entity, "Of the mapping; all without it")
      .optional_argument("KEY", options->key, "One row; all of the entity without it")
      .examples(
          {"quarantine retry", "quarantine retry person", "quarantine retry person users/4711"})
      .does(bound(retry));
  Verb discarded = group.verb("discard", "Gives a row up until one of its rows changes");
  discarded.reads_config()
      .prints_tables_or_json()
      .argument("ENTITY", options->entity, "Of the mapping")
      .argument("KEY", options->key, "As `quarantine list` prints it")
      .required_text("--reason", options->reason, "Why; it is kept")
      .examples({"quarantine discard person users/4711 --reason \"test account\""})
      .does(bound(discard));
}

}  // namespace atlas::app
