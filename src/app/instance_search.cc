#include "app/instance_search.h"

#include "app/instance_key.h"
#include "model/key.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas::app {
namespace {

std::vector<Lead> those(const std::vector<Lead>& leads, bool (*test)(const Lead&)) {
  std::vector<Lead> out;
  std::ranges::copy_if(leads, std::back_inserter(out), test);
  return out;
}

}  // namespace

InstanceSearch::InstanceSearch(const Bridge& bridge, OpenState& state, const EntityPlan& entity)
    : bridge_(bridge),
      state_(state),
      entity_(entity),
      hasher_(state.tenant.hash_key),
      mapper_(entity, hasher_) {}

Result<Lead> InstanceSearch::choose(const std::string& text, const std::string& kind) {
  std::vector<Lead> leads;
  for (InstanceKey& instance : readings(entity_, text)) {
    ATLAS_TRY(Lead lead, follow(std::move(instance)));
    if (!kind.empty() && lead.kind_known && entity_.kinds[lead.kind].name != kind) continue;
    leads.push_back(std::move(lead));
  }
  if (leads.empty()) {
    return Error(Code::kUsage, fmt::format("this is no key of {}", entity_.name))
        .advise("write " + key_forms(entity_));
  }
  std::vector<Lead> found = those(leads, [](const Lead& l) { return l.link.has_value(); });
  if (found.empty()) found = those(leads, [](const Lead& l) { return l.pending.has_value(); });
  if (found.empty()) found = those(leads, [](const Lead& l) { return l.row; });
  if (found.size() == 1) return std::move(found.front());
  if (found.empty()) {
    return Error(Code::kNotFound, fmt::format("{} has no such row on either side", entity_.name))
        .advise("write " + key_forms(entity_));
  }
  std::string names;
  for (const Lead& lead : found) {
    names += (names.empty() ? "" : " or ") + instance_text(entity_, lead.instance);
  }
  return Error(Code::kUsage, "the key may be " + names).advise("say which");
}

Result<Lead> InstanceSearch::follow(InstanceKey instance) {
  Lead lead;
  lead.kind = instance.kind;
  lead.kind_known = instance.side == Side::kLegacy;
  (instance.side == Side::kLegacy ? lead.legacy_key : lead.platform_key) = instance.key;
  lead.instance = std::move(instance);
  const KeyView key = lead.instance.key;
  links_.push_back(std::make_unique<Links>(ref().parts, ref().fields));
  ATLAS_TRY(*links_.back(), state_.store->links(state_.tenant.id, ref(), lead.instance.side,
                                                {&key, 1}, {&lead.kind, 1}));
  if (!links_.back()->empty()) {
    lead.link = (*links_.back())[0];
    lead.kind = lead.link->kind;
    lead.kind_known = true;
    lead.legacy_key = lead.link->legacy_key;
    lead.platform_key = lead.link->platform_key;
  }
  // A linked instance waits under its legacy key.
  const std::vector<InstanceKey> names{
      lead.link ? InstanceKey{Side::kLegacy, lead.kind, lead.legacy_key} : lead.instance};
  ATLAS_TRY(std::vector<Pending> pending, state_.store->pending_of(state_.tenant.id, ref(), names));
  if (!pending.empty()) lead.pending = std::move(pending.front());
  if (!lead.link && !lead.pending) {
    ImageSet set = images();
    ATLAS_OK(read(set, lead));
    lead.row = std::ranges::any_of(set.images[0].rows.rows, [](auto row) { return !row.empty(); });
  }
  return lead;
}

ImageSet InstanceSearch::images() {
  EndpointAccess access = [this](EndpointIndex index) -> Result<Endpoint*> {
    auto& endpoint = endpoints_[index.value];
    if (!endpoint) {
      ATLAS_TRY(endpoint, bridge_.endpoint(index));
    }
    return endpoint.get();
  };
  return {mapper_, std::move(access), *state_.store, state_.tenant.id, state_.entities, nullptr};
}

Result<> InstanceSearch::read(ImageSet& images, const Lead& lead) const {
  Image& image = images.images.emplace_back();
  image.kind = lead.kind;
  image.kind_known = lead.kind_known;
  image.legacy_key = lead.legacy_key;
  image.platform_key = lead.platform_key;
  ATLAS_OK(images.read_platform({0}));
  ATLAS_OK(images.read_legacy({0}));
  return images.resolve({0});
}

}  // namespace atlas::app
