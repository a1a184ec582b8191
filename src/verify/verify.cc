#include "verify/verify.h"

#include "verify/entity_decl.h"
#include "verify/entity_verifier.h"

#include <algorithm>

namespace atlas {
namespace {

void add_counts(VerifyCounts& to, const VerifyCounts& from) {
  to.links += from.links;
  to.dead += from.dead;
  to.rows_unlinked += from.rows_unlinked;
  for (std::size_t i = 0; i < kStandings; ++i) to.standings[i] += from.standings[i];
}

Verdict sum(const std::vector<EntityVerdict>& entities) {
  auto any = [&](Verdict v) {
    return std::any_of(entities.begin(), entities.end(),
                       [v](const EntityVerdict& e) { return e.verdict == v; });
  };
  if (any(Verdict::kDifferent)) return Verdict::kDifferent;
  return any(Verdict::kUnknown) || entities.empty() ? Verdict::kUnknown : Verdict::kEqual;
}

}  // namespace

std::string_view standing_name(Standing standing) {
  switch (standing) {
    case Standing::kEqual:
      return "equal";
    case Standing::kDifferent:
      return "different";
    case Standing::kPending:
      return "pending";
    case Standing::kKnown:
      return "known";
    case Standing::kDrift:
      return "drift";
    case Standing::kUnlinkedLegacy:
      return "unlinked_legacy";
    case Standing::kUnlinkedPlatform:
      return "unlinked_platform";
    case Standing::kFiltered:
      return "filtered";
  }
  return "?";
}

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kEqual:
      return "equal";
    case Verdict::kDifferent:
      return "different";
    case Verdict::kUnknown:
      return "unknown";
  }
  return "?";
}

Result<VerifyReport> verify(const Plan& plan, const VerifyPorts& ports,
                            const VerifyOptions& options, VerifyObserver& observer) {
  const Micros begun = ports.clock.monotonic();
  for (const std::string& name : options.entities) {
    if (plan.entity(name) == nullptr) return Error(Code::kNotFound, "no entity " + name);
  }
  ATLAS_TRY(auto state, ports.open_state());
  ATLAS_OK(state->migrate());
  ATLAS_TRY(const TenantInfo tenant,
            state->tenant(plan.tenant_name, plan.tenant_uuid, options.fresh_key));
  std::vector<EntityRef> refs;
  for (const EntityPlan& entity : plan.entities) {
    ATLAS_TRY(const EntityRef ref, state->entity(tenant.id, entity_decl(entity)));
    refs.push_back(ref);
  }
  const Hasher hasher(tenant.hash_key);
  VerifyConnections connections(ports);
  const VerifyScene around{plan,        ports,     options, observer, *state,
                           connections, tenant.id, refs,    hasher};
  VerifyReport report;
  for (const EntityPlan& entity : plan.entities) {
    const bool chosen = options.entities.empty() ||
                        std::find(options.entities.begin(), options.entities.end(), entity.name) !=
                            options.entities.end();
    if (!chosen) continue;
    if (!entity.drift.empty()) {
      EntityVerdict paused;
      paused.entity = entity.name;
      paused.error = paused_by_drift(entity);
      observer.entity_done(paused);
      report.entities.push_back(std::move(paused));
      continue;
    }
    EntityVerifier verifier(around, entity);
    EntityVerdict verdict = verifier.run();
    report.stopped |= verifier.stopped();
    add_counts(report.total, verdict.counts);
    observer.entity_done(verdict);
    report.entities.push_back(std::move(verdict));
  }
  report.verdict = sum(report.entities);
  report.took = ports.clock.monotonic() - begun;
  return report;
}

}  // namespace atlas
