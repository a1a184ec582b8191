#include "mapping/load_testing.h"

#include <fmt/format.h>

namespace atlas {

Variables fixed_variables(std::map<std::string, std::string> values) {
  return [values = std::move(values)](const std::string& name) -> std::optional<std::string> {
    auto it = values.find(name);
    return it == values.end() ? std::nullopt : std::optional(it->second);
  };
}

std::string small_mapping(const std::string& entities) {
  return "bridge: 1\n"
         "tenant: {id: 7f3c1d9e-5b0a-4c62-9d41-2f8e6a70b1c4}\n"
         "sides: {legacy: {main: {sqlite: l.db}}, platform: {app: {sqlite: p.db}}}\n"
         "state: {sqlite: s.db}\n"
         "entities:\n" +
         entities;
}

std::vector<std::string> places(const std::vector<Problem>& problems) {
  std::vector<std::string> out;
  for (const Problem& problem : problems) {
    std::string where = problem.error.where();
    const std::size_t colon = where.find(':');
    where = colon == std::string::npos ? "" : " " + where.substr(colon + 1);
    out.push_back((problem.fatal ? "" : "remark ") + code_text(problem.error.code()) + where);
  }
  return out;
}

std::string problem_texts(const std::vector<Problem>& problems) {
  std::string out;
  for (const Problem& problem : problems)
    out += (problem.fatal ? "" : "remark: ") + problem.error.text();
  return out;
}

}  // namespace atlas
