#include "mapping/lens_laws_testing.h"

#include "foundation/assert.h"
#include "mapping/lens_column.h"
#include "mapping/lens_reasons.h"
#include "model/hashing.h"
#include "model/text_form.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace atlas {
namespace {

constexpr std::pair<std::string_view, TypeKind> kTypeNames[] = {
    {"bool", TypeKind::kBool},
    {"int2", TypeKind::kInt2},
    {"int4", TypeKind::kInt4},
    {"int8", TypeKind::kInt8},
    {"numeric", TypeKind::kNumeric},
    {"float4", TypeKind::kFloat4},
    {"float8", TypeKind::kFloat8},
    {"text", TypeKind::kText},
    {"varchar", TypeKind::kVarchar},
    {"char", TypeKind::kChar},
    {"bytea", TypeKind::kBytea},
    {"date", TypeKind::kDate},
    {"time", TypeKind::kTime},
    {"timestamp", TypeKind::kTimestamp},
    {"timestamptz", TypeKind::kTimestampTz},
    {"interval", TypeKind::kInterval},
    {"uuid", TypeKind::kUuid},
    {"json", TypeKind::kJson},
    {"jsonb", TypeKind::kJsonb},
    {"enum", TypeKind::kEnum},
};

std::vector<std::string> words_of(std::string_view text, char separator) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t at = std::min(text.find(separator), text.size());
    out.emplace_back(text.substr(0, at));
    text.remove_prefix(std::min(at + 1, text.size()));
  }
  return out;
}

int to_int(const std::string& text) {
  int out = 0;
  (void)std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

const std::vector<LensColumn>& columns(const LensSpec& spec, Side side) {
  return side == Side::kLegacy ? spec.legacy : spec.platform;
}

// Nothing when a text is none of its column's type.
std::optional<std::vector<Value>> parse_cells(const LensSpec& spec, Side side,
                                              const CellTexts& texts, Arena& arena) {
  std::vector<Value> out;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (!texts[i]) {
      out.emplace_back();
      continue;
    }
    const auto value = parse_value(*texts[i], columns(spec, side)[i].type, arena);
    if (!value) return std::nullopt;
    out.push_back(*value);
  }
  return out;
}

std::string cells_text(std::span<const Value> cells) {
  std::string out;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) out += " | ";
    append_value_text(out, cells[i]);
  }
  return out;
}

Hasher test_hasher() {
  std::array<std::uint8_t, 32> key{};
  key.fill(7);
  return Hasher(key);
}

bool any_null(std::span<const Value> cells) { return std::ranges::any_of(cells, &Value::is_null); }

// The laws over one pair of cells.
class Laws {
 public:
  Laws(const Lens& lens, const LensSpec& spec, LawCount& count)
      : lens_(lens), spec_(spec), count_(count) {}

  std::optional<std::string> check(const CellTexts& legacy, const CellTexts& platform) {
    ++count_.samples;
    for (const Side side : {Side::kLegacy, Side::kPlatform}) {
      auto parsed = parse_cells(spec_, side, side == Side::kLegacy ? legacy : platform, arena_);
      if (!parsed) return std::nullopt;
      cells_[index(side)] = std::move(*parsed);
      // Without handles_null() nulls are the caller's, on either side of the trip.
      usable_[index(side)] = lens_.handles_null() || !any_null(cells_[index(side)]);
    }
    for (const Side side : {Side::kLegacy, Side::kPlatform}) read(side);
    if (mids_.size() == 2) compare_hashes();
    for (const Value& mid : mids_) {
      for (const Side side : {Side::kLegacy, Side::kPlatform}) {
        write(side, mid, {});
        if (usable_[index(side)]) write(side, mid, cells_[index(side)]);
      }
    }
    return broken_;
  }

 private:
  void fail(std::string what) {
    if (!broken_)
      broken_ = fmt::format("{} (legacy {}; platform {})", what, cells_text(cells_[0]),
                            cells_text(cells_[1]));
  }
  Fit get(Side side, std::span<const Value> cells, Value& mid) {
    const Fit fit = lens_.get(side, cells, arena_, mid);
    Value again;
    const Fit second = lens_.get(side, cells, arena_, again);
    if (fit.reason != second.reason || (fit.ok() && !mid_equal(mid, again)))
      fail("impure: two readings of the same cells differ");
    return fit;
  }

  void read(Side side) {
    if (!usable_[index(side)]) return;
    const auto& cells = cells_[index(side)];
    Value mid;
    if (!get(side, cells, mid).ok()) return;
    if (mid.is_null() && !lens_.handles_null())
      fail("null: the lens made a null it does not handle");
    ++count_.read;
    mids_.push_back(mid);
    std::vector<Value> out(cells.size());
    const Fit fit = lens_.put(side, mid, cells, arena_, out);
    if (!fit.ok())
      fail(fmt::format("GetPut: {} refuses what it has: {}", side_name(side), fit.reason));
    else if (out != cells)
      fail(fmt::format("GetPut: {} becomes {}", side_name(side), cells_text(out)));
  }

  void compare_hashes() {
    static const Hasher hasher = test_hasher();
    const bool equal = mid_equal(mids_[0], mids_[1]);
    if (equal != (hasher.of(mids_[0]) == hasher.of(mids_[1])))
      fail("hash: equality and hash disagree");
  }

  void write(Side side, const Value& mid, std::span<const Value> old) {
    const std::string_view how = old.empty() ? "insert" : "update";
    std::vector<Value> out(lens_.arity(side));
    Value back;
    if (lens_.create(side, mid, old, arena_, out).ok()) {
      const Fit fit = get(side, out, back);
      if (!fit.ok() || !mid_equal(back, mid))
        fail(fmt::format("create: mid {} made {} ({}) and came back as {}", value_text(mid),
                         cells_text(out), how, fit.ok() ? value_text(back) : fit.reason));
    }
    const Fit fit = lens_.put(side, mid, old, arena_, out);
    if (reason::is(fit.reason, reason::kLost))
      fail(fmt::format("lost: mid {} on {} ({})", value_text(mid), side_name(side), how));
    if (!fit.ok()) return;
    ++count_.written;
    const Fit again = get(side, out, back);
    if (!again.ok() || !mid_equal(back, mid))
      fail(fmt::format("PutGet: mid {} made {} ({}) and came back as {}", value_text(mid),
                       cells_text(out), how, again.ok() ? value_text(back) : again.reason));
    std::vector<Value> second(out.size());
    if (!lens_.put(side, mid, out, arena_, second).ok() || second != out)
      fail(fmt::format("second trip: {} becomes {}", cells_text(out), cells_text(second)));
  }

  const Lens& lens_;
  const LensSpec& spec_;
  LawCount& count_;
  Arena arena_;
  std::vector<Value> cells_[2];
  bool usable_[2] = {};
  std::vector<Value> mids_;
  std::optional<std::string> broken_;
};

}  // namespace

Type type_named(std::string_view name) {
  Type out;
  out.name = name;
  const std::size_t open = std::min(name.find('('), name.size());
  const std::string_view word = name.substr(0, open);
  if (word.ends_with("[]")) {
    out.kind = TypeKind::kArray;
    return out;
  }
  for (const auto& [text, kind] : kTypeNames) {
    if (text == word) out.kind = kind;
  }
  std::vector<std::string> arguments;
  if (open < name.size()) arguments = words_of(name.substr(open + 1, name.size() - open - 2), ',');
  if (out.kind == TypeKind::kEnum) {
    out.labels = arguments;
  } else if (!arguments.empty()) {
    out.size = to_int(arguments[0]);
    if (arguments.size() > 1) out.scale = to_int(arguments[1]);
  } else if (is_stamp(out.kind) || out.kind == TypeKind::kTime) {
    out.size = 6;
  }
  return out;
}

LensColumn column_named(std::string_view declaration) {
  LensColumn out;
  out.not_null = declaration.ends_with(" not null");
  if (out.not_null) declaration.remove_suffix(std::string_view(" not null").size());
  const std::size_t space = declaration.find(' ');
  ATLAS_ASSERT(space != std::string_view::npos, "a column is a name and a type");
  std::string_view name = declaration.substr(0, space);
  out.type = type_named(declaration.substr(space + 1));
  const std::size_t dollar = name.find("$.");
  if (dollar != std::string_view::npos) {
    out.path = words_of(name.substr(dollar + 2), '.');
    name = name.substr(0, dollar);
  }
  out.name = name;
  return out;
}

LensSpec lens_spec(std::vector<std::string_view> legacy, std::vector<std::string_view> platform,
                   ValueOp op, std::vector<Canon> canon) {
  LensSpec out;
  for (const std::string_view text : legacy) out.legacy.push_back(column_named(text));
  for (const std::string_view text : platform) out.platform.push_back(column_named(text));
  out.op = std::move(op);
  out.canon = std::move(canon);
  return out;
}

std::unique_ptr<Lens> lens_of(const LensSpec& spec) {
  auto lens = make_lens(spec);
  if (!lens) fmt::print(stderr, "{}\n", lens.error().text());
  ATLAS_ASSERT(lens.has_value(), "the test's lens cannot be made");
  return std::move(*lens);
}

std::string carry(const LensSpec& spec, Side from, const CellTexts& cells, const CellTexts& old) {
  const auto lens = lens_of(spec);
  Arena arena;
  const auto source = parse_cells(spec, from, cells, arena);
  const auto before = parse_cells(spec, other(from), old, arena);
  ATLAS_ASSERT(source && before, "a cell of the test is not of its column's type");
  Value mid;
  if (const Fit fit = lens->get(from, *source, arena, mid); !fit.ok())
    return fmt::format("! {}", fit.reason);
  std::vector<Value> out(lens->arity(other(from)));
  const Fit fit = lens->put(other(from), mid, *before, arena, out);
  return fit.ok() ? cells_text(out) : fmt::format("! {}", fit.reason);
}

std::string mid_text(const LensSpec& spec, Side side, const CellTexts& cells) {
  const auto lens = lens_of(spec);
  Arena arena;
  const auto source = parse_cells(spec, side, cells, arena);
  ATLAS_ASSERT(source.has_value(), "a cell of the test is not of its column's type");
  Value mid;
  const Fit fit = lens->get(side, *source, arena, mid);
  return fit.ok() ? value_text(mid) : fmt::format("! {}", fit.reason);
}

std::optional<std::string> broken_law(const Lens& lens, const LensSpec& spec,
                                      const CellTexts& legacy, const CellTexts& platform,
                                      LawCount& count) {
  return Laws(lens, spec, count).check(legacy, platform);
}

}  // namespace atlas
