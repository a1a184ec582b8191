#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

// The text of one row of the Atlas example's legacy tables.
namespace atlas::app {

using UtcMicros = std::chrono::sys_time<std::chrono::microseconds>;

// The cells of the row being written; their storage is reused from row to row. One thread.
//
// null, text, number, date, berlin_time and degrees each write one cell, and the add functions
// lengthen the cell written last. A row has at most kColumnsMax cells.
class RowText {
 public:
  static constexpr std::size_t kColumnsMax = 12;

  void clear() { count_ = 0; }

  void null() { is_null_[count_++] = true; }
  void text(std::string_view value);
  void number(std::int64_t value);
  void number_or_null(std::optional<std::int64_t> value);
  void date(std::chrono::sys_days day);
  // Berlin's wall clock at this moment, YYYY-MM-DD HH:MM:SS.ffffff. From the year 1996 on.
  void berlin_time(UtcMicros at);
  // An angle given in 10^-7 degrees, with all seven decimals.
  void degrees(std::int64_t angle_e7);

  void add(std::string_view more) { texts_[count_ - 1].append(more); }
  void add_number(std::int64_t value);
  void add_padded(std::int64_t value, std::size_t width);
  void add_date(std::chrono::sys_days day);

  // The row so far; std::nullopt is NULL. Valid until the next call of any other member.
  std::span<const std::optional<std::string_view>> cells();

 private:
  std::array<std::string, kColumnsMax> texts_;
  std::array<bool, kColumnsMax> is_null_{};
  std::array<std::optional<std::string_view>, kColumnsMax> cells_;
  std::size_t count_ = 0;
};

// The latest day up to `now` on which Berlin's clocks went from 02:00 straight to 03:00.
std::chrono::sys_days last_spring_change(UtcMicros now);

}  // namespace atlas::app
