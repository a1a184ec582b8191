#include "resolve/page_testing.h"

#include <fstream>
#include <stdexcept>

namespace atlas {
namespace {

std::string trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\r") - first + 1));
}

TableRow cells(std::string_view line) {
  TableRow row;
  std::size_t begin = 1;
  for (std::size_t end = line.find('|', begin); end != std::string_view::npos;
       end = line.find('|', begin)) {
    row.push_back(trimmed(line.substr(begin, end - begin)));
    begin = end + 1;
  }
  return row;
}

}  // namespace

std::vector<TableRow> page_table(const std::string& page, std::string_view heading) {
  std::ifstream file(page);
  if (!file) throw std::runtime_error("cannot read " + page);
  const std::string wanted = "## " + std::string(heading);
  std::vector<TableRow> rows;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("## ")) inside = line == wanted;
    if (!inside) continue;
    if (line.starts_with("|")) {
      rows.push_back(cells(line));
    } else if (!rows.empty()) {
      break;
    }
  }
  if (rows.size() < 2) return {};
  rows.erase(rows.begin(), rows.begin() + 2);  // the head and the rule below it
  return rows;
}

}  // namespace atlas
