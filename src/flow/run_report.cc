// A run's report as the ledger keeps it.

#include "flow/run.h"

#include <fmt/format.h>

namespace atlas {

std::string_view run_outcome_name(RunOutcome outcome) {
  switch (outcome) {
    case RunOutcome::kDone:
      return "done";
    case RunOutcome::kPartial:
      return "partial";
    case RunOutcome::kStopped:
      return "stopped";
    case RunOutcome::kFailed:
      return "failed";
    case RunOutcome::kLeaseHeld:
      return "lease_held";
  }
  return "?";
}

namespace {

std::string counts_json(const Counts& counts) {
  std::string out = "{";
  for (const CountField& field : count_fields())
    out += fmt::format("{}\"{}\":{}", out.size() > 1 ? "," : "", field.name, counts.*field.member);
  for (std::size_t i = 0; i < kOutcomes; ++i)
    out += fmt::format(",\"{}\":{}", outcome_name(static_cast<Outcome>(i)), counts.outcomes[i]);
  return out + fmt::format(",\"drift\":{},\"legacy_user_writes\":{}}}", counts.drift,
                           counts.legacy_user_writes);
}

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

// The paused entities, each with what became different; empty when there are none.
std::string drift_json(const std::vector<EntityReport>& entities) {
  std::string out;
  for (const EntityReport& entity : entities) {
    if (entity.drift.empty()) continue;
    std::string lines;
    for (const std::string& line : entity.drift)
      lines += (lines.empty() ? "" : ",") + json_string(line);
    out += fmt::format("{}\"{}\":[{}]", out.empty() ? "" : ",", entity.entity, lines);
  }
  return out.empty() ? out : fmt::format(",\"paused_by_drift\":{{{}}}", out);
}

}  // namespace

std::string RunReport::json() const {
  std::string out = fmt::format(
      "{{\"outcome\":\"{}\",\"run\":{},\"epoch\":{},\"took_ms\":{},\"clock_offset_us\":{},"
      "\"recovered\":{},\"total\":{},\"entities\":{{",
      run_outcome_name(outcome), run.value, epoch.value, took.count() / 1000, clock_offset.count(),
      recovery.applied, counts_json(total));
  for (std::size_t i = 0; i < entities.size(); ++i)
    out += fmt::format("{}\"{}\":{}", i == 0 ? "" : ",", entities[i].entity,
                       counts_json(entities[i].counts));
  out += "}" + drift_json(entities);
  if (error) out += fmt::format(",\"error\":\"{}\"", code_text(error->code()));
  return out + "}";
}

}  // namespace atlas
