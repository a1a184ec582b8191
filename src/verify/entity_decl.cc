#include "verify/entity_decl.h"

namespace atlas {
namespace {

std::vector<Type> key_types(const TableShape& shape) {
  std::vector<Type> out;
  for (const std::uint32_t column : shape.key) out.push_back(shape.columns[column].type);
  return out;
}

}  // namespace

EntityLayout entity_decl(const EntityPlan& entity) {
  EntityLayout decl;
  decl.name = entity.name;
  for (const KindPlan& kind : entity.kinds) decl.kinds.push_back(kind.name);
  decl.legacy_key = key_types(entity.kinds.front().shape);
  decl.platform_key = key_types(entity.parts.front().shape);
  decl.parts.emplace_back("legacy");
  for (const PartPlan& part : entity.parts) decl.parts.push_back(part.alias);
  for (const FieldPlan& field : entity.fields) {
    decl.fields.push_back({field.name, field.fingerprint});
  }
  return decl;
}

}  // namespace atlas
