#include "app/verify_print.h"

#include "app/duration.h"
#include "app/json_text.h"
#include "app/table.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <ostream>

namespace atlas::app {
namespace {

constexpr std::array kShown = {Standing::kEqual,          Standing::kDifferent,
                               Standing::kUnlinkedLegacy, Standing::kUnlinkedPlatform,
                               Standing::kPending,        Standing::kKnown,
                               Standing::kDrift};

Style style_of(Standing standing) {
  switch (standing) {
    case Standing::kDifferent:
    case Standing::kUnlinkedLegacy:
    case Standing::kUnlinkedPlatform:
      return Style::kBad;
    case Standing::kPending:
    case Standing::kKnown:
    case Standing::kDrift:
      return Style::kWarn;
    case Standing::kEqual:
    case Standing::kFiltered:
      return Style::kPlain;
  }
  return Style::kPlain;
}

Style style_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kEqual:
      return Style::kGood;
    case Verdict::kDifferent:
      return Style::kBad;
    case Verdict::kUnknown:
      return Style::kWarn;
  }
  return Style::kPlain;
}

void count_row(Table& table, const std::string& name, Verdict verdict, const VerifyCounts& counts) {
  std::vector<Table::Cell> cells{
      name, {std::string(verdict_name(verdict)), style_of(verdict)}, count_cell(counts.links)};
  for (const Standing standing : kShown) {
    cells.emplace_back(count_cell(counts[standing]),
                       counts[standing] > 0 ? style_of(standing) : Style::kPlain);
  }
  table.row(std::move(cells));
}

std::string legacy_name(const VerifyFinding& finding) {
  if (finding.legacy_key.empty()) return "-";
  return finding.legacy_table + "/" + finding.legacy_key;
}

Json counts_json(const VerifyCounts& counts) {
  Json out{{"links", counts.links}, {"dead", counts.dead}, {"rows_unlinked", counts.rows_unlinked}};
  for (std::size_t i = 0; i < kStandings; ++i) {
    out[std::string(standing_name(static_cast<Standing>(i)))] = counts.standings[i];
  }
  return out;
}

}  // namespace

VerifyPorts verify_ports(const Ports& ports) {
  return {ports.clock, ports.open_endpoint, ports.open_state,
          [stop = ports.stop] { return stop() != Ports::Stop::kNone; }};
}

std::string verdict_line(const VerifyReport& report, bool colour) {
  const std::int64_t different = report.total[Standing::kDifferent] +
                                 report.total[Standing::kUnlinkedLegacy] +
                                 report.total[Standing::kUnlinkedPlatform];
  std::string line =
      fmt::format("verify: {}, {} compared",
                  styled(verdict_name(report.verdict), style_of(report.verdict), colour),
                  counted(report.total.links, "link"));
  // `status` counts the living ones.
  if (report.total.dead > 0) line += fmt::format(" ({} of them dead)", grouped(report.total.dead));
  line += ", " + counted(different, "difference");
  if (report.total[Standing::kKnown] > 0) {
    line += fmt::format(", {} known (quarantined, waiting, held or in conflict)",
                        grouped(report.total[Standing::kKnown]));
  }
  if (report.total[Standing::kPending] > 0) {
    line += fmt::format(", {} pending", grouped(report.total[Standing::kPending]));
  }
  return line + fmt::format(", {}", duration_text(report.took));
}

void print_verify(const VerifyReport& report, Terminal& terminal) {
  Table table;
  table.column("ENTITY").column("VERDICT").number("LINKS").number("EQUAL").number("DIFFERENT");
  table.number("NO LINK L").number("NO LINK P").number("PENDING").number("KNOWN").number("DRIFT");
  for (const EntityVerdict& entity : report.entities) {
    count_row(table, entity.entity, entity.verdict, entity.counts);
  }
  table.print(terminal);
  Table findings;
  findings.column("ENTITY").column("STANDING").column("LEGACY").column("PLATFORM").column("FIELD");
  findings.column("WHY");
  for (const EntityVerdict& entity : report.entities) {
    for (const VerifyFinding& finding : entity.findings) {
      findings.row({finding.entity,
                    {std::string(standing_name(finding.standing)), style_of(finding.standing)},
                    legacy_name(finding),
                    finding.platform_key.empty() ? "-" : finding.platform_key,
                    finding.field,
                    finding.reason});
    }
  }
  if (!findings.empty()) {
    terminal.out << '\n';
    findings.print(terminal);
  }
  terminal.out << '\n' << verdict_line(report, terminal.out_colour) << '\n';
  terminal.out.flush();
  for (const EntityVerdict& entity : report.entities) {
    if (entity.error) print_error(terminal, *entity.error);
  }
}

Json verify_json(const VerifyReport& report) {
  Json entities = Json::array();
  for (const EntityVerdict& entity : report.entities) {
    Json findings = Json::array();
    for (const VerifyFinding& finding : entity.findings) {
      findings.push_back({{"standing", standing_name(finding.standing)},
                          {"legacy_table", finding.legacy_table},
                          {"legacy_key", finding.legacy_key},
                          {"platform_key", finding.platform_key},
                          {"field", finding.field},
                          {"reason", finding.reason}});
    }
    entities.push_back({{"entity", entity.entity},
                        {"verdict", verdict_name(entity.verdict)},
                        {"complete", entity.complete},
                        {"counts", counts_json(entity.counts)},
                        {"findings", std::move(findings)},
                        {"error", json_of(entity.error)}});
  }
  return {{"verdict", verdict_name(report.verdict)},
          {"stopped", report.stopped},
          {"took_ms", report.took.count() / 1000},
          {"total", counts_json(report.total)},
          {"entities", std::move(entities)}};
}

}  // namespace atlas::app
