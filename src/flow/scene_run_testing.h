#pragma once

// Runs of the engine on the virtual company; for the tests of flow and for sim/runs.

#include "flow/run.h"
#include "sim/virtual/company.h"
#include "verify/verify.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace atlas::sim {

struct RunSettings {
  std::size_t page_rows = 2000;
  std::string holder = "test";
  std::vector<std::string> entities;
  Executor* executor = nullptr;  // null: one after another
  std::function<Ports::Stop()> stop;
  SweepOptions sweep;
  bool demand_check = false;
};

inline Result<RunReport> try_run(Company& company, const RunSettings& settings = {}) {
  SerialExecutor serial;
  RunObserver observer;
  Ports ports{company.clock, settings.executor == nullptr ? serial : *settings.executor,
              [&](EndpointIndex index) { return company.open_endpoint(index); },
              [&] { return company.open_state(); },
              settings.stop ? settings.stop : [] { return Ports::Stop::kNone; }};
  RunOptions options;
  options.holder = settings.holder;
  options.page_rows = settings.page_rows;
  options.entities = settings.entities;
  options.sweep = settings.sweep;
  options.demand_check = settings.demand_check;
  options.fresh_key = {7, 1, 3};
  return run_once(company.plan, ports, options, observer);
}

// A run that may die on its way, at a port whose hook throws. Whether it did.
inline bool killed(Company& company, const RunSettings& settings = {}) {
  try {
    (void)try_run(company, settings);
    return false;
  } catch (const Killed&) {
    return true;
  }
}

// A run that must get through; its accounts must add up (E34).
inline RunReport run(Company& company, const RunSettings& settings = {}) {
  auto report = try_run(company, settings);
  if (!report) throw std::runtime_error("the run failed: " + report.error().line());
  if (report->error) throw std::runtime_error("the run ended with: " + report->error->line());
  for (const EntityReport& entity : report->entities)
    EXPECT_TRUE(entity.counts.conserved()) << entity.entity;
  return std::move(*report);
}

// A run that compares everything.
inline RunReport reconcile(Company& company, RunSettings settings = {}) {
  settings.sweep.sweep = Sweep::kFull;
  return run(company, settings);
}

// Rows that the bridge writes during `work`.
template <class Work>
std::int64_t writes_during(const Company& company, Work&& work) {
  const std::int64_t before = company.bridge_writes();
  std::forward<Work>(work)();
  return company.bridge_writes() - before;
}

// Does `work` when `port` is called for the `nth` time (1 = the next), once. Replaces the world's
// hook.
inline void at_port(Company& company, std::string port, Moment moment, std::function<void()> work,
                    int nth = 1) {
  auto left = std::make_shared<int>(nth);
  company.world.hook = [port = std::move(port), moment, work = std::move(work), left](
                           std::string_view at, Moment when) -> std::optional<Error> {
    if (at == port && when == moment && --*left == 0) work();
    return std::nullopt;
  };
}

// Time enough for the second look at a row that is gone (E31).
inline void wait_for_proof(Company& company) { company.world.pass(std::chrono::minutes(11)); }

// Two full comparisons, far enough from each other.
inline void prove(Company& company) {
  (void)reconcile(company);
  wait_for_proof(company);
  (void)reconcile(company);
}

// All tables show again what they showed at a moment, as after a restore.
inline void restore(Database& database, const Moments& rows) { database.put_back(rows); }

// Time enough for every back-off.
inline void wait_for_retry(Company& company) { company.world.pass(std::chrono::hours(2)); }

// S1 and S2: both sides show the same, and a further run writes nothing.
inline void expect_converged(Company& company) {
  EXPECT_EQ(company.legacy_people(), company.platform_people());
  EXPECT_EQ(company.legacy_teams(), company.platform_teams());
  EXPECT_EQ(writes_during(company, [&] { (void)run(company); }), 0) << "a further run writes";
}

inline VerifyReport verified(Company& company, VerifyOptions options = {}) {
  VerifyPorts ports{company.clock,
                    [&](EndpointIndex index) { return company.open_endpoint(index); },
                    [&] { return company.open_state(); },
                    {}};
  VerifyObserver observer;
  options.fresh_key = {7, 1, 3};
  auto report = verify(company.plan, ports, options, observer);
  if (!report) throw std::runtime_error("verify failed: " + report.error().line());
  return std::move(*report);
}

// What the next run would write (E35).
inline PlanReport previewed(Company& company) {
  SerialExecutor serial;
  RunObserver observer;
  const Ports ports{company.clock, serial,
                    [&](EndpointIndex index) { return company.open_endpoint(index); },
                    [&] { return company.open_state(); }, [] { return Ports::Stop::kNone; }};
  RunOptions options;
  options.demand_check = false;
  auto planned = preview(company.plan, ports, options, observer);
  if (!planned) throw std::runtime_error("plan failed: " + planned.error().line());
  return std::move(*planned);
}

// Pending rows of an entity as "state code instance", in order.
inline std::vector<std::string> pending_lines(const StateData::Entity& entity) {
  std::vector<std::string> out;
  out.reserve(entity.pending.size());
  for (const auto& [key, pending] : entity.pending) {
    out.push_back(std::string(pending_state_name(pending.state)) + " " +
                  std::to_string(pending.code) + " " + std::string(side_name(key.side)) + " " +
                  key_text(key.key));
  }
  return out;
}

}  // namespace atlas::sim
