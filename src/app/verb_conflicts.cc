// conflicts list, show, resolve: fields that both sides edited, the winner and the kept loser.

#include "app/duration.h"
#include "app/instance_key.h"
#include "app/json_text.h"
#include "app/table.h"
#include "app/verb.h"
#include "app/wiring.h"
#include "model/hashing.h"
#include "model/key.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <charconv>
#include <ostream>

namespace atlas::app {
namespace {

struct ConflictOptions {
  bool all = false;
  std::size_t limit = 100;
  std::string id;
  std::string winner;
  std::string seen;
};

// Names the two values of a conflict: what a person saw when they chose.
std::string seen_name(const Conflict& conflict) {
  return fmt::format("{:08x}", static_cast<std::uint32_t>(stable_hash(
                                   fmt::format("{}:{}{}", conflict.legacy_value.size(),
                                               conflict.legacy_value, conflict.platform_value))));
}

// "legacy won", "open".
std::string standing(const Conflict& conflict) {
  if (!conflict.resolved_by.empty() && conflict.open)
    return "open, " + conflict.resolved_by + " asked for";
  if (conflict.open) return "open";
  return conflict.winner.empty() ? "settled" : conflict.winner + " won";
}

// With values: whoever asks for conflicts asks for them.
Json conflict_json(const std::string& entity, const Conflict& conflict) {
  return {{"id", conflict.id},
          {"entity", entity},
          {"key", key_text(conflict.instance.key)},
          {"platform_key", conflict.platform_key.empty() ? "" : key_text(conflict.platform_key)},
          {"field", conflict.field},
          {"open", conflict.open},
          {"winner", conflict.winner},
          {"asked_for", conflict.resolved_by},
          {"seen", seen_name(conflict)},
          {"legacy_value", conflict.legacy_value},
          {"platform_value", conflict.platform_value},
          {"reason", conflict.reason},
          {"at", instant_text(conflict.at)}};
}

Result<ExitCode> list(const ConflictOptions& options, const CommonOptions& common,
                      Terminal& terminal) {
  ExitCode exit = ExitCode::kDone;
  ATLAS_TRY(const std::unique_ptr<Bridge> bridge, Bridge::open(common, terminal, exit));
  if (!bridge) return exit;
  ATLAS_TRY(OpenState state, bridge->state());
  Table table;
  table.number("ID").column("ENTITY").column("KEY").column("FIELD").column("STANDING").column("AT");
  table.column("WHY");
  Json out = Json::array();
  for (const EntityIndex index : bridge->chosen()) {
    const EntityPlan& entity = bridge->plan().entities[index.value];
    ATLAS_TRY(const std::vector<Conflict> conflicts,
              state.store->conflicts(state.tenant.id, state.entities[index.value], !options.all,
                                     options.limit));
    for (const Conflict& conflict : conflicts) {
      out.push_back(conflict_json(entity.name, conflict));
      table.row({std::to_string(conflict.id),
                 entity.name,
                 instance_text(entity, conflict.instance),
                 conflict.field,
                 {standing(conflict), conflict.open ? Style::kWarn : Style::kPlain},
                 instant_text(conflict.at),
                 conflict.reason});
    }
  }
  if (common.json) {
    terminal.out << json_document(out);
  } else if (table.empty()) {
    terminal.out << (options.all ? "no conflicts\n"
                                 : "no open conflicts; --all lists settled ones\n");
  } else {
    table.print(terminal);
  }
  return ExitCode::kDone;
}

Result<std::int64_t> number_of(const std::string& text) {
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error == std::errc() && end == text.data() + text.size()) return id;
  return Error(Code::kUsage, fmt::format("a conflict's id is a number, not {}", one_line(text)))
      .advise("`atlas-bridge conflicts list` prints the ids");
}

Result<Conflict> find(OpenState& state, std::int64_t id) {
  ATLAS_TRY(auto found, state.store->conflict(state.tenant.id, id));
  if (found) return std::move(found->second);
  return Error(Code::kNotFound, fmt::format("no conflict {} in this tenant", id))
      .advise("`atlas-bridge conflicts list --all` prints the ids");
}

Result<ExitCode> show(const ConflictOptions& options, const CommonOptions& common,
                      Terminal& terminal) {
  ATLAS_TRY(const std::int64_t id, number_of(options.id));
  ATLAS_TRY(OpenState state, open_tenant_of(common, terminal));
  ATLAS_TRY(const Conflict conflict, find(state, id));
  if (common.json) {
    terminal.out << json_document(conflict_json("", conflict));
    return ExitCode::kDone;
  }
  const auto side = [&](const char* name, const std::string& value) {
    const bool won = conflict.winner == name;
    terminal.out << fmt::format("  {:<9} {}", name, one_line(value))
                 << styled(won             ? "   won"
                           : conflict.open ? ""
                                           : "   lost, kept here",
                           won ? Style::kGood : Style::kDim, terminal.out_colour)
                 << '\n';
  };
  terminal.out << fmt::format("conflict {} on {} of {}: {}\n", conflict.id, conflict.field,
                              key_text(conflict.instance.key), standing(conflict));
  side("legacy", conflict.legacy_value);
  side("platform", conflict.platform_value);
  terminal.out << fmt::format("  why       {}\n  at        {}\n", one_line(conflict.reason),
                              instant_text(conflict.at));
  if (conflict.open && conflict.resolved_by.empty()) {
    terminal.out << fmt::format(
        "  settle it with `atlas-bridge conflicts resolve {} --seen {} --winner legacy|platform`\n",
        conflict.id, seen_name(conflict));
  }
  return ExitCode::kDone;
}

Result<ExitCode> resolve(const ConflictOptions& options, const CommonOptions& common,
                         Terminal& terminal) {
  ATLAS_TRY(const std::int64_t id, number_of(options.id));
  ATLAS_TRY(OpenState state, open_tenant_of(common, terminal));
  ATLAS_TRY(const Conflict conflict, find(state, id));
  if (!conflict.open) {
    return Error(Code::kResolveStale,
                 fmt::format("conflict {} is settled: {}", id, standing(conflict)))
        .advise("edit the value on either side instead");
  }
  if (options.seen != seen_name(conflict)) {
    return Error(Code::kResolveStale,
                 fmt::format("conflict {} has other values than the person saw", id))
        .advise(fmt::format("`atlas-bridge conflicts show {}` shows them and what to run", id));
  }
  ATLAS_OK(state.store->resolve_conflict(state.tenant.id, conflict, options.winner,
                                         system_clock().now()));
  if (common.json) {
    ATLAS_TRY(const Conflict after, find(state, id));
    terminal.out << json_document(conflict_json("", after));
    return ExitCode::kDone;
  }
  terminal.out << fmt::format(
      "conflict {}: the next run writes the {} value, if neither row changes before\n", id,
      options.winner);
  return ExitCode::kDone;
}

}  // namespace

void declare_conflicts(Verb& root) {
  auto options = std::make_shared<ConflictOptions>();
  Verb group = root.verb("conflicts", "Fields that both sides edited: list, show, resolve");
  const auto bound = [options](auto action) {
    return [options, action](const CommonOptions& common, Terminal& terminal) {
      return action(*options, common, terminal);
    };
  };
  Verb listed = group.verb("list", "Open conflicts; values are in `show`");
  listed.reads_config()
      .prints_tables_or_json()
      .takes_entities()
      .flag("--all", options->all, "Settled ones too")
      .number("--limit", options->limit, 1, 1'000'000, "How many an entity")
      .examples({"conflicts list", "conflicts list --all --entity person -o json"})
      .does(bound(list));
  Verb shown = group.verb("show", "One conflict with both values");
  shown.reads_config()
      .prints_tables_or_json()
      .argument("ID", options->id, "As `conflicts list` prints it")
      .examples({"conflicts show 17"})
      .does(bound(show));
  Verb resolved =
      group.verb("resolve", "Chooses the winner of an open conflict; the next run writes it");
  resolved.reads_config()
      .prints_tables_or_json()
      .argument("ID", options->id, "As `conflicts list` prints it")
      .required_choice("--winner", options->winner, {"legacy", "platform"}, "Whose value stays")
      .required_text("--seen", options->seen,
                     "The values chosen from, as `conflicts show` names them")
      .examples({"conflicts resolve 17 --seen 9c1f02ab --winner legacy"})
      .does(bound(resolve));
}

}  // namespace atlas::app
