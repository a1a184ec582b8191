#pragma once

// One field's operator: a lens pair that meets in a mid value (MAPPING §1). A lens is pure, total
// on its declared domain, immutable and usable from any thread. Null, absence and deletion belong
// to the engine: unless handles_null(), a lens never sees a null (all cells null ↔ mid null is done
// by the caller).

#include "foundation/ids.h"
#include "foundation/result.h"
#include "foundation/secret.h"
#include "model/arena.h"
#include "model/canonical.h"
#include "model/decimal.h"
#include "model/type.h"
#include "model/value.h"
#include "model/zone.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace atlas {

// Whether a value fits; a static reason when it does not ("no code for this text"). Never contains
// the value.
struct Fit {
  const char* reason = nullptr;
  bool ok() const { return reason == nullptr; }
};

// What is known of a field's round trip (MAPPING §3, last column).
enum class LawClass : std::uint8_t { kBijection, kLegacyFiner, kPlatformFiner, kQuotient, kOneWay };

// --- what the loader read
// -------------------------------------------------------------------------------------------
struct CopyOp {};
struct EnumOp {
  std::vector<std::pair<std::string, std::string>>
      codes;  // legacy text → platform text, in file order
  std::vector<std::pair<std::string, std::string>>
      prefer;                            // platform text → legacy text, where several codes fold
  std::optional<std::string> otherwise;  // `else:` platform text of every other code
};
struct ScaleOp {  // platform = legacy × factor + offset
  Decimal factor = Decimal::of(1);
  bool divide = false;  // platform = legacy / factor + offset
  Decimal offset = Decimal::of(0);
};
struct TzOp {
  ZoneRule rule;
};
enum class EpochUnit : std::uint8_t { kSeconds, kMillis, kMicros };
struct EpochOp {
  EpochUnit unit = EpochUnit::kSeconds;
  bool null_zero = false;
};
// One column on `whole`'s side is the concatenation of n columns on the other (join: whole is
// legacy; split: whole is platform).
struct JoinOp {
  std::string separator;
  Side whole = Side::kLegacy;
};
struct JsonOp {
  std::string type;         /* text, number, bool, json */
  bool absent_null = false; /* null ↔ member absent */
};
struct PointOp {
  int digits = 7;
};  // lat, lng ↔ GeoJSON Point, longitude first
struct BitsOp {
  std::vector<std::int64_t> bits;  // of each flag exactly one: 1, 2, 4, …
  std::vector<std::string> names;  // in a list of names; empty: one platform column a flag
};
struct PackOp {
  std::vector<std::vector<std::string>> members;  // of each legacy column the path in the document
  bool absent_null = false;                       /* null ↔ member absent */
};
// Two templates of literal text and {groups}; a text of one side is rendered by the other's.
struct PatternOp {
  std::vector<std::pair<std::string, std::string>> groups;  // name → regular expression
  std::string legacy, platform;
};
// lat, lng, radius in metres ↔ GeoJSON Point and Polygon.
struct CirclePolygonOp {
  int segments = 64;
  int digits = 7;
};
// One-way: the platform gets less than the legacy side has.
struct MaskOp {
  std::size_t keep_start = 0, keep_end = 0;  // characters
  std::string with = "*";
};
struct HashOp {
  Secret key;
};
struct TruncateOp {
  std::size_t characters = 0;
};
class Expression;  // typed_expression.h
// One expression for each column of the side it leads to, over the other side's columns. `derive`
// has one direction only.
struct ExpressionOp {
  // Shared: specs are copied.
  std::vector<std::shared_ptr<const Expression>> to_platform, to_legacy;
};
// Two Lua functions, to_platform and to_legacy.
struct LuaOp {
  std::string script;  // the text
  std::string name;    // of the file, for messages
};
using ValueOp =
    std::variant<CopyOp, EnumOp, ScaleOp, TzOp, EpochOp, JoinOp, JsonOp, PointOp, BitsOp, PackOp,
                 PatternOp, CirclePolygonOp, MaskOp, HashOp, TruncateOp, ExpressionOp, LuaOp>;

// Domain per side, checked after reading (MAPPING: value set, range or regex). Empty members do not
// restrict.
struct DomainSpec {
  std::vector<std::string> values;
  std::optional<std::string> min, max;
  std::optional<std::string> regex;  // RE2, whole match
  std::optional<std::size_t>
      column;  // which of the side's columns it restricts; unset: each of them
};

// One column of a field on one side, with the JSON path inside it (empty = the whole column).
struct LensColumn {
  std::string name;
  Type type;
  bool not_null = false;
  std::vector<std::string> path;
};

struct LensSpec {
  std::vector<LensColumn> legacy, platform;
  std::vector<Canon> canon;
  ValueOp op;
  std::vector<DomainSpec> domain_legacy,
      domain_platform;  // the first that restricts a column counts
  bool keep = true;     // old cells that already yield the mid stay
};

class Lens {
 public:
  virtual ~Lens() = default;
  // Reads the mid value from the field's cells on `side`, in declared order. Content may point into
  // cells or arena.
  virtual Fit get(Side side, std::span<const Value> cells, Arena& arena, Value& mid) const = 0;
  // Cells of `side` that yield `mid`: get(side, create(side, mid)) = mid. `old`: the cells as they
  // are, empty on insert; a finer side keeps what mid does not tell. Call put(), which keeps old
  // cells that already yield mid.
  virtual Fit create(Side side, const Value& mid, std::span<const Value> old, Arena& arena,
                     std::span<Value> out) const = 0;
  virtual bool handles_null() const { return false; }
  // Whether create() itself reads again what it made: put() need not.
  virtual bool proves_create() const { return false; }
  // Whether put() keeps old cells that already yield the mid; not under `keep: false`.
  virtual bool keeps() const { return true; }
  virtual LawClass law() const = 0;
  // One word for messages: "enum", "join".
  virtual std::string_view name() const = 0;
  // Number of cells on `side`.
  virtual std::size_t arity(Side side) const = 0;

  // Keep or create (MAPPING §1.2): old cells that already yield mid (by mid_equal) are kept byte
  // for byte.
  Fit put(Side side, const Value& mid, std::span<const Value> old, Arena& arena,
          std::span<Value> out) const;
};

// Equality of mid values by meaning: what Hasher::of hashes equal.
bool mid_equal(const Value& a, const Value& b);

// Compiles a spec. Errors are the checker's level 3 codes (kTypeMismatch, kEnumFolds, kRangeGap, …)
// without position; the caller adds it. `declared_loss`: range gaps are allowed because a domain or
// quarantine is accepted.
Result<std::unique_ptr<Lens>> make_lens(const LensSpec& spec);
// Level 3 remarks that do not refuse: "legacy int8 can exceed platform int4: such rows are
// quarantined".
std::vector<std::string> lens_remarks(const LensSpec& spec);

}  // namespace atlas
