#include "mapping/refs.h"

namespace atlas {
namespace {

void append_id(std::string& out, std::uint32_t value) {
  for (unsigned shift = 0; shift < 32; shift += 8)
    out.push_back(static_cast<char>((value >> shift) & 0xffU));
}

std::string legacy_slot(EntityIndex parent, std::uint16_t kind, KeyView legacy) {
  std::string out;
  out.reserve(legacy.size() + 8);
  append_id(out, parent.value);
  append_id(out, kind);
  out += legacy;
  return out;
}

std::string platform_slot(EntityIndex parent, KeyView platform) {
  std::string out;
  out.reserve(platform.size() + 4);
  append_id(out, parent.value);
  out += platform;
  return out;
}

}  // namespace

void RefTable::add(EntityIndex parent, std::uint16_t kind, KeyView legacy, KeyView platform) {
  std::string kind_and_key;
  kind_and_key.push_back(static_cast<char>(kind & 0xffU));
  kind_and_key.push_back(static_cast<char>((kind >> 8U) & 0xffU));
  kind_and_key += legacy;
  by_platform_.insert_or_assign(platform_slot(parent, platform), std::move(kind_and_key));
  by_legacy_.insert_or_assign(legacy_slot(parent, kind, legacy), std::string(platform));
}

std::optional<KeyView> RefTable::platform_of(EntityIndex parent, std::uint16_t kind,
                                             KeyView legacy) const {
  auto it = by_legacy_.find(legacy_slot(parent, kind, legacy));
  if (it == by_legacy_.end()) return std::nullopt;
  return KeyView(it->second);
}

std::optional<std::pair<std::uint16_t, KeyView>> RefTable::legacy_of(EntityIndex parent,
                                                                     KeyView platform) const {
  auto it = by_platform_.find(platform_slot(parent, platform));
  if (it == by_platform_.end()) return std::nullopt;
  const KeyView bytes = it->second;
  const auto kind = static_cast<std::uint16_t>(static_cast<unsigned char>(bytes[0]) |
                                               (static_cast<unsigned char>(bytes[1]) << 8U));
  return std::pair(kind, bytes.substr(2));
}

}  // namespace atlas
