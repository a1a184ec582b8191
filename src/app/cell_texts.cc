#include "app/cell_texts.h"

#include "app/terminal.h"
#include "model/text_form.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace atlas::app {

std::optional<std::string> text_of(const Value& value) {
  if (value.is_null()) return std::nullopt;
  return value_text(value);
}

Result<CellText> read_cell(const std::string& word) {
  const std::size_t at = word.find('=');
  if (at == 0 || word.empty()) {
    return Error(Code::kUsage, fmt::format("`{}` names no column", one_line(word)))
        .advise("write column=value; a column alone is null");
  }
  if (at == std::string::npos) return CellText(word, std::nullopt);
  return CellText(word.substr(0, at), word.substr(at + 1));
}

std::string cells_line(const std::vector<CellText>& cells) {
  std::string out;
  for (const auto& [column, text] : cells)
    out += fmt::format("{}{}={}", out.empty() ? "" : ", ", column, text ? *text : "null");
  return out;
}

Json cells_json(const std::vector<CellText>& cells) {
  Json out = Json::object();
  for (const auto& [column, text] : cells) out[column] = text ? Json(*text) : Json();
  return out;
}

}  // namespace atlas::app
