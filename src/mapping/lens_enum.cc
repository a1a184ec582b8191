// enum: a table of codes. Several legacy codes may fold into one platform value.

#include "mapping/lens_index.h"
#include "mapping/lens_pair.h"
#include "mapping/lens_reasons.h"
#include "mapping/lens_text.h"
#include "model/text_form.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas {
namespace {

// The compiled table. Mids are platform values, codes are legacy values; both are written as the
// mapping spells them and found by their canonical form.
struct Table {
  Arena arena;
  ValueIndex codes;   // legacy → position in `entries`
  ValueIndex values;  // platform → position in `mids`
  std::vector<std::uint32_t> entries;
  struct Mid {
    Value value;
    std::optional<Value> code;  // unset for `else` without a code of its own
  };
  std::vector<Mid> mids;
  std::optional<std::uint32_t> otherwise;
  bool folds = false;
};

class EnumLens final : public PairLens {
 public:
  EnumLens(Pair pair, Table table) : PairLens(std::move(pair)), table_(std::move(table)) {}

 protected:
  Fit to_mid(Side side, const Value& value, Arena&, Value& mid) const override {
    std::optional<std::uint32_t> at;
    if (side == Side::kLegacy) {
      const auto entry = table_.codes.find(value);
      at = entry ? std::optional(table_.entries[*entry]) : table_.otherwise;
    } else {
      at = table_.values.find(value);
    }
    if (!at) return {reason::kNoEntry};
    mid = table_.mids[*at].value;
    return {};
  }
  Fit from_mid(Side side, const Value& mid, Arena&, Value& value) const override {
    const auto at = table_.values.find(mid);
    if (!at) return {reason::kNoEntry};
    const Table::Mid& entry = table_.mids[*at];
    if (side == Side::kLegacy && !entry.code) return {reason::kNoCode};
    value = side == Side::kLegacy ? *entry.code : entry.value;
    return {};
  }

 private:
  Table table_;
};

// Reads the table's texts as values of the columns.
class Maker {
 public:
  Maker(const LensSpec& spec, const EnumOp& op, const Pair& pair)
      : spec_(spec), op_(op), pair_(pair) {}

  Result<Table> make() && {
    for (const auto& [code, text] : op_.codes) ATLAS_OK(add_row(code, text));
    ATLAS_OK(read_preferences());
    for (std::uint32_t mid = 0; mid < table_.mids.size(); ++mid) ATLAS_OK(choose_code(mid));
    if (op_.otherwise) {
      ATLAS_TRY(table_.otherwise, mid_of(*op_.otherwise));
      table_.folds = true;
    }
    table_.codes.seal();
    table_.values.seal();
    return std::move(table_);
  }

 private:
  struct Row {
    std::string text;
    Value code;
    std::uint32_t mid = 0;
  };

  // `text` as a value of the side's column that a cell can hold.
  Result<Value> parse(Side side, const std::string& text) {
    const Column& column = pair_.columns[index(side)];
    const auto value = parse_value(text, column.type(), table_.arena);
    Value cell;
    Fit fit{reason::kNotThatType};
    if (value) fit = column.write(*value, Value::null(), table_.arena, cell);
    if (fit.ok()) return *value;
    return Error(
        Code::kTypeMismatch,
        fmt::format("the table has \"{}\", which {} {} ({}) cannot hold: {}", text, side_name(side),
                    columns_of(spec_, side).front().name, type_text(column.type()), fit.reason));
  }

  // What a cell that holds `value` is read as.
  Value canonical(const Value& value) {
    if (value.tag() != Tag::kText) return value;
    const Value text = Value::text(without_padding(value.as_text()));
    return apply_canon(spec_.canon, text, table_.arena);
  }

  // Position of the mid that `text` names; a new one has no code yet.
  Result<std::uint32_t> mid_of(const std::string& text) {
    ATLAS_TRY(const Value value, parse(Side::kPlatform, text));
    const auto at = static_cast<std::uint32_t>(table_.mids.size());
    if (table_.values.add(canonical(value), at)) {
      table_.mids.push_back({value, std::nullopt});
      return at;
    }
    std::uint32_t there = 0;
    while (!mid_equal(canonical(table_.mids[there].value), canonical(value))) ++there;
    return there;
  }

  Result<> add_row(const std::string& code, const std::string& text) {
    ATLAS_TRY(const Value value, parse(Side::kLegacy, code));
    ATLAS_TRY(const std::uint32_t mid, mid_of(text));
    if (!table_.codes.add(canonical(value), static_cast<std::uint32_t>(rows_.size())))
      return Error(Code::kDuplicateKey, fmt::format("the code \"{}\" is given twice", code));
    rows_.push_back({text, value, mid});
    table_.entries.push_back(mid);
    return {};
  }

  Result<> read_preferences() {
    for (const auto& [text, code] : op_.prefer) {
      ATLAS_TRY(const Value mid, parse(Side::kPlatform, text));
      ATLAS_TRY(const Value value, parse(Side::kLegacy, code));
      const auto row = std::ranges::find_if(rows_, [&](const Row& r) {
        return mid_equal(canonical(r.code), canonical(value)) &&
               mid_equal(canonical(table_.mids[r.mid].value), canonical(mid));
      });
      if (row == rows_.end()) {
        return Error(Code::kWrongShape,
                     fmt::format("`prefer` says {}: {}, but the table does not map {} to {}", text,
                                 code, code, text));
      }
      table_.mids[row->mid].code = row->code;
    }
    return {};
  }

  Result<> choose_code(std::uint32_t mid) {
    const auto is_of_mid = [&](const Row& r) { return r.mid == mid; };
    const auto first = std::ranges::find_if(rows_, is_of_mid);
    const auto second = std::find_if(first + 1, rows_.end(), is_of_mid);
    table_.folds |= second != rows_.end();
    if (table_.mids[mid].code) return {};
    if (second != rows_.end()) {
      const std::string one = value_text(first->code);
      const std::string two = value_text(second->code);
      return Error(Code::kEnumFolds,
                   fmt::format("{} and {} both stand for {}", one, two, first->text))
          .advise(fmt::format("add `prefer: {{{}: {}}}`: the code for a new {}", first->text, one,
                              first->text));
    }
    table_.mids[mid].code = first->code;
    return {};
  }

  const LensSpec& spec_;
  const EnumOp& op_;
  const Pair& pair_;
  Table table_;
  std::vector<Row> rows_;
};

}  // namespace

MadeLens make_enum(const LensSpec& spec, const EnumOp& op) {
  ATLAS_OK(expect_columns(spec, "enum", 1, 1));
  if (op.codes.empty()) return Error(Code::kWrongShape, "`enum` has no codes");
  std::array<ColumnOptions, 2> options;
  std::array<Meet, 2> meets{};
  for (const Side side : {Side::kLegacy, Side::kPlatform}) {
    const LensColumn& column = columns_of(spec, side).front();
    meets[index(side)] = natural_meet(column.type);
    options[index(side)].without_padding = true;
    if (column.path.empty()) continue;
    meets[index(side)] = Meet::kText;
    options[index(side)].json = meet_type(Meet::kText);
  }
  ATLAS_TRY(Pair pair,
            make_pair_parts(spec, "enum", LawClass::kBijection, meets, std::move(options)));
  ATLAS_TRY(Table table, Maker(spec, op, pair).make());
  if (table.folds) pair.law = LawClass::kLegacyFiner;
  return std::make_unique<EnumLens>(std::move(pair), std::move(table));
}

}  // namespace atlas
