#include "app/row_remarks.h"

#include "app/terminal.h"
#include "foundation/assert.h"
#include "mapping/check_rows.h"
#include "mapping/document.h"
#include "verify/row_walk.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace atlas::app {
namespace {

constexpr std::array kSides = {Side::kLegacy, Side::kPlatform};

// Two digits, and never an exponent.
std::string percent(double some, double of) {
  const double value = std::min(100.0, 100.0 * some / std::max(of, 1.0));
  if (value >= 9.95) return fmt::format("{:.0f} %", value);
  return value >= 0.0001 || value == 0 ? fmt::format("{:.2g} %", value) : "0.0001 %";
}

// "41 of 2,000 sampled legacy rows (2.1 %)".
std::string share(std::int64_t some, std::int64_t rows, Side side, bool full) {
  return fmt::format(
      "{} of {} ({})", grouped(some),
      counted(rows, fmt::format("{}{} row", full ? "" : "sampled ", side_name(side))),
      percent(static_cast<double>(some), static_cast<double>(rows)));
}

std::string_view law_text(Law law) {
  switch (law) {
    case Law::kPure:
      return "the operator reads the same cells in two ways";
    case Law::kGetPut:
      return "a row that nobody edited would change when its own value is written";
    case Law::kPutGet:
      return "what is written is read as another value";
    case Law::kSecondTrip:
      return "what was written changes when it is written again";
  }
  return "?";
}

// `name="Bo"` under the key that finds it.
std::string example(const SmallestRow& row) {
  return fmt::format("{} with {}", row.key, row.shown);
}

Problem refusal(const Document& document, const FieldPlan& field, const FieldTrial& trial,
                bool full) {
  std::string counts;
  const BrokenRows* shown = nullptr;
  for (const Side side : kSides) {
    const auto& broken = trial.broken(side);
    if (!broken) continue;
    counts += (counts.empty() ? "" : ", ") + share(broken->rows, trial.rows(side), side, full);
    if (shown == nullptr || broken->smallest.texts.size() < shown->smallest.texts.size())
      shown = &*broken;
  }
  ATLAS_ASSERT(shown != nullptr, "a field is refused for rows that break it");
  std::string picture = document.source->excerpt(field.where);
  for (const std::string& line : shown->images) picture += (picture.empty() ? "  " : "\n  ") + line;
  return {
      Error(Code::kEditLost, fmt::format("`{}`: {}: {}; smallest: {}", field.line,
                                         law_text(shown->law), counts, example(shown->smallest)))
          .at(field.where.text())
          .show(std::move(picture))
          .advise(field.direction == Direction::kBoth
                      ? "mend the operator, restrict the values with `domain:`, or make it `->` "
                        "or `<-` with `loss: \"why\"`"
                      : "mend the operator, or restrict the values with `domain:`"),
      true};
}

void remark_unfit(const FieldPlan& field, const FieldTrial& trial, bool full,
                  ProblemList& remarks) {
  for (const Side side : kSides) {
    for (const auto& [why, unfit] : trial.unfit(side)) {
      const auto& [reason, elsewhere] = why;
      remarks.remark(
          Code::kOutsideDomain, field.where,
          fmt::format(
              "`{}`: {} {} not fit{}: {}; {} will be quarantined; smallest: {}", field.name,
              share(unfit.rows, trial.rows(side), side, full), unfit.rows == 1 ? "does" : "do",
              elsewhere
                  ? fmt::format(" on the {}", side == Side::kLegacy ? "platform" : "legacy side")
                  : "",
              reason, unfit.rows == 1 ? "it" : "they", example(unfit.smallest)),
          "correct the values, or let the operator take them");
    }
  }
}

// Zero failures in n rows leave room for 3/n: it is said, and never called proof.
std::string evidence(const std::string& known, const FieldReport& report) {
  if (report.broken > 0)
    return fmt::format("refuted by {} of {}", grouped(report.broken), counted(report.rows, "row"));
  if (known != "tested" && !known.starts_with("tested,"))
    return fmt::format("{}; {}", known, counted(report.tried, "row"));
  if (report.tried == 0) return known + "; no rows";
  const std::string on = fmt::format("on {} (95 %: < {})", counted(report.tried, "row"),
                                     percent(3, static_cast<double>(report.tried)));
  return known == "tested" ? "tested " + on : known + "; tried " + on;
}

void sum_up(const FieldTrial& trial, FieldReport& report) {
  for (const Side side : kSides) {
    report.rows += trial.rows(side);
    report.tried += trial.tried(side);
    for (const auto& [why, unfit] : trial.unfit(side)) report.unfit += unfit.rows;
    if (trial.broken(side)) report.broken += trial.broken(side)->rows;
  }
  report.evidence = evidence(report.evidence, report);
}

Result<> walk(EntityTrial& trial, const EntityPlan& entity, const RowWalkOptions& options,
              const RowWalk::OpenEndpoint& open_endpoint, ProblemList& remarks) {
  RowWalk rows(trial.mapper(), open_endpoint, options);
  for (const Side side : kSides) {
    ATLAS_TRY(const WalkedRows walked, rows.walk(side, [&](const InstanceRows& row, KeyView key) {
      trial.instance(side, row,
                     fmt::format("{} {}",
                                 side == Side::kLegacy ? entity.kinds[row.kind].name
                                                       : entity.parts.front().alias,
                                 key_text(key)));
    }));
    if (walked.oversized == 0) continue;
    remarks.remark(
        Code::kRowTooLarge, entity.where,
        fmt::format("{}: {} {} larger than limits.row_bytes and will be quarantined", entity.name,
                    counted(walked.oversized, fmt::format("{} row", side_name(side))),
                    walked.oversized == 1 ? "is" : "are"));
  }
  return {};
}

}  // namespace

Result<std::vector<Problem>> row_remarks(
    const Document& document, const Plan& plan, bool full, std::vector<FieldReport>& reports,
    const std::function<Result<std::unique_ptr<Endpoint>>(EndpointIndex)>& open_endpoint) {
  const RowWalkOptions options = full ? RowWalkOptions{.most = 0} : RowWalkOptions{};
  ProblemList remarks(document.source);
  std::vector<Problem> refusals;
  std::size_t at = 0;
  for (const EntityPlan& entity : plan.entities) {
    EntityTrial trial(document, entity);
    ATLAS_OK(walk(trial, entity, options, open_endpoint, remarks));
    for (std::size_t f = 0; f < entity.fields.size(); ++f, ++at) {
      ATLAS_ASSERT(at < reports.size(), "a field of the plan has no report");
      const FieldTrial* field = trial.field(f);
      if (field == nullptr) continue;
      sum_up(*field, reports[at]);
      remark_unfit(entity.fields[f], *field, full, remarks);
      if (reports[at].broken > 0)
        refusals.push_back(refusal(document, entity.fields[f], *field, full));
    }
  }
  std::vector<Problem> out = remarks.take();
  std::ranges::move(refusals, std::back_inserter(out));
  return out;
}

}  // namespace atlas::app
