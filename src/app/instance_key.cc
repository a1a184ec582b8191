#include "app/instance_key.h"

#include "model/key.h"

#include <fmt/format.h>

namespace atlas::app {
namespace {

std::vector<Type> key_types(const TableShape& shape) {
  std::vector<Type> types;
  for (const std::uint32_t column : shape.key) types.push_back(shape.columns[column].type);
  return types;
}

}  // namespace

std::vector<InstanceKey> readings(const EntityPlan& entity, std::string_view text) {
  std::vector<InstanceKey> out;
  for (std::uint16_t kind = 0; kind < entity.kinds.size(); ++kind) {
    std::string_view rest = text;
    const std::string prefix = entity.kinds[kind].name + "/";
    if (rest.starts_with(prefix)) rest.remove_prefix(prefix.size());
    InstanceKey instance{Side::kLegacy, kind, {}};
    if (parse_key(rest, key_types(entity.kinds[kind].shape), instance.key)) {
      out.push_back(std::move(instance));
    }
  }
  InstanceKey platform{Side::kPlatform, 0, {}};
  if (parse_key(text, key_types(entity.parts.front().shape), platform.key)) {
    out.push_back(std::move(platform));
  }
  return out;
}

std::string instance_text(const EntityPlan& entity, const InstanceKey& instance) {
  const std::string key = key_text(instance.key);
  if (instance.side == Side::kPlatform) return key;
  return entity.kinds[instance.kind].name + "/" + key;
}

std::string key_forms(const EntityPlan& entity) {
  std::string out;
  for (const KindPlan& kind : entity.kinds) out += kind.name + "/KEY, ";
  return out + "or the platform's key";
}

}  // namespace atlas::app
