#include "mapping/document.h"

#include <algorithm>

namespace atlas {

const EntityDecl* Document::entity(std::string_view name) const {
  auto it = std::find_if(entities.begin(), entities.end(),
                         [&](const EntityDecl& e) { return e.name.text == name; });
  return it == entities.end() ? nullptr : &*it;
}

const VariableDecl* Document::variable(std::string_view name) const {
  auto it = std::find_if(variables.begin(), variables.end(),
                         [&](const VariableDecl& v) { return v.name.text == name; });
  return it == variables.end() ? nullptr : &*it;
}

namespace {
template <class T>
std::vector<std::string> word_texts(const std::vector<T>& items) {
  std::vector<std::string> out;
  out.reserve(items.size());
  for (const T& item : items) out.push_back(item.name.text);
  return out;
}
}  // namespace

std::vector<std::string> names_of(const std::vector<TableDecl>& tables) {
  return word_texts(tables);
}
std::vector<std::string> names_of(const std::vector<EntityDecl>& entities) {
  return word_texts(entities);
}
std::vector<std::string> names_of(const std::vector<VariableDecl>& variables) {
  return word_texts(variables);
}

std::vector<std::string> names_of(const std::vector<FieldDecl>& fields) {
  std::vector<std::string> out;
  for (const FieldDecl& field : fields) {
    if (std::find(out.begin(), out.end(), field.name) == out.end()) out.push_back(field.name);
  }
  return out;
}

}  // namespace atlas
