#include "app/json_text.h"

#include <nlohmann/json.hpp>

namespace atlas::app {

std::string json_document(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json json_of(const Error& error) {
  Json out{{"code", code_text(error.code())},
           {"kind", kind_name(error.kind())},
           {"title", info(error.code()).title},
           {"why", error.why()},
           {"where", error.where()},
           {"fix", error.next()}};
  if (!error.sqlstate().empty()) out["sqlstate"] = error.sqlstate();
  if (!error.constraint().empty()) out["constraint"] = error.constraint();
  return out;
}

Json json_of(const std::optional<Error>& error) { return error ? json_of(*error) : Json(); }

Json json_of(const Counts& counts) {
  Json out = Json::object();
  for (const CountField& field : count_fields())
    out[std::string(field.name)] = counts.*field.member;
  for (std::size_t i = 0; i < kOutcomes; ++i) {
    out[std::string(outcome_name(static_cast<Outcome>(i)))] = counts.outcomes[i];
  }
  out["drift"] = counts.drift;
  out["legacy_user_writes"] = counts.legacy_user_writes;
  return out;
}

}  // namespace atlas::app
