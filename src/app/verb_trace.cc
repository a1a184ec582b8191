// trace ENTITY KEY: one instance field by field: cells, what is compared, and what the operators
// would write. Shows values, but not those of private columns.

#include "app/instance_key.h"
#include "app/json_text.h"
#include "app/table.h"
#include "app/trace.h"
#include "app/verb.h"
#include "mapping/suggest.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <ostream>

namespace atlas::app {
namespace {

struct TraceOptions {
  std::string entity;
  std::string key;
  std::string kind;
};

constexpr std::array kSides = {Side::kLegacy, Side::kPlatform};

std::string mid_cell(const TraceSide& side) {
  if (!side.misfit.empty()) return "does not fit: " + side.misfit;
  if (!side.fits) return "-";
  return side.mid.value_or("null");
}

std::string write_cell(const TraceSide& side) {
  if (side.outcome.empty()) return "-";
  std::string out = side.outcome;
  if (!side.written.empty()) out += ": " + cells_line(side.written);
  if (!side.refusal.empty()) out += fmt::format(" ({})", side.refusal);
  return out;
}

Style style_of(const TraceField& field) {
  if (!field.equal) return Style::kBad;
  return *field.equal ? Style::kGood : Style::kWarn;
}

// A block a field: its rows are too wide for one line.
void print_field(const TraceField& field, Terminal& terminal) {
  const char* equal = !field.equal ? "not comparable" : *field.equal ? "equal" : "different";
  terminal.out << fmt::format(
      "{}  {}  {}, base: {}\n", styled(one_line(field.name), Style::kBold, terminal.out_colour),
      field.operation, styled(equal, style_of(field), terminal.out_colour), field.base);
  Table table;
  table.column("SIDE").column("CELLS").column("MID").column("OPERATOR WOULD WRITE");
  for (const Side side : kSides) {
    const TraceSide& here = field.sides[index(side)];
    table.row({std::string(side_name(side)), here.there ? cells_line(here.cells) : "(no row)",
               mid_cell(here), write_cell(here)});
  }
  table.print(terminal, 2);
}

void print(const Trace& trace, Terminal& terminal) {
  const auto key = [](const std::string& text) { return text.empty() ? "-" : one_line(text); };
  terminal.out << fmt::format("{} legacy {} platform {}, {}{}\n",
                              styled(trace.entity, Style::kBold, terminal.out_colour),
                              key(trace.legacy_key), key(trace.platform_key),
                              trace.linked ? "linked" : "no link", trace.dead ? ", dead" : "");
  if (!trace.note.empty()) terminal.out << trace.note << '\n';
  for (const TraceField& field : trace.fields) print_field(field, terminal);
}

Json side_json(const TraceSide& side) {
  const auto text = [](const std::string& value) { return value.empty() ? Json() : Json(value); };
  return {{"cells", side.there ? cells_json(side.cells) : Json()},
          {"fits", side.fits},
          {"mid", side.mid ? Json(*side.mid) : Json()},
          {"misfit", text(side.misfit)},
          {"outcome", text(side.outcome)},
          {"would_write", side.written.empty() ? Json() : cells_json(side.written)},
          {"why_not", text(side.refusal)}};
}

Json trace_json(const Trace& trace) {
  Json fields = Json::array();
  for (const TraceField& field : trace.fields) {
    fields.push_back({{"field", field.name},
                      {"line", field.line},
                      {"operator", field.operation},
                      {"private", field.masked},
                      {"equal", field.equal ? Json(*field.equal) : Json()},
                      {"base", field.base},
                      {"legacy", side_json(field.sides[index(Side::kLegacy)])},
                      {"platform", side_json(field.sides[index(Side::kPlatform)])}});
  }
  return {{"entity", trace.entity},
          {"kind", trace.kind.empty() ? Json() : Json(trace.kind)},
          {"legacy_key", trace.legacy_key},
          {"platform_key", trace.platform_key},
          {"linked", trace.linked},
          {"dead", trace.dead},
          {"note", trace.note},
          {"fields", std::move(fields)}};
}

Result<> check_kind(const EntityPlan& entity, const std::string& kind) {
  const std::vector<std::string> kinds = kind_names(entity);
  if (kind.empty() || std::ranges::find(kinds, kind) != kinds.end()) return {};
  return Error(Code::kNotFound,
               fmt::format("{} has no legacy table {}", entity.name, one_line(kind)))
      .advise(suggestion(kind, kinds));
}

Result<ExitCode> show_trace(const TraceOptions& options, const CommonOptions& common,
                            Terminal& terminal) {
  CommonOptions one = common;
  one.entities = {options.entity};
  ExitCode exit = ExitCode::kDone;
  ATLAS_TRY(const std::unique_ptr<Bridge> bridge, Bridge::open(one, terminal, exit));
  if (!bridge) return exit;
  const EntityPlan& entity = *bridge->plan().entity(options.entity);
  ATLAS_OK(check_kind(entity, options.kind));
  ATLAS_TRY(OpenState state, bridge->state_unchanged());
  ATLAS_TRY(const Trace trace, trace_instance(*bridge, state, entity, options.key, options.kind));
  if (common.json) {
    terminal.out << json_document(trace_json(trace));
  } else {
    print(trace, terminal);
  }
  return ExitCode::kDone;
}

}  // namespace

void declare_trace(Verb& root) {
  auto options = std::make_shared<TraceOptions>();
  Verb verb =
      root.verb("trace", "One row on both sides, field by field: what the mapping makes of it");
  verb.reads_config()
      .prints_tables_or_json()
      .argument("ENTITY", options->entity, "Of the mapping")
      .argument("KEY", options->key,
                "A legacy key (5, or users/5 where there are several tables) or a platform key")
      .text("--kind", options->kind, "The legacy table that the key is of")
      .examples({"trace person users/4711", "trace person 4711 --kind users",
                 "trace person 3f0c6a4e-1d7b-5c58-9a39-2b7d3c1e8f00 -o json"})
      .does([options](const CommonOptions& common, Terminal& terminal) {
        return show_trace(*options, common, terminal);
      });
}

}  // namespace atlas::app
