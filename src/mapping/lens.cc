#include "mapping/lens.h"

#include "foundation/assert.h"
#include "mapping/lens_number.h"
#include "mapping/lens_pair.h"
#include "mapping/lens_reasons.h"
#include "model/json_hash.h"

#include <algorithm>
#include <map>

namespace atlas {
namespace {

// Equality of two JSON texts by content. The walk of hashing.h with numbers given out in order
// instead of hashes: equal parts get equal numbers, so the comparison is exact.
bool json_equal(std::string_view a, std::string_view b) {
  if (a == b) return true;
  using Numbers = std::map<std::string, std::uint64_t, std::less<>>;
  Numbers numbers;
  const JsonHashing numbering{
      &numbers, [](const void* context, JsonHashing::Part part, std::string_view bytes) {
        // The interface is for pure hashes; this context is ours and writable.
        auto& known = *const_cast<Numbers*>(static_cast<const Numbers*>(
            context));  // NOLINT(cppcoreguidelines-pro-type-const-cast): see above
        std::string key(1, static_cast<char>(part));
        key += bytes;
        return known.try_emplace(std::move(key), known.size()).first->second;
      }};
  const auto left = json_hash(a, numbering);
  const auto right = json_hash(b, numbering);
  return left && right && *left == *right;
}

MadeLens make_for(const LensSpec& spec, const CopyOp&) { return make_copy(spec); }
MadeLens make_for(const LensSpec& spec, const EnumOp& op) { return make_enum(spec, op); }
MadeLens make_for(const LensSpec& spec, const ScaleOp& op) { return make_scale(spec, op); }
MadeLens make_for(const LensSpec& spec, const TzOp& op) { return make_tz(spec, op); }
MadeLens make_for(const LensSpec& spec, const EpochOp& op) { return make_epoch(spec, op); }
MadeLens make_for(const LensSpec& spec, const JoinOp& op) { return make_join(spec, op); }
MadeLens make_for(const LensSpec& spec, const JsonOp& op) { return make_json(spec, op); }
MadeLens make_for(const LensSpec& spec, const PointOp& op) { return make_point(spec, op); }
MadeLens make_for(const LensSpec& spec, const ExpressionOp& op) {
  return make_expression(spec, op);
}
MadeLens make_for(const LensSpec& spec, const LuaOp& op) { return make_lua(spec, op); }
MadeLens make_for(const LensSpec& spec, const BitsOp& op) { return make_bits(spec, op); }
MadeLens make_for(const LensSpec& spec, const PackOp& op) { return make_pack(spec, op); }
MadeLens make_for(const LensSpec& spec, const PatternOp& op) { return make_pattern(spec, op); }
MadeLens make_for(const LensSpec& spec, const CirclePolygonOp& op) {
  return make_circle_polygon(spec, op);
}
MadeLens make_for(const LensSpec& spec, const MaskOp& op) { return make_mask(spec, op); }
MadeLens make_for(const LensSpec& spec, const HashOp& op) { return make_hash(spec, op); }
MadeLens make_for(const LensSpec& spec, const TruncateOp& op) { return make_truncate(spec, op); }

bool all_null(std::span<const Value> cells) { return std::ranges::all_of(cells, &Value::is_null); }

}  // namespace

bool mid_equal(const Value& a, const Value& b) {
  if (is_number(a.tag()) && is_number(b.tag())) return numbers_equal(a, b);
  if (a.tag() == Tag::kJson && b.tag() == Tag::kJson) return json_equal(a.as_text(), b.as_text());
  return a == b;
}

Fit Lens::put(Side side, const Value& mid, std::span<const Value> old, Arena& arena,
              std::span<Value> out) const {
  ATLAS_ASSERT(out.size() == arity(side) && (old.empty() || old.size() == out.size()),
               "a lens is given its own number of cells");
  // Nulls of a lens that does not handle them belong to the caller; a null mid is written as nulls.
  if (!handles_null()) {
    if (mid.is_null()) {
      std::ranges::fill(out, Value::null());
      return {};
    }
    if (all_null(old)) old = {};
  }
  Value now;
  if (keeps() && !old.empty() && get(side, old, arena, now).ok() && mid_equal(now, mid)) {
    std::ranges::copy(old, out.begin());
    return {};
  }
  if (const Fit fit = create(side, mid, old, arena, out); !fit.ok()) return fit;
  // An edit arrives unharmed or not at all, whatever columns and options were combined.
  if (proves_create()) return {};
  if (!handles_null() && all_null(out)) return {reason::kLost};
  if (const Fit fit = get(side, out, arena, now); !fit.ok()) return fit;
  return mid_equal(now, mid) ? Fit{} : Fit{reason::kLost};
}

Result<std::unique_ptr<Lens>> make_lens(const LensSpec& spec) {
  MadeLens lens = std::visit([&](const auto& op) { return make_for(spec, op); }, spec.op);
  if (!lens || spec.keep) return lens;
  return without_keep(std::move(*lens));
}

}  // namespace atlas
