// bits: flags of one legacy integer; on the platform a boolean column each, or a list of names.

#include "mapping/lens_array.h"
#include "mapping/lens_number.h"
#include "mapping/lens_pair.h"
#include "mapping/lens_reasons.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace atlas {
namespace {

constexpr std::size_t kFlagsMax = 63;

// The platform's list of names: which names stand for which bits, and how the list spells them.
struct NameList {
  Column column;
  ListForm form = ListForm::kJson;
  std::vector<std::string> names;
  std::vector<std::string> spelled;
};

// The mid is the number with the declared bits only. Other bits of the legacy number stay.
class BitsLens final : public Lens {
 public:
  BitsLens(Column number, std::vector<Column> flags, std::optional<NameList> list,
           std::vector<std::int64_t> bits)
      : number_(std::move(number)),
        flags_(std::move(flags)),
        list_(std::move(list)),
        bits_(std::move(bits)) {
    for (const std::int64_t bit : bits_) known_ |= bit;
  }

  Fit get(Side side, std::span<const Value> cells, Arena& arena, Value& mid) const override {
    if (side == Side::kPlatform)
      return list_ ? get_names(cells.front(), arena, mid) : get_flags(cells, arena, mid);
    const Fit fit = get_number(cells.front(), arena, mid);
    if (fit.ok() && !mid.is_null()) mid = Value::integer(mid.as_int() & known_);
    return fit;
  }
  Fit create(Side side, const Value& mid, std::span<const Value> old, Arena& arena,
             std::span<Value> out) const override {
    const Value before = old.empty() ? Value::null() : old.front();
    if (side == Side::kLegacy) return create_number(mid, before, arena, out.front());
    if (list_) return create_names(mid, before, arena, out.front());
    for (std::size_t i = 0; i < flags_.size(); ++i) {
      const Value flag =
          mid.is_null() ? Value::null() : Value::boolean((mid.as_int() & bits_[i]) != 0);
      const Value& own = old.empty() ? before : old[i];
      if (const Fit fit = flags_[i].write(flag, own, arena, out[i]); !fit.ok()) return fit;
    }
    return {};
  }
  bool handles_null() const override { return true; }
  LawClass law() const override { return LawClass::kLegacyFiner; }
  std::string_view name() const override { return "bits"; }
  std::size_t arity(Side side) const override {
    return side == Side::kLegacy || list_ ? 1 : flags_.size();
  }

 private:
  Fit get_number(const Value& cell, Arena& arena, Value& number) const {
    const Fit fit = number_.read(cell, arena, number);
    if (!fit.ok() || number.is_null()) return fit;
    return write_integer(number, TypeKind::kInt8, number);
  }

  Fit get_flags(std::span<const Value> cells, Arena& arena, Value& mid) const {
    std::int64_t number = 0;
    std::size_t nulls = 0;
    for (std::size_t i = 0; i < flags_.size(); ++i) {
      Value flag;
      if (const Fit fit = flags_[i].read(cells[i], arena, flag); !fit.ok()) return fit;
      if (flag.is_null())
        ++nulls;
      else if (flag.as_bool())
        number |= bits_[i];
    }
    mid = nulls == 0 ? Value::integer(number) : Value::null();
    return nulls == 0 || nulls == flags_.size() ? Fit{} : Fit{reason::kHalfFlags};
  }

  Fit get_names(const Value& cell, Arena& arena, Value& mid) const {
    Value text;
    if (const Fit fit = list_->column.read(cell, arena, text); !fit.ok()) return fit;
    mid = Value::null();
    if (text.is_null()) return {};
    std::int64_t number = 0;
    ListScan scan(list_->form, text.as_text());
    std::string_view name;
    ListScan::Step step = scan.next(arena, name);
    for (; step == ListScan::Step::kElement; step = scan.next(arena, name)) {
      const auto at = std::ranges::find(list_->names, name);
      if (at == list_->names.end()) return {reason::kNoFlag};
      number |= bits_[static_cast<std::size_t>(at - list_->names.begin())];
    }
    if (step == ListScan::Step::kBad) return {reason::kNotNames};
    mid = Value::integer(number);
    return {};
  }

  Fit create_number(const Value& mid, const Value& old, Arena& arena, Value& out) const {
    if (mid.is_null()) return number_.write(mid, old, arena, out);
    Value before;
    std::int64_t rest = 0;
    if (get_number(old, arena, before).ok() && !before.is_null()) rest = before.as_int() & ~known_;
    return number_.write(Value::integer(rest | mid.as_int()), old, arena, out);
  }

  // In the order of the declaration.
  Fit create_names(const Value& mid, const Value& old, Arena& arena, Value& out) const {
    if (mid.is_null()) return list_->column.write(mid, old, arena, out);
    const bool json = list_->form == ListForm::kJson;
    const std::string_view comma = json ? ", " : ",";
    std::size_t size = 2;
    for (const std::string& name : list_->spelled) size += name.size() + comma.size();
    char* const text = arena.allocate(size);
    char* at = text;
    *at++ = json ? '[' : '{';
    for (std::size_t i = 0; i < bits_.size(); ++i) {
      if ((mid.as_int() & bits_[i]) == 0) continue;
      if (at != text + 1) at = std::ranges::copy(comma, at).out;
      at = std::ranges::copy(list_->spelled[i], at).out;
    }
    *at++ = json ? ']' : '}';
    const std::string_view list(text, static_cast<std::size_t>(at - text));
    return list_->column.write(json ? Value::json(list) : Value::other(list), old, arena, out);
  }

  Column number_;
  std::vector<Column> flags_;
  std::optional<NameList> list_;
  std::vector<std::int64_t> bits_;
  std::int64_t known_ = 0;
};

// Bits below the sign that a number of this type has.
int bits_of(const Type& type) {
  if (type.kind == TypeKind::kInt2) return 15;
  return type.kind == TypeKind::kInt4 ? 31 : 63;
}

Result<> check_bits(const BitsOp& op, const LensColumn& number) {
  if (op.bits.empty() || op.bits.size() > kFlagsMax)
    return Error(Code::kWrongShape, fmt::format("`bits` takes 1 to {} flags", kFlagsMax));
  for (std::size_t i = 0; i < op.bits.size(); ++i) {
    const std::int64_t bit = op.bits[i];
    if (bit <= 0 || (bit & (bit - 1)) != 0)
      return Error(Code::kWrongShape, fmt::format("{} is not one bit", bit))
          .advise("each flag has one bit: 1, 2, 4, 8, …");
    if (std::ranges::count(op.bits, bit) > 1)
      return Error(Code::kWrongShape, fmt::format("the bit {} is given twice", bit));
    if (number.path.empty() && (bit >> bits_of(number.type)) != 0)
      return Error(Code::kTypeMismatch, fmt::format("{} is {}, which has no bit {}", number.name,
                                                    type_text(number.type), bit));
    if (i < op.names.size() && std::ranges::count(op.names, op.names[i]) > 1)
      return Error(Code::kWrongShape, fmt::format("the name `{}` is given twice", op.names[i]));
  }
  return {};
}

Result<Column> number_column(const LensSpec& spec) {
  const LensColumn& number = spec.legacy.front();
  ColumnOptions options;
  if (!number.path.empty()) {
    options.json = meet_type(Meet::kNumber);
  } else if (!is_integer(number.type.kind)) {
    return Error(Code::kTypeMismatch,
                 fmt::format("{} is {}, which is no integer", number.name, type_text(number.type)));
  }
  return make_column(spec, Side::kLegacy, 0, Meet::kNumber, options);
}

Result<NameList> name_list(const LensSpec& spec, const BitsOp& op) {
  const LensColumn& column = spec.platform.front();
  NameList out;
  out.names = op.names;
  ColumnOptions options;
  options.json_null_is_null = true;
  if (!column.path.empty()) options.json = meet_type(Meet::kJson);
  if (column.path.empty() && column.type.kind == TypeKind::kArray) {
    const std::string& type = column.type.name;
    if (!type.starts_with("text") && !type.starts_with("varchar") &&
        !type.starts_with("character varying"))
      return Error(Code::kTypeMismatch,
                   fmt::format("{} is {}, which is no list of texts", column.name, type));
    out.form = ListForm::kArray;
  }
  const Meet meet = out.form == ListForm::kArray ? Meet::kOther : Meet::kJson;
  ATLAS_TRY(out.column, make_column(spec, Side::kPlatform, 0, meet, options));
  for (const std::string& name : op.names) out.spelled.push_back(list_element(out.form, name));
  return out;
}

}  // namespace

MadeLens make_bits(const LensSpec& spec, const BitsOp& op) {
  const std::size_t columns = op.names.empty() ? op.bits.size() : 1;
  if (spec.legacy.size() != 1 || spec.platform.size() != columns)
    return Error(Code::kWrongShape,
                 op.names.empty()
                     ? fmt::format("`bits` takes one legacy integer and a platform column for each "
                                   "of its {} flags",
                                   op.bits.size())
                     : "`bits` with names takes one legacy integer and one list of names")
        .advise("{bits: [1, 2, 8]} for booleans, {bits: {1: admin, 2: beta}} for a list of names");
  if (!spec.canon.empty())
    return Error(Code::kTypeMismatch, "`canon` is for text").advise("remove `canon`");
  ATLAS_OK(check_bits(op, spec.legacy.front()));
  ATLAS_TRY(Column number, number_column(spec));
  std::vector<Column> flags;
  std::optional<NameList> list;
  if (!op.names.empty()) {
    ATLAS_TRY(list, name_list(spec, op));
  }
  for (std::size_t i = 0; op.names.empty() && i < columns; ++i) {
    ColumnOptions options;
    if (!spec.platform[i].path.empty()) options.json = meet_type(Meet::kBool);
    ATLAS_TRY(Column flag, make_column(spec, Side::kPlatform, i, Meet::kBool, options));
    flags.push_back(std::move(flag));
  }
  return std::make_unique<BitsLens>(std::move(number), std::move(flags), std::move(list), op.bits);
}

}  // namespace atlas
