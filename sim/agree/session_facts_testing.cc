#include "sim/agree/session_testing.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas::agree {

void Session::guard(const Step& step) {
  const std::string tenant = kTenants.at(step.transaction);
  std::int64_t& epoch = epochs_.at(step.transaction);
  if (running(step).transaction) return say("it runs");
  if (step.op == Op::kFence) {
    const auto found = endpoint(step).fence(tenant);
    return found ? say(fmt::format("epoch {} mark '{}'", found->epoch.value, found->mark))
                 : say(found.error());
  }
  if (step.op == Op::kRaise) {
    const auto raised = endpoint(step).raise_fence(tenant, {Epoch{epoch + step.number}, "m"});
    if (!raised) return say(raised.error());
    epoch += step.number;
    return say(fmt::format("mark '{}'", *raised));
  }
  if (step.op == Op::kPurge) {
    const auto done =
        endpoint(step).purge_witnesses(tenant, BatchNumber{running(step).batch + step.number});
    return done ? say("purged") : say(done.error());
  }
  const auto settled = endpoint(step).settle(ticket(step));
  if (!settled) return say(settled.error());
  std::string line = settled->applied ? "applied" : "never applied";
  for (const std::uint32_t ordinal : settled->unapplied) line += fmt::format(" -{}", ordinal);
  say(line);
}

void Session::facts(const Step& step) {
  if (step.op == Op::kReserve) {
    const auto numbers = endpoint(step).reserve(shape(step), step.limit);
    if (!numbers) return say(numbers.error());
    for (const std::int64_t number : *numbers) say(fmt::format("number {}", number));
    return;
  }
  if (step.op == Op::kHorizon) {
    const auto horizon = endpoint(step).horizon();
    if (!horizon) return say(horizon.error());
    return say(fmt::format("{}{}{}", horizon->safe <= horizon->server_now ? "safe" : "unsafe",
                           horizon->prepared_pending ? " prepared" : "",
                           horizon->hidden ? " hidden" : ""));
  }
  const auto infos = endpoint(step).describe({&names_.at(static_cast<std::size_t>(step.table)), 1});
  if (!infos) return say(infos.error());
  const TableInfo& info = infos->front();
  auto list = [](const std::vector<std::string>& names) {
    return fmt::format("{}", fmt::join(names, ","));
  };
  for (const ColumnInfo& c : info.columns) {
    say(fmt::format("{} {}{}{}{}", c.name, type_kind_name(c.type.kind),
                    c.not_null ? " not null" : "", c.has_default ? " default" : "",
                    c.sequence.empty() ? "" : " fed"));
  }
  say("key " + list(info.primary_key));
  for (const UniqueInfo& u : info.uniques)
    say(fmt::format("unique {}{}{}", list(u.columns), u.primary ? " primary" : "",
                    u.plain ? "" : " partial"));
  for (const ForeignKeyInfo& f : info.foreign_keys)
    say(fmt::format("refers {} to {} {}{}", list(f.columns), f.target.name, list(f.target_columns),
                    f.cascades ? " cascades" : ""));
  for (const CascadeInfo& c : info.cascades)
    say(fmt::format("takes along {} {} by {}", c.table.name, list(c.columns),
                    list(c.target_columns)));
  say(fmt::format("{} checks", info.checks.size()));
  std::ranges::sort(lines_.begin() + 1, lines_.end());
}

}  // namespace atlas::agree
