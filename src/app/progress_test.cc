#include "app/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace atlas::app {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class HandClock final : public Clock {
 public:
  Instant now() override { return Instant(time); }
  Micros monotonic() override { return time; }
  void sleep(Micros span) override { time += span; }
  Micros time{};
};

struct Shown {
  std::ostringstream out, err;
  Terminal terminal{.out = out, .err = err};
  HandClock clock;
};

Counts captured(std::int64_t rows) {
  Counts counts;
  counts.captured = rows;
  return counts;
}

TEST(Progress, WritesAPlainLineEveryTenSecondsOffATerminal) {
  Shown shown;
  Progress progress(shown.terminal, shown.clock, "sync", 2);
  progress.page_done("person", captured(1000));
  EXPECT_THAT(shown.err.str(), IsEmpty());
  shown.clock.time = std::chrono::seconds(10);
  progress.page_done("person", captured(2500));
  EXPECT_EQ(shown.err.str(), "sync: person  0 of 2 entities, 2,500 rows, 10.0 s\n");
  shown.clock.time = std::chrono::seconds(19);
  progress.page_done("person", captured(3000));
  EXPECT_EQ(shown.err.str(), "sync: person  0 of 2 entities, 2,500 rows, 10.0 s\n");
  EXPECT_THAT(shown.out.str(), IsEmpty()) << "standard output is for data";
}

TEST(Progress, SaysHowLongAFirstLoadGoesOn) {
  Shown shown;
  Progress progress(shown.terminal, shown.clock, "sync", 2);
  progress.expect("person", 1000, 0);
  progress.expect("team", -1, 5);
  progress.first_load("person", 0);
  progress.first_load("team", 0);
  shown.clock.time = std::chrono::seconds(10);
  progress.page_done("person", captured(500));
  EXPECT_EQ(shown.err.str(),
            "sync: person  0 of 2 entities, 500 rows, 10.0 s, person: 25 %, about 30.0 s left\n");
  shown.err.str("");
  shown.clock.time = std::chrono::seconds(20);
  progress.page_done("team", captured(1));
  EXPECT_EQ(shown.err.str(), "sync: team  0 of 2 entities, 501 rows, 20.0 s\n")
      << "of a table without statistics nobody knows";
}

TEST(Progress, RedrawsABarOnATerminalAndErasesItAtTheEnd) {
  Shown shown;
  shown.terminal.live = true;
  {
    Progress progress(shown.terminal, shown.clock, "sync", 2);
    shown.clock.time = std::chrono::milliseconds(150);
    progress.page_done("person", captured(10));
    EXPECT_THAT(shown.err.str(), HasSubstr("sync [#####---------------] person"));
    shown.clock.time = std::chrono::milliseconds(300);
    progress.entity_done("person", captured(20), nullptr);
    EXPECT_THAT(shown.err.str(), HasSubstr("1 of 2 entities, 20 rows"));
  }
  EXPECT_TRUE(shown.err.str().ends_with("\r\x1b[K"));
}

}  // namespace
}  // namespace atlas::app
