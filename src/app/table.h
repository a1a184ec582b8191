#pragma once

#include "app/terminal.h"

#include <string>
#include <vector>

namespace atlas::app {

enum class Align : std::uint8_t { kLeft, kRight };

// A table for people: a bold heading, columns as wide as their widest cell, no lines. What comes
// from outside is put on one line (one_line).
class Table {
 public:
  struct Cell {
    std::string text;
    Style style = Style::kPlain;
    // NOLINTNEXTLINE(google-explicit-constructor): a cell is its text
    Cell(std::string t, Style s = Style::kPlain) : text(std::move(t)), style(s) {}
    // NOLINTNEXTLINE(google-explicit-constructor): a cell is its text
    Cell(const char* t) : text(t) {}
  };

  Table& column(std::string heading, Align align = Align::kLeft);
  // A column of numbers, aligned right; zeros are shown as a dot, so that the others stand out.
  Table& number(std::string heading) { return column(std::move(heading), Align::kRight); }
  // One cell a column.
  Table& row(std::vector<Cell> cells);
  bool empty() const { return rows_.empty(); }
  // A terminal narrower than the table gets the last column wrapped.
  void print(Terminal& terminal, std::size_t indent = 0) const;

 private:
  struct Column {
    std::string heading;
    Align align;
  };
  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

// "·" for zero.
std::string count_cell(std::int64_t number);

}  // namespace atlas::app
