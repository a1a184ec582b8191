// map try: what the mapping makes of cells that a person types. Reads both schemas and no row;
// writes nothing.

#include "app/cell_texts.h"
#include "app/instance_key.h"
#include "app/json_text.h"
#include "app/table.h"
#include "app/verb.h"
#include "app/wiring.h"
#include "mapping/document.h"
#include "mapping/suggest.h"
#include "mapping/trial.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <ostream>

namespace atlas::app {
namespace {

struct TryOptions {
  std::string subject;
  std::string from;
  std::vector<std::string> cells, old;
};

// The mapping against both live schemas. Its own `tests:` are left out: one that fails is what a
// person looks into here.
Result<Mapping> compiled(const CommonOptions& common) {
  Mapping mapping = load_mapping(common);
  if (!mapping.document) return mapping;
  auto document = std::make_shared<Document>(*mapping.document);
  document->tests.clear();
  mapping.document = std::move(document);
  ATLAS_OK(compile_mapping(mapping));
  return mapping;
}

struct Subject {
  const EntityPlan* entity = nullptr;
  std::uint16_t kind = 0;
};

// "person/users", or "person" where it is one legacy table.
Result<Subject> find_subject(const Plan& plan, const std::string& text) {
  const std::size_t slash = text.find('/');
  const std::string name = text.substr(0, slash);
  Subject out{plan.entity(name)};
  if (out.entity == nullptr) {
    std::vector<std::string> names;
    names.reserve(plan.entities.size());
    for (const EntityPlan& entity : plan.entities) names.push_back(entity.name);
    return Error(Code::kNotFound, fmt::format("the mapping has no entity {}", one_line(name)))
        .advise(suggestion(name, names));
  }
  const std::vector<std::string> kinds = kind_names(*out.entity);
  if (slash == std::string::npos) {
    if (kinds.size() == 1) return out;
    return Error(Code::kUsage, fmt::format("{} is several legacy tables", name))
        .advise(fmt::format("write {}/{}; tables: {}", name, kinds.front(), name_list(kinds)));
  }
  const std::string kind = text.substr(slash + 1);
  for (const std::string& known : kinds) {
    if (known == kind) return out;
    ++out.kind;
  }
  return Error(Code::kNotFound, fmt::format("{} has no legacy table {}", name, one_line(kind)))
      .advise(suggestion(kind, kinds));
}

// What a trial says of a word of the command line.
Error of_the_command_line(const Error& error) {
  return Error(Code::kUsage, error.why()).advise(error.next());
}

Result<std::vector<CellText>> read_cells(const std::vector<std::string>& words) {
  std::vector<CellText> out;
  for (const std::string& word : words) {
    ATLAS_TRY(CellText cell, read_cell(word));
    out.push_back(std::move(cell));
  }
  return out;
}

// The side asked for; else the one that has the first column, legacy first.
Side side_of(const TryOptions& options, const Subject& subject,
             const std::vector<CellText>& cells) {
  if (!options.from.empty()) return options.from == "legacy" ? Side::kLegacy : Side::kPlatform;
  const auto known = [&](Side side) {
    const Result<> given =
        Trial(*subject.entity, subject.kind, side).give(cells.front().first, std::nullopt);
    return given || given.error().code() != Code::kColumnMissing;
  };
  return !known(Side::kLegacy) && known(Side::kPlatform) ? Side::kPlatform : Side::kLegacy;
}

std::vector<CellText> texts(const std::vector<TrialField::Cell>& cells) {
  std::vector<CellText> out;
  out.reserve(cells.size());
  for (const TrialField::Cell& cell : cells) out.emplace_back(cell.name, text_of(cell.value));
  return out;
}

std::string outcome(const TrialField& field, bool has_old) {
  if (field.refused != nullptr) return "refused";
  if (field.kept) return "kept";
  return has_old ? "changed" : "created";
}

bool mid_known(const TrialField& field, Side from) {
  return field.refused == nullptr || field.refused_on != from;
}

void print_fields(const std::vector<TrialField>& fields, Side from, bool has_old,
                  Terminal& terminal) {
  Table table;
  table.column("FIELD").column("OPERATOR").column("GIVEN").column("MID").column("WRITTEN");
  table.column("OUTCOME");
  for (const TrialField& field : fields) {
    std::string what = outcome(field, has_old);
    if (field.refused != nullptr)
      what += fmt::format(" on {}: {}", side_name(field.refused_on), field.refused);
    table.row({field.field->name,
               std::string(field.field->lens->name()),
               cells_line(texts(field.given)),
               mid_known(field, from) ? text_of(field.mid).value_or("null") : "-",
               field.refused == nullptr ? cells_line(texts(field.written)) : "-",
               {std::move(what), field.refused == nullptr ? Style::kGood : Style::kBad}});
  }
  table.print(terminal);
}

Json field_json(const TrialField& field, Side from, bool has_old) {
  const std::optional<std::string> mid = text_of(field.mid);
  const bool refused = field.refused != nullptr;
  return {{"field", field.field->name},
          {"line", field.field->line},
          {"operator", std::string(field.field->lens->name())},
          {"given", cells_json(texts(field.given))},
          {"mid", mid && mid_known(field, from) ? Json(*mid) : Json()},
          {"outcome", outcome(field, has_old)},
          {"written", refused ? Json() : cells_json(texts(field.written))},
          {"refused_on", refused ? Json(side_name(field.refused_on)) : Json()},
          {"reason", refused ? Json(field.refused) : Json()}};
}

Result<ExitCode> try_cells(const TryOptions& options, const CommonOptions& common,
                           Terminal& terminal) {
  ATLAS_TRY(const std::vector<CellText> cells, read_cells(options.cells));
  ATLAS_TRY(const std::vector<CellText> old, read_cells(options.old));
  ATLAS_TRY(const Mapping mapping, compiled(common));
  if (!mapping.plan) {
    print_problems(terminal, mapping.problems, true);
    return exit_of(mapping.problems);
  }
  ATLAS_TRY(const Subject subject, find_subject(*mapping.plan, options.subject));
  const Side from = side_of(options, subject, cells);
  Trial trial(*subject.entity, subject.kind, from);
  for (const auto& [column, text] : cells) {
    if (Result<> done = trial.give(column, text); !done) return of_the_command_line(done.error());
  }
  for (const auto& [column, text] : old) {
    if (Result<> done = trial.give_old(column, text); !done)
      return of_the_command_line(done.error());
  }
  const Result<std::vector<TrialField>> fields = trial.run();
  if (!fields) return of_the_command_line(fields.error());
  if (!common.json) {
    print_fields(*fields, from, !old.empty(), terminal);
    return ExitCode::kDone;
  }
  Json list = Json::array();
  for (const TrialField& field : *fields) list.push_back(field_json(field, from, !old.empty()));
  terminal.out << json_document({{"entity", subject.entity->name},
                                 {"kind", subject.entity->kinds[subject.kind].name},
                                 {"from", side_name(from)},
                                 {"to", side_name(other(from))},
                                 {"fields", std::move(list)}});
  return ExitCode::kDone;
}

}  // namespace

void declare_map(Verb& root) {
  auto options = std::make_shared<TryOptions>();
  Verb group = root.verb("map", "What the mapping makes of values: try");
  Verb tried = group.verb("try", "Carries values through the mapping; no row is read or written");
  tried.reads_config()
      .prints_tables_or_json()
      .argument("ENTITY", options->subject, "Of the mapping; with /TABLE where it has several")
      .arguments("COLUMN=VALUE", options->cells,
                 "As the mapping names columns; a column alone is null")
      .choice("--from", options->from, {"legacy", "platform"},
              "The side of these columns; else the one that has them")
      .texts("--old", options->old, "COLUMN=VALUE",
             "A cell that stands on the other side; may be repeated")
      .examples({"map try person/users \"name=Mary Ann Smith\" status=2",
                 "map try person/users \"name=Mary Ann Smith\" \"--old=u.given_name=Mary Ann\" "
                 "--old=u.family_name=Smith",
                 "map try person/users u.status=suspended -o json"})
      .does([options](const CommonOptions& common, Terminal& terminal) {
        return try_cells(*options, common, terminal);
      });
}

}  // namespace atlas::app
