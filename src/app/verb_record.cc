// record ENTITY KEY: both rows, the link and why they are as they are. Shows values.

#include "app/duration.h"
#include "app/json_text.h"
#include "app/record.h"
#include "app/table.h"
#include "app/verb.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <ostream>

namespace atlas::app {
namespace {

struct RecordOptions {
  std::string entity;
  std::string key;
};

Style style_of(const std::string& standing) {
  if (standing == "agreed") return Style::kGood;
  if (standing.find("cannot be mapped") != std::string::npos) return Style::kBad;
  return Style::kWarn;
}

void print(const Record& record, Terminal& terminal) {
  terminal.out << styled(record.entity, Style::kBold, terminal.out_colour) << ' '
               << (record.legacy_key.empty() ? "(no legacy row known)"
                                             : one_line(record.legacy_key))
               << (record.linked ? " <-> " : "   ")
               << (record.platform_key.empty() ? "(no platform row known)"
                                               : one_line(record.platform_key))
               << '\n'
               << one_line(record.summary) << "\n\n";
  if (!record.fields.empty()) {
    Table fields;
    fields.column("FIELD").column("LEGACY").column("PLATFORM").column("STANDING");
    for (const RecordField& field : record.fields) {
      fields.row(
          {field.name, field.legacy, field.platform, {field.standing, style_of(field.standing)}});
    }
    fields.print(terminal);
    terminal.out << '\n';
  }
  Table parts;
  parts.column("ROW").column("KEY").column("NOW").column("STAMP").column("VERSION");
  for (const RecordPart& part : record.parts) {
    parts.row({part.name, part.key, part.existence, part.stamp, part.version});
  }
  parts.print(terminal);
  if (record.linked) {
    terminal.out << fmt::format("link: generation {}, last changed by batch {}{}\n",
                                record.generation, record.batch, record.dead ? ", dead" : "");
  }
  for (const Conflict& conflict : record.conflicts) {
    terminal.out << fmt::format("open conflict {} on {}: {}\n", conflict.id,
                                one_line(conflict.field), one_line(conflict.reason));
  }
  if (record.pending) {
    terminal.out << fmt::format("{} since {}, {}\n", pending_state_name(record.pending->state),
                                instant_text(record.pending->since),
                                counted(record.pending->attempts, "try", "tries"));
  }
}

Json record_json(const Record& record) {
  Json fields = Json::array();
  for (const RecordField& field : record.fields) {
    fields.push_back({{"field", field.name},
                      {"legacy", field.legacy},
                      {"platform", field.platform},
                      {"standing", field.standing}});
  }
  Json parts = Json::array();
  for (const RecordPart& part : record.parts) {
    parts.push_back({{"row", part.name},
                     {"key", part.key},
                     {"now", part.existence},
                     {"stamp", part.stamp},
                     {"version", part.version}});
  }
  Json conflicts = Json::array();
  for (const Conflict& conflict : record.conflicts) {
    conflicts.push_back(
        {{"id", conflict.id}, {"field", conflict.field}, {"reason", conflict.reason}});
  }
  Json pending;
  if (record.pending) {
    pending = {
        {"state", pending_state_name(record.pending->state)},
        {"code",
         record.pending->code == 0 ? "" : code_text(static_cast<Code>(record.pending->code))},
        {"field", record.pending->field},
        {"reason", record.pending->reason},
        {"blocker", record.pending->blocker},
        {"since", instant_text(record.pending->since)},
        {"attempts", record.pending->attempts}};
  }
  return {{"entity", record.entity},
          {"legacy_key", record.legacy_key},
          {"platform_key", record.platform_key},
          {"summary", record.summary},
          {"linked", record.linked},
          {"dead", record.dead},
          {"generation", record.generation},
          {"batch", record.batch},
          {"fields", std::move(fields)},
          {"rows", std::move(parts)},
          {"pending", std::move(pending)},
          {"open_conflicts", std::move(conflicts)}};
}

Result<ExitCode> show_record(const RecordOptions& options, const CommonOptions& common,
                             Terminal& terminal) {
  CommonOptions one = common;
  one.entities = {options.entity};
  ExitCode exit = ExitCode::kDone;
  ATLAS_TRY(const std::unique_ptr<Bridge> bridge, Bridge::open(one, terminal, exit));
  if (!bridge) return exit;
  ATLAS_TRY(OpenState state, bridge->state());
  ATLAS_TRY(const Record record,
            look_up_record(*bridge, state, *bridge->plan().entity(options.entity), options.key));
  if (common.json) {
    terminal.out << json_document(record_json(record));
  } else {
    print(record, terminal);
  }
  return ExitCode::kDone;
}

}  // namespace

void declare_record(Verb& root) {
  auto options = std::make_shared<RecordOptions>();
  Verb verb = root.verb("record", "One row on both sides: its values, its link, and why it is so");
  verb.reads_config()
      .prints_tables_or_json()
      .argument("ENTITY", options->entity, "Of the mapping")
      .argument("KEY", options->key,
                "A legacy key (5, or users/5 where there are several tables) or a platform key")
      .examples({"record person users/4711", "record member \"7, 9\"",
                 "record person 3f0c6a4e-1d7b-5c58-9a39-2b7d3c1e8f00 -o json"})
      .does([options](const CommonOptions& common, Terminal& terminal) {
        return show_record(*options, common, terminal);
      });
}

}  // namespace atlas::app
