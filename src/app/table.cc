#include "app/table.h"

#include "foundation/assert.h"

#include <algorithm>
#include <ostream>

namespace atlas::app {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kLastColumnMin = 24;  // narrower than that it is not wrapped

// Lines of at most `width` columns, broken at spaces.
std::vector<std::string> wrapped(const std::string& text, std::size_t width) {
  std::vector<std::string> lines;
  std::string line;
  std::size_t at = 0;
  while (at < text.size()) {
    std::size_t end = text.find(' ', at);
    if (end == std::string::npos) end = text.size();
    const std::string word = text.substr(at, end - at);
    if (!line.empty() && columns_of(line) + 1 + columns_of(word) > width) {
      lines.push_back(std::move(line));
      line.clear();
    }
    if (!line.empty()) line += ' ';
    line += word;
    at = end + 1;
  }
  if (!line.empty() || lines.empty()) lines.push_back(std::move(line));
  return lines;
}

}  // namespace

Table& Table::column(std::string heading, Align align) {
  columns_.push_back({std::move(heading), align});
  return *this;
}

Table& Table::row(std::vector<Cell> cells) {
  ATLAS_ASSERT(cells.size() == columns_.size(), "a table row with a cell a column");
  for (Cell& cell : cells) cell.text = one_line(cell.text);
  rows_.push_back(std::move(cells));
  return *this;
}

void Table::print(Terminal& terminal, std::size_t indent) const {
  if (columns_.empty()) return;
  std::vector<std::size_t> widths;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    std::size_t width = columns_of(columns_[c].heading);
    for (const auto& row : rows_) width = std::max(width, columns_of(row[c].text));
    widths.push_back(width);
  }
  const std::size_t last = columns_.size() - 1;
  std::size_t before = indent;
  for (std::size_t c = 0; c < last; ++c) before += widths[c] + kGap;
  if (terminal.width != 0 && columns_[last].align == Align::kLeft) {
    const std::size_t room = terminal.width > before ? terminal.width - before : 0;
    widths[last] = std::min(widths[last], std::max(room, kLastColumnMin));
  }
  std::string line(indent, ' ');
  auto put = [&](std::size_t c, const std::string& text, Style style) {
    const std::size_t taken = columns_of(text);
    const std::string pad(widths[c] > taken ? widths[c] - taken : 0, ' ');
    if (columns_[c].align == Align::kRight) line += pad;
    line += styled(text, style, terminal.out_colour);
    if (columns_[c].align == Align::kLeft) line += pad;
    line.append(kGap, ' ');
  };
  auto end_line = [&](std::size_t next) {
    line.erase(line.find_last_not_of(' ') + 1);
    terminal.out << line << '\n';
    line.assign(next, ' ');
  };
  for (std::size_t c = 0; c < columns_.size(); ++c) put(c, columns_[c].heading, Style::kBold);
  end_line(indent);
  for (const auto& row : rows_) {
    for (std::size_t c = 0; c < last; ++c) put(c, row[c].text, row[c].style);
    const std::vector<std::string> lines = columns_of(row[last].text) > widths[last]
                                               ? wrapped(row[last].text, widths[last])
                                               : std::vector<std::string>{row[last].text};
    for (std::size_t i = 0; i < lines.size(); ++i) {
      put(last, lines[i], row[last].style);
      end_line(i + 1 < lines.size() ? before : indent);
    }
  }
}

std::string count_cell(std::int64_t number) { return number == 0 ? "·" : grouped(number); }

}  // namespace atlas::app
