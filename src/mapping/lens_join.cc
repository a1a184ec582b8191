// join: one text on one side is the concatenation of several on the other.

#include "mapping/lens_pair.h"
#include "mapping/lens_reasons.h"
#include "mapping/lens_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas {
namespace {

constexpr std::size_t kPartsMax = 16;

// The mid is the whole text in its canonical form.
class JoinLens final : public Lens {
 public:
  JoinLens(Column whole, std::vector<Column> parts, std::vector<Canon> canon, const JoinOp& op)
      : whole_(std::move(whole)),
        parts_(std::move(parts)),
        canon_(std::move(canon)),
        separator_(op.separator),
        whole_side_(op.whole),
        empty_is_null_(std::ranges::find(canon_, Canon::kEmptyNull) != canon_.end()) {}

  Fit get(Side side, std::span<const Value> cells, Arena& arena, Value& mid) const override {
    if (side == whole_side_) return whole_.read(cells.front(), arena, mid);
    return join(cells, arena, mid);
  }
  Fit create(Side side, const Value& mid, std::span<const Value> old, Arena& arena,
             std::span<Value> out) const override {
    if (side == whole_side_)
      return whole_.write(mid, old.empty() ? Value::null() : old.front(), arena, out.front());
    if (mid.is_null()) return write({}, old, arena, out);
    std::array<std::optional<std::string_view>, kPartsMax> texts;
    split(mid.as_text(), texts);
    const Fit fit = write_checked(mid, texts, old, arena, out);
    if (fit.ok()) return fit;
    // Separators at the ends, or a part too long or outside its domain. All of it in the first part
    // is no good split, but no text is lost and a person may correct it once.
    std::ranges::fill(texts, std::nullopt);
    texts.front() = mid.as_text();
    return write_checked(mid, texts, old, arena, out).ok() ? Fit{} : fit;
  }
  bool handles_null() const override { return true; }
  LawClass law() const override { return finer(other(whole_side_)); }
  std::string_view name() const override { return whole_side_ == Side::kLegacy ? "join" : "split"; }
  std::size_t arity(Side side) const override { return side == whole_side_ ? 1 : parts_.size(); }

 private:
  using Texts = std::span<const std::optional<std::string_view>>;

  // The parts that are there and not empty, in order. Null when all are null.
  Fit join(std::span<const Value> cells, Arena& arena, Value& mid) const {
    std::array<Value, kPartsMax> values;
    std::size_t size = 0;
    std::size_t present = 0;
    bool all_null = true;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      if (const Fit fit = parts_[i].read(cells[i], arena, values[i]); !fit.ok()) return fit;
      if (values[i].is_null()) continue;
      all_null = false;
      const std::string_view text = values[i].as_text();
      if (text.empty()) continue;
      size += text.size() + (present++ == 0 ? 0 : separator_.size());
    }
    mid = Value::null();
    if (all_null) return {};
    char* const joined = arena.allocate(size);
    char* at = joined;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      if (values[i].is_null() || values[i].as_text().empty()) continue;
      if (at != joined) at = std::ranges::copy(separator_, at).out;
      at = std::ranges::copy(values[i].as_text(), at).out;
    }
    std::string_view text(joined, size);
    if (whole_.type().kind == TypeKind::kChar) text = without_padding(text);
    mid = apply_canon(canon_, Value::text(text), arena);
    return {};
  }

  // Each separator ends one part; the last part takes the rest.
  void split(std::string_view text, std::span<std::optional<std::string_view>> out) const {
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      const std::size_t at = i + 1 < parts_.size() ? text.find(separator_) : std::string_view::npos;
      out[i] = text.substr(0, at);
      if (at == std::string_view::npos) return;
      text.remove_prefix(at + separator_.size());
    }
  }

  // Parts without a text are null, or empty where null is not allowed. No texts: the whole is null.
  Fit write(Texts texts, std::span<const Value> old, Arena& arena, std::span<Value> out) const {
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      Value value;
      if (i < texts.size() && texts[i]) {
        value = Value::text(*texts[i]);
      } else if (parts_[i].not_null() && (!texts.empty() || empty_is_null_)) {
        value = Value::text("");
      }
      const Value& before = old.empty() ? null_ : old[i];
      if (const Fit fit = parts_[i].write(value, before, arena, out[i]); !fit.ok()) return fit;
    }
    return {};
  }

  Fit write_checked(const Value& mid, Texts texts, std::span<const Value> old, Arena& arena,
                    std::span<Value> out) const {
    if (const Fit fit = write(texts, old, arena, out); !fit.ok()) return fit;
    Value joined;
    if (const Fit fit = join(out, arena, joined); !fit.ok()) return fit;
    return mid_equal(joined, mid) ? Fit{} : Fit{reason::kNotSplit};
  }

  static constexpr Value null_{};
  Column whole_;
  std::vector<Column> parts_;
  std::vector<Canon> canon_;
  std::string separator_;
  Side whole_side_;
  bool empty_is_null_;
};

ColumnOptions text_options(const LensColumn& column) {
  ColumnOptions out;
  if (!column.path.empty()) out.json = meet_type(Meet::kText);
  return out;
}

}  // namespace

MadeLens make_join(const LensSpec& spec, const JoinOp& op) {
  const auto& whole = columns_of(spec, op.whole);
  const auto& parts = columns_of(spec, other(op.whole));
  if (whole.size() != 1 || parts.size() < 2 || parts.size() > kPartsMax) {
    return Error(Code::kWrongShape,
                 fmt::format("`join` takes one {} column and 2 to {} {} columns",
                             side_name(op.whole), kPartsMax, side_name(other(op.whole))));
  }
  if (op.separator.empty())
    return Error(Code::kWrongShape, "`join` needs a separator").advise("for example `join: \" \"`");
  for (const auto* columns : {&whole, &parts}) {
    for (const LensColumn& column : *columns) {
      if (!column.path.empty() || is_text(column.type.kind)) continue;
      return Error(Code::kTypeMismatch, fmt::format("{} is {}, and `join` takes text", column.name,
                                                    type_text(column.type)))
          .advise("join text columns only");
    }
  }
  ColumnOptions options = text_options(whole.front());
  options.canon = spec.canon;
  ATLAS_TRY(Column whole_column, make_column(spec, op.whole, 0, Meet::kText, options));
  std::vector<Column> part_columns;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    ATLAS_TRY(Column part,
              make_column(spec, other(op.whole), i, Meet::kText, text_options(parts[i])));
    part_columns.push_back(std::move(part));
  }
  return std::make_unique<JoinLens>(std::move(whole_column), std::move(part_columns), spec.canon,
                                    op);
}

}  // namespace atlas
