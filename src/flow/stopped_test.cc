// A run that ends before its work is done tells what it had done by then.

#include "flow/scene_run_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::sim {
namespace {

struct Stopped : testing::Test {
  Stopped() {
    for (int i = 0; i < 12; ++i) (void)company.hire("new" + std::to_string(i));
  }
  // Report and ledger agree with what was written.
  void expect_told(const RunSettings& settings, RunOutcome outcome, Code code) {
    std::optional<RunReport> report;
    const std::int64_t written =
        writes_during(company, [&] { report = try_run(company, settings).value(); });
    ASSERT_TRUE(report->error.has_value());
    EXPECT_EQ(report->outcome, outcome);
    EXPECT_EQ(report->error->code(), code);
    EXPECT_GT(written, 0);
    EXPECT_EQ(report->total.rows_written, written);
    EXPECT_EQ(report->entities.size(), company.plan.entities.size());
    EXPECT_THAT(company.state.tenants.front().runs.back().report,
                testing::HasSubstr("\"rows_written\":" + std::to_string(written)));
  }
  Scene scene;
  Company& company = scene.company;
};

TEST_F(Stopped, ByASignal) {
  int asked = 0;
  RunSettings settings;
  settings.page_rows = 2;
  settings.stop = [&] { return ++asked > 4 ? Ports::Stop::kInterrupted : Ports::Stop::kNone; };
  expect_told(settings, RunOutcome::kStopped, Code::kInterrupted);
}

TEST_F(Stopped, ByItsDeadline) {
  int asked = 0;
  RunSettings settings;
  settings.page_rows = 2;
  settings.stop = [&] { return ++asked > 4 ? Ports::Stop::kDeadline : Ports::Stop::kNone; };
  expect_told(settings, RunOutcome::kPartial, Code::kDeadline);
}

// Another run has taken over the target: this one's lease had run out.
TEST_F(Stopped, ByASuccessor) {
  RunSettings settings;
  settings.page_rows = 2;
  at_port(company, "identity.commit", Moment::kAfter,
          [&] { ++company.identity.fences.begin()->second.epoch.value; });
  expect_told(settings, RunOutcome::kFailed, Code::kFenceStale);
}

}  // namespace
}  // namespace atlas::sim
