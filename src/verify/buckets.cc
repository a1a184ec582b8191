#include "verify/buckets.h"

#include "verify/compare.h"

#include <algorithm>

namespace atlas {
namespace {

void append(std::string& out, std::uint64_t value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

}  // namespace

// Equal digests of both sides mean that compare() finds the instance equal. The opposite need not
// hold: what compare() has to judge by both sides never has equal digests.
std::uint64_t Buckets::digest(Side side, KeyView platform_key, const Image& image) {
  enum State : char { kAlive = 'a', kDead = 'd', kGone = 'g', kJudge = 'l', kJudgeToo = 'p' };
  const EntityPlan& entity = mapper_.entity();
  const char judge = side == Side::kLegacy ? kJudge : kJudgeToo;
  char state = judge;
  if (!image.oversized() && !image.misfit) {
    switch (liveness(mapper_, image, side)) {
      case Liveness::kAbsent:
        state = kGone;
        break;
      case Liveness::kDead:
        state = kDead;
        break;
      case Liveness::kAlive:
        state = kAlive;
        break;
      case Liveness::kOutOfScope:
        break;
    }
  }
  // Dead rows show fields only where both sides keep them (E14).
  const bool soft =
      entity.liveness[0].kind == DeleteKind::kSoft && entity.liveness[1].kind == DeleteKind::kSoft;
  if (state == kDead && !soft) state = kGone;
  const bool kinds_matter = entity.kinds.size() > 1 || !entity.kinds.front().when.empty();
  if (side == Side::kPlatform && kinds_matter && !image.rows.rows[1].empty() &&
      mapper_.kind_of(image.rows.rows) != image.kind)
    state = judge;
  scratch_.assign(platform_key);
  scratch_.push_back(state);
  append(scratch_, image.kind);
  if (state == kAlive || state == kDead) {
    const Mids& mids = side == Side::kLegacy ? image.legacy : image.platform;
    for (std::uint32_t f = 0; f < entity.fields.size(); ++f) {
      if (applies(entity.fields[f], image.kind)) append(scratch_, mids.hashes[f]);
    }
  }
  return hasher_.of_bytes(scratch_);
}

void Buckets::add(Side side, KeyView platform_key, const Image& image) {
  Sum& sum = sums_[bucket_of(platform_key)];
  sum.total[index(side)] += digest(side, platform_key, image);
  ++sum.count[index(side)];
}

bool Buckets::all_equal() const { return std::ranges::all_of(sums_, &Sum::equal); }

std::int64_t Buckets::equal_instances() const {
  std::int64_t n = 0;
  for (const Sum& sum : sums_) {
    if (sum.equal()) n += sum.count[0];
  }
  return n;
}

}  // namespace atlas
