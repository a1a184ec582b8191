#include "app/instance_key.h"

#include "model/key.h"

#include <fmt/format.h>

namespace atlas::app {
namespace {

std::vector<Type> key_types(const TableShape& shape) {
  std::vector<Type> types;
  types.reserve(shape.key.size());
  for (const std::uint32_t column : shape.key) types.push_back(shape.columns[column].type);
  return types;
}

}  // namespace

std::vector<InstanceKey> readings(const EntityPlan& entity, std::string_view text) {
  std::vector<InstanceKey> out;
  std::uint16_t number = 0;
  for (const KindPlan& kind : entity.kinds) {
    std::string_view rest = text;
    const std::string prefix = kind.name + "/";
    if (rest.starts_with(prefix)) rest.remove_prefix(prefix.size());
    InstanceKey instance{Side::kLegacy, number++, {}};
    if (parse_key(rest, key_types(kind.shape), instance.key)) out.push_back(std::move(instance));
  }
  InstanceKey platform{Side::kPlatform, 0, {}};
  if (parse_key(text, key_types(entity.parts.front().shape), platform.key)) {
    out.push_back(std::move(platform));
  }
  return out;
}

std::string instance_text(const EntityPlan& entity, const InstanceKey& instance) {
  std::string key = key_text(instance.key);
  if (instance.side == Side::kPlatform) return key;
  return entity.kinds[instance.kind].name + "/" + key;
}

std::string key_forms(const EntityPlan& entity) {
  std::string out;
  for (const KindPlan& kind : entity.kinds) out += kind.name + "/KEY, ";
  return out + "or the platform's key";
}

std::vector<std::string> kind_names(const EntityPlan& entity) {
  std::vector<std::string> out;
  out.reserve(entity.kinds.size());
  for (const KindPlan& kind : entity.kinds) out.push_back(kind.name);
  return out;
}

}  // namespace atlas::app
