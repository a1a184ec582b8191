// conflicts list, show, resolve, undo: fields that both sides edited, the winner and the kept
// loser.

#include "app/duration.h"
#include "app/instance_key.h"
#include "app/json_text.h"
#include "app/table.h"
#include "app/verb.h"
#include "app/wiring.h"
#include "model/hashing.h"
#include "model/key.h"
#include "model/value_bytes.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <ostream>

namespace atlas::app {
namespace {

// The field of a conflict between an edit and a delete.
constexpr std::string_view kLivenessField = "(liveness)";

struct ConflictOptions {
  bool all = false;
  std::size_t limit = 100;
  std::string id;
  std::string winner;
  std::string seen;
  std::string reason;
};

// Names the two values of a conflict: what a person saw when they chose.
std::string seen_name(const Conflict& conflict) {
  return fmt::format("{:08x}", static_cast<std::uint32_t>(stable_hash(
                                   fmt::format("{}:{}{}", conflict.legacy_value.size(),
                                               conflict.legacy_value, conflict.platform_value))));
}

// "legacy won", "open".
std::string standing(const Conflict& conflict) {
  if (conflict.undoes != 0 && conflict.winner.empty()) {
    // One that came with a backup does not know the other's number any more.
    const std::string of =
        conflict.undoes > 0 ? fmt::format("undo of {}", conflict.undoes) : std::string("undo");
    return of + (conflict.open ? ", not carried out yet" : ", refused");
  }
  if (conflict.undone_by != 0)
    return fmt::format("{} won, undone by {}", conflict.winner, conflict.undone_by);
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
          {"undoes", conflict.undoes <= 0 ? Json() : Json(conflict.undoes)},
          {"undone_by", conflict.undone_by == 0 ? Json() : Json(conflict.undone_by)},
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
  // The newest first.
  std::map<std::int64_t, std::pair<const EntityPlan*, Conflict>, std::greater<>> by_id;
  for (const EntityIndex index : bridge->chosen()) {
    ATLAS_TRY(std::vector<Conflict> conflicts,
              state.store->conflicts(state.tenant.id, state.entities[index.value], !options.all,
                                     options.limit));
    for (Conflict& conflict : conflicts) {
      const std::int64_t id = conflict.id;
      by_id.emplace(id, std::pair(&bridge->plan().entities[index.value], std::move(conflict)));
    }
  }
  Json out = Json::array();
  for (const auto& [id, row] : by_id) {
    const auto& [entity, conflict] = row;
    out.push_back(conflict_json(entity->name, conflict));
    table.row({std::to_string(id),
               entity->name,
               instance_text(*entity, conflict.instance),
               conflict.field,
               {standing(conflict), conflict.open ? Style::kWarn : Style::kPlain},
               instant_text(conflict.at),
               conflict.reason});
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

Error no_conflict(std::int64_t id) {
  return Error(Code::kNotFound, fmt::format("no conflict {} in this tenant", id))
      .advise("`atlas-bridge conflicts list --all` prints the ids");
}

Result<Conflict> find(OpenState& state, std::int64_t id) {
  ATLAS_TRY(auto found, state.store->conflict(state.tenant.id, id));
  if (!found) return no_conflict(id);
  return std::move(found->second);
}

// Null for a conflict of an entity that the mapping no longer has.
const EntityPlan* entity_of(const OpenState& state, const Bridge& bridge, std::int32_t id) {
  for (std::size_t i = 0; i < state.entities.size(); ++i) {
    if (state.entities[i].id == id) return &bridge.plan().entities[i];
  }
  return nullptr;
}

Error not_undone(std::string why, std::string advice) {
  return Error(Code::kCannotUndo, std::move(why)).advise(std::move(advice));
}

// Whether the ledger knows enough to turn the conflict round.
Result<> undoable(const Conflict& conflict, const FieldPlan* field) {
  const std::string name = fmt::format("conflict {}", conflict.id);
  constexpr const char* kEdit = "edit the value on either side instead";
  if (conflict.open) {
    return not_undone(
        name + " is " + standing(conflict),
        conflict.undoes != 0 ? "run `atlas-bridge sync`" : "use `atlas-bridge conflicts resolve`");
  }
  if (conflict.undone_by != 0) {
    return not_undone(fmt::format("{} is undone by {}", name, conflict.undone_by),
                      fmt::format("to turn it round once more, undo {}", conflict.undone_by));
  }
  if (conflict.winner.empty())
    return not_undone(name + " vanished by itself: nothing was lost", "");
  if (conflict.field == kLivenessField) {
    return not_undone(name + " is about a delete that lost",
                      "delete the row on either side instead");
  }
  if (field == nullptr)
    return not_undone(name + " is on a field that the mapping no longer has", kEdit);
  if (field->direction != Direction::kBoth) {
    return not_undone(
        fmt::format("{} flows one way: what the other side had is not kept there", field->name),
        "edit the value on the side it comes from");
  }
  if (field->group >= 0)
    return not_undone(field->name + " wins or loses with its group, not alone", kEdit);
  if (conflict.legacy_mid.empty() || conflict.platform_mid.empty())
    return not_undone(name + " was recorded by a version that kept its values as text only", kEdit);
  return {};
}

const FieldPlan* field_of(const EntityPlan& entity, const std::string& name) {
  for (const FieldPlan& field : entity.fields) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

// What a person may do about it now.
std::string next_step(const Conflict& conflict, const EntityPlan* entity) {
  if (conflict.open) {
    if (!conflict.resolved_by.empty()) return {};
    return fmt::format(
        "settle it with `atlas-bridge conflicts resolve {} --seen {} --winner legacy|platform`",
        conflict.id, seen_name(conflict));
  }
  if (conflict.field == kLivenessField)
    return "if the row is to go after all, delete it on either side: no edit is newer than that";
  const FieldPlan* field = entity == nullptr ? nullptr : field_of(*entity, conflict.field);
  if (!undoable(conflict, field)) return {};
  return fmt::format("turn it round with `atlas-bridge conflicts undo {} --reason TEXT`",
                     conflict.id);
}

Result<ExitCode> show(const ConflictOptions& options, const CommonOptions& common,
                      Terminal& terminal) {
  ATLAS_TRY(const std::int64_t id, number_of(options.id));
  ExitCode exit = ExitCode::kDone;
  ATLAS_TRY(const std::unique_ptr<Bridge> bridge, Bridge::open(common, terminal, exit));
  if (!bridge) return exit;
  ATLAS_TRY(const OpenState state, bridge->state());
  ATLAS_TRY(const auto found, state.store->conflict(state.tenant.id, id));
  if (!found) return no_conflict(id);
  const Conflict& conflict = found->second;
  const EntityPlan* entity = entity_of(state, *bridge, found->first);
  if (common.json) {
    terminal.out << json_document(conflict_json(entity == nullptr ? "" : entity->name, conflict));
    return ExitCode::kDone;
  }
  const auto side = [&](const char* name, const std::string& value) {
    const bool won = conflict.winner == name;
    terminal.out << fmt::format("  {:<9} {}", name, one_line(value))
                 << styled(won                       ? "   won"
                           : conflict.winner.empty() ? ""
                                                     : "   lost, kept here",
                           won ? Style::kGood : Style::kDim, terminal.out_colour)
                 << '\n';
  };
  terminal.out << fmt::format("conflict {} on {} of {}: {}\n", conflict.id, conflict.field,
                              entity == nullptr
                                  ? key_text(conflict.instance.key)
                                  : entity->name + " " + instance_text(*entity, conflict.instance),
                              standing(conflict));
  side("legacy", conflict.legacy_value);
  side("platform", conflict.platform_value);
  terminal.out << fmt::format("  why       {}\n  at        {}\n", one_line(conflict.reason),
                              instant_text(conflict.at));
  if (const std::string next = next_step(conflict, entity); !next.empty())
    terminal.out << "  " << next << '\n';
  return ExitCode::kDone;
}

Result<ExitCode> resolve(const ConflictOptions& options, const CommonOptions& common,
                         Terminal& terminal) {
  ATLAS_TRY(const std::int64_t id, number_of(options.id));
  ATLAS_TRY(OpenState state, open_tenant_of(common, terminal));
  ATLAS_TRY(const Conflict conflict, find(state, id));
  if (!conflict.open) {
    return Error(Code::kNotOpen, fmt::format("conflict {} is settled: {}", id, standing(conflict)))
        .advise(
            fmt::format("`atlas-bridge conflicts undo {} --reason TEXT` turns it round, or edit "
                        "the value on either side",
                        id));
  }
  if (conflict.undoes != 0) {
    return Error(Code::kNotOpen,
                 fmt::format("conflict {} is an undo, which the next run carries out", id))
        .advise("resolve or undo what comes of it");
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

// What both sides agreed on last is still what had won.
Result<> unedited(OpenState& state, const EntityPlan& entity, const FieldPlan& field,
                  const Conflict& conflict) {
  const KeyView key = conflict.instance.key;
  const std::uint16_t kind = conflict.instance.kind;
  ATLAS_TRY(const Links links,
            state.store->links(state.tenant.id, state.entities[entity.index.value], Side::kLegacy,
                               {&key, 1}, {&kind, 1}));
  constexpr const char* kLook = "`atlas-bridge record` shows both rows as they are";
  if (links.empty() || links[0].dead)
    return not_undone(fmt::format("the rows of conflict {} are deleted", conflict.id), kLook);
  Arena arena;
  const auto won = value_of_bytes(
      conflict.winner == "legacy" ? conflict.legacy_mid : conflict.platform_mid, arena);
  const auto f = static_cast<std::size_t>(&field - entity.fields.data());
  if (won && links[0].bases[f] == Hasher(state.tenant.hash_key).of(*won)) return {};
  return not_undone(
      fmt::format("{} was edited since conflict {} was settled", field.name, conflict.id),
      std::string(kLook) + "; edit the value on either side instead");
}

Result<ExitCode> undo(const ConflictOptions& options, const CommonOptions& common,
                      Terminal& terminal) {
  ATLAS_TRY(const std::int64_t id, number_of(options.id));
  ExitCode exit = ExitCode::kDone;
  ATLAS_TRY(const std::unique_ptr<Bridge> bridge, Bridge::open(common, terminal, exit));
  if (!bridge) return exit;
  ATLAS_TRY(OpenState state, bridge->state());
  ATLAS_TRY(const Conflict conflict, find(state, id));
  ATLAS_TRY(const auto found, state.store->conflict(state.tenant.id, id));
  const auto entity = std::find_if(
      bridge->plan().entities.begin(), bridge->plan().entities.end(), [&](const EntityPlan& e) {
        return found && state.entities[e.index.value].id == found->first;
      });
  if (entity == bridge->plan().entities.end())
    return not_undone("its entity is no longer in the mapping", "");
  const FieldPlan* field = field_of(*entity, conflict.field);
  ATLAS_OK(undoable(conflict, field));
  ATLAS_OK(unedited(state, *entity, *field, conflict));
  Conflict undo = conflict;
  undo.undoes = id;
  undo.open = true;
  undo.winner.clear();
  undo.resolved_by = conflict.winner == "legacy" ? "platform" : "legacy";
  undo.reason = fmt::format("undo of {} by {}: {}", id, holder_name(), options.reason);
  undo.at = system_clock().now();
  ATLAS_TRY(const std::int64_t made,
            state.store->undo_conflict(state.tenant.id, state.entities[entity->index.value], undo));
  if (common.json) {
    ATLAS_TRY(const Conflict after, find(state, made));
    terminal.out << json_document(conflict_json(entity->name, after));
    return ExitCode::kDone;
  }
  terminal.out << fmt::format(
      "conflict {} undoes {}: the next run writes the {} value on both sides, if nobody edits the "
      "field before\n",
      made, id, undo.resolved_by);
  return ExitCode::kDone;
}

}  // namespace

void declare_conflicts(Verb& root) {
  auto options = std::make_shared<ConflictOptions>();
  Verb group = root.verb("conflicts", "Fields that both sides edited: list, show, resolve, undo");
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
  Verb undone =
      group.verb("undo", "Turns a settled conflict round: the value that lost is written");
  undone.reads_config()
      .prints_tables_or_json()
      .argument("ID", options->id, "As `conflicts list --all` prints it")
      .required_text("--reason", options->reason, "Why; it is kept")
      .examples({"conflicts undo 17 --reason \"the customer's own spelling\""})
      .does(bound(undo));
}

}  // namespace atlas::app
