#include "app/run_print.h"

#include "app/duration.h"
#include "app/json_text.h"
#include "app/table.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <ostream>

namespace atlas::app {
namespace {

// "3 / 12": legacy and platform, a dot for none.
std::string pair_cell(std::int64_t legacy, std::int64_t platform) {
  if (legacy == 0 && platform == 0) return "·";
  return fmt::format("{} / {}", count_cell(legacy), count_cell(platform));
}

std::int64_t in_state(const PendingCounts& pending, PendingState state) {
  const auto it = pending.by_state.find(state);
  return it == pending.by_state.end() ? 0 : it->second;
}

// What was done comes from the counts; what is set aside is what still is when the run ends, since
// one row may have been tried more than once.
void count_row(Table& table, const std::string& name, const Counts& c, const PendingCounts& pending,
               Style style) {
  const std::int64_t stuck = in_state(pending, PendingState::kQuarantined);
  const std::int64_t held = in_state(pending, PendingState::kHeld);
  table.row(
      {{name, style},
       count_cell(c.decided),
       pair_cell(c.created_legacy, c.created_platform),
       pair_cell(c.updated_legacy + c.revived_legacy, c.updated_platform + c.revived_platform),
       pair_cell(c.deleted_legacy, c.deleted_platform),
       count_cell(c.adopted),
       {count_cell(c.conflicts + c.conflicts_held),
        c.conflicts + c.conflicts_held > 0 ? Style::kWarn : Style::kPlain},
       {count_cell(stuck), stuck > 0 ? Style::kBad : Style::kPlain},
       count_cell(in_state(pending, PendingState::kWaiting) +
                  in_state(pending, PendingState::kDeferred)),
       {count_cell(held), held > 0 ? Style::kWarn : Style::kPlain},
       count_cell(in_state(pending, PendingState::kDirty))});
}

std::string closing_line(const RunReport& report, bool colour) {
  Style style = Style::kGood;
  if (report.outcome == RunOutcome::kFailed) style = Style::kBad;
  if (report.outcome == RunOutcome::kPartial || report.outcome == RunOutcome::kStopped)
    style = Style::kWarn;
  std::string line =
      fmt::format("run {} {}: {} written in {}", report.run.value,
                  styled(run_outcome_name(report.outcome), style, colour),
                  counted(report.total.rows_written, "row"), duration_text(report.took));
  if (report.recovery.applied + report.recovery.never_applied > 0) {
    line += fmt::format(
        "; {} left open by a crash settled",
        counted(report.recovery.applied + report.recovery.never_applied, "batch", "batches"));
  }
  if (report.clock_offset != Micros{}) {
    line += fmt::format("; the platform's clock is {} {} the legacy one's",
                        duration_text(std::chrono::abs(report.clock_offset)),
                        report.clock_offset > Micros{} ? "ahead of" : "behind");
  }
  return line;
}

// E22: what has to stop before legacy can be switched off, by entity.
void print_legacy_writes(const RunReport& report, Terminal& terminal) {
  if (report.total.legacy_user_writes == 0) return;
  std::string by_entity;
  for (const EntityReport& entity : report.entities) {
    if (entity.counts.legacy_user_writes == 0) continue;
    by_entity += fmt::format("{}{} {}", by_entity.empty() ? "" : ", ", entity.entity,
                             count_cell(entity.counts.legacy_user_writes));
  }
  terminal.out << styled(fmt::format("legacy is read-only, and its users wrote {}: {}",
                                     counted(report.total.legacy_user_writes, "row"), by_entity),
                         Style::kWarn, terminal.out_colour)
               << '\n';
}

bool stopped(const Error& error) { return error.kind() == ErrorKind::kStopped; }

// A stop is one event, whatever it cut short. Whether there was one.
bool print_unfinished(const RunReport& report, Terminal& terminal) {
  std::string names;
  std::optional<Code> code;
  for (const EntityReport& entity : report.entities) {
    if (!entity.error || !stopped(*entity.error)) continue;
    names += (names.empty() ? "" : ", ") + entity.entity;
    code = entity.error->code();
  }
  if (!code) return false;
  print_error(terminal, Error(*code, "the next run goes on with " + names));
  return report.error && stopped(*report.error);
}

}  // namespace

void print_counts(const std::vector<EntityReport>& entities, const Counts& total,
                  Terminal& terminal, std::size_t indent) {
  Table table;
  table.column("ENTITY").number("DECIDED").number("CREATED L / P").number("UPDATED L / P");
  table.number("DELETED L / P").number("ADOPTED").number("CONFLICTS").number("QUARANTINED");
  table.number("WAITING").number("HELD").number("AGAIN");
  PendingCounts pending;
  for (const EntityReport& entity : entities) {
    count_row(table, entity.entity, entity.counts, entity.pending, Style::kPlain);
    for (const auto& [state, n] : entity.pending.by_state) pending.by_state[state] += n;
  }
  if (entities.size() > 1) count_row(table, "total", total, pending, Style::kBold);
  table.print(terminal, indent);
}

void print_run(const RunReport& report, Terminal& terminal) {
  if (report.outcome == RunOutcome::kLeaseHeld) {
    remark(terminal,
           fmt::format("skipped: {} holds the lease until {}", one_line(report.held_by.holder),
                       instant_text(report.held_by.until)));
    return;
  }
  if (!report.entities.empty()) print_counts(report.entities, report.total, terminal);
  terminal.out << closing_line(report, terminal.out_colour) << '\n';
  print_legacy_writes(report, terminal);
  terminal.out.flush();
  bool shown = print_unfinished(report, terminal);
  for (const EntityReport& entity : report.entities) {
    if (!entity.error || stopped(*entity.error)) continue;
    terminal.err << entity.entity << ": ";
    print_error(terminal, *entity.error);
    shown = shown || (report.error && report.error->line() == entity.error->line());
  }
  if (report.error && !shown) print_error(terminal, *report.error);
}

void print_run_json(const RunReport& report, Terminal& terminal) {
  Json entities = Json::array();
  for (const EntityReport& entity : report.entities) {
    entities.push_back({{"entity", entity.entity},
                        {"counts", json_of(entity.counts)},
                        {"drift", entity.drift},
                        {"error", json_of(entity.error)}});
  }
  Json out{
      {"outcome", run_outcome_name(report.outcome)},
      {"run", report.run.value},
      {"epoch", report.epoch.value},
      {"took_ms", report.took.count() / 1000},
      {"clock_offset_us", report.clock_offset.count()},
      {"recovered",
       {{"applied", report.recovery.applied}, {"never_applied", report.recovery.never_applied}}},
      {"total", json_of(report.total)},
      {"entities", std::move(entities)},
      {"error", json_of(report.error)}};
  if (report.outcome == RunOutcome::kLeaseHeld) {
    out["held_by"] = {{"holder", report.held_by.holder},
                      {"until", instant_text(report.held_by.until)}};
  }
  terminal.out << json_document(out);
  if (report.error) print_error(terminal, *report.error);
}

}  // namespace atlas::app
