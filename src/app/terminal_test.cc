#include "app/terminal.h"

#include "app/duration.h"
#include "app/table.h"

#include <gtest/gtest.h>

#include <sstream>

namespace atlas::app {
namespace {

TEST(OneLine, EscapesWhatCouldMoveTheCursorOrForgeALine) {
  EXPECT_EQ(one_line("plain"), "plain");
  EXPECT_EQ(one_line("Zoë Łukasz 東京"), "Zoë Łukasz 東京");
  EXPECT_EQ(one_line("a\nb\tc"), "a\\nb\\tc");
  EXPECT_EQ(one_line("\x1b[31mred"), "\\u001b[31mred");
  EXPECT_EQ(one_line("a\u202Eb"), "a\\u202eb");
  EXPECT_EQ(one_line("\u0085"), "\\u0085");
  EXPECT_EQ(one_line("\xff!"), "\\xff!");
  EXPECT_EQ(one_line("\xe2\x82"), "\\xe2\\x82");
  EXPECT_EQ(one_line(std::string_view("a\0b", 3)), "a\\u0000b");
}

TEST(ColumnsOf, CountsCodePointsAndNoCombiningMarks) {
  EXPECT_EQ(columns_of(""), 0U);
  EXPECT_EQ(columns_of("Zoë"), 3U);
  EXPECT_EQ(columns_of("Zoe\u0308"), 3U);
}

TEST(Numbers, AreGroupedAndNamed) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(-1234567), "-1,234,567");
  EXPECT_EQ(counted(1, "row"), "1 row");
  EXPECT_EQ(counted(0, "row"), "0 rows");
  EXPECT_EQ(counted(2, "entity", "entities"), "2 entities");
}

TEST(Styled, LeavesTextAloneWithoutColour) {
  EXPECT_EQ(styled("x", Style::kBad, false), "x");
  EXPECT_EQ(styled("x", Style::kBad, true), "\x1b[31mx\x1b[0m");
  EXPECT_EQ(styled("", Style::kBad, true), "");
}

std::string printed(const Table& table, std::size_t width, std::size_t indent = 0) {
  std::ostringstream out;
  std::ostringstream err;
  Terminal terminal{.out = out, .err = err};
  terminal.width = width;
  table.print(terminal, indent);
  EXPECT_EQ(err.str(), "");
  return out.str();
}

TEST(Table, AlignsColumnsAndLeavesNoTrailingSpace) {
  Table table;
  table.column("NAME").number("ROWS").column("WHY");
  table.row({"ë", "1,234", "because"}).row({"longer", "5", ""});
  EXPECT_EQ(printed(table, 0),
            "NAME     ROWS  WHY\n"
            "ë       1,234  because\n"
            "longer      5\n");
}

TEST(Table, WrapsTheLastColumnOnANarrowTerminal) {
  Table table;
  table.column("K").column("WHY");
  table.row({"a", "one two three four five six seven"});
  EXPECT_EQ(printed(table, 30, 2),
            "  K  WHY\n"
            "  a  one two three four five\n"
            "     six seven\n");
}

TEST(Table, PutsForeignTextOnOneLine) {
  Table table;
  table.column("K");
  table.row({"a\nfake 1"});
  EXPECT_EQ(printed(table, 0), "K\na\\nfake 1\n");
}

TEST(Durations, AreReadWithUnitsOnly) {
  using std::chrono::milliseconds, std::chrono::minutes, std::chrono::hours, std::chrono::seconds;
  EXPECT_EQ(parse_duration("500ms"), Micros(milliseconds(500)));
  EXPECT_EQ(parse_duration("90s"), Micros(seconds(90)));
  EXPECT_EQ(parse_duration("5m"), Micros(minutes(5)));
  EXPECT_EQ(parse_duration("1h30m"), Micros(minutes(90)));
  EXPECT_EQ(parse_duration("1d"), Micros(hours(24)));
  for (const char* wrong : {"", "5", "m", "-5m", "5 m", "5x", "1.5h", "99999999999d", "5m3"}) {
    EXPECT_EQ(parse_duration(wrong), std::nullopt) << wrong;
  }
}

TEST(Durations, AreShownShort) {
  EXPECT_EQ(duration_text(Micros(12)), "12 µs");
  EXPECT_EQ(duration_text(Micros(12'345)), "12 ms");
  EXPECT_EQ(duration_text(Micros(3'450'000)), "3.4 s");
  EXPECT_EQ(duration_text(std::chrono::seconds(310)), "5 min 10 s");
  EXPECT_EQ(duration_text(std::chrono::minutes(10)), "10 min");
  EXPECT_EQ(duration_text(std::chrono::minutes(125)), "2 h 5 min");
  EXPECT_EQ(duration_text(std::chrono::hours(50)), "2 d 2 h");
  EXPECT_EQ(duration_text(std::chrono::seconds(-2)), "-2.0 s");
}

TEST(Instants, AreShownInUtcToTheSecond) {
  EXPECT_EQ(instant_text(Instant(Micros(1'700'000'000'123'456))), "2023-11-14 22:13:20Z");
}

}  // namespace
}  // namespace atlas::app
