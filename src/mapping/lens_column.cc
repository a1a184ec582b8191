#include "mapping/lens_column.h"

#include "mapping/lens_json_edit.h"
#include "mapping/lens_micros.h"
#include "mapping/lens_number.h"
#include "mapping/lens_reasons.h"
#include "mapping/lens_text.h"
#include "model/text_form.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas {
namespace {

Tag tag_of(Meet meet) {
  switch (meet) {
    case Meet::kBool:
      return Tag::kBool;
    case Meet::kNumber:
      return Tag::kDecimal;
    case Meet::kText:
      return Tag::kText;
    case Meet::kBytes:
      return Tag::kBytes;
    case Meet::kDate:
      return Tag::kDate;
    case Meet::kTime:
      return Tag::kTime;
    case Meet::kTimestamp:
      return Tag::kTimestamp;
    case Meet::kInstant:
      return Tag::kInstant;
    case Meet::kInterval:
      return Tag::kInterval;
    case Meet::kUuid:
      return Tag::kUuid;
    case Meet::kJson:
      return Tag::kJson;
    case Meet::kOther:
      return Tag::kOther;
  }
  return Tag::kNull;
}

bool is_of(Meet meet, const Value& value) {
  return meet == Meet::kNumber ? is_number(value.tag()) : value.tag() == tag_of(meet);
}

bool is_json(TypeKind kind) { return kind == TypeKind::kJson || kind == TypeKind::kJsonb; }

// Nothing for null, and for the empty text that stands for no document in text columns.
std::string_view document_text(const Value& cell) {
  if (cell.is_null()) return {};
  const std::string_view text = cell.as_text();
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos ? std::string_view() : text;
}

// A date, a timestamp or an instant into a timestamp column.
Fit write_stamp(const Value& value, Value& out) {
  std::int64_t us = value.as_int();
  const bool date = value.tag() == Tag::kDate;
  if (is_endless(us)) {
    out = date ? Value::timestamp(us) : value;
    return {};
  }
  if (date && __builtin_mul_overflow(us, kMicrosPerDay, &us)) return {reason::kStampRange};
  if (us < kStampMin) return {reason::kStampRange};
  out = date ? Value::timestamp(us) : value;
  return {};
}

}  // namespace

Column::Storage Column::storage_of(const Type& type) {
  switch (type.kind) {
    case TypeKind::kBool:
      return Storage::kBool;
    case TypeKind::kInt2:
    case TypeKind::kInt4:
    case TypeKind::kInt8:
      return Storage::kInt;
    case TypeKind::kNumeric:
      return Storage::kNumeric;
    case TypeKind::kFloat4:
    case TypeKind::kFloat8:
      return Storage::kFloat;
    case TypeKind::kText:
    case TypeKind::kVarchar:
    case TypeKind::kChar:
    case TypeKind::kEnum:
      return Storage::kText;
    case TypeKind::kBytea:
      return Storage::kBytes;
    case TypeKind::kDate:
      return Storage::kDate;
    case TypeKind::kTime:
      return Storage::kTime;
    case TypeKind::kTimestamp:
      return Storage::kTimestamp;
    case TypeKind::kTimestampTz:
      return Storage::kInstant;
    case TypeKind::kInterval:
      return Storage::kInterval;
    case TypeKind::kUuid:
      return Storage::kUuid;
    case TypeKind::kJson:
    case TypeKind::kJsonb:
      return Storage::kJson;
    case TypeKind::kArray:
    case TypeKind::kOther:
      return Storage::kOther;
  }
  return Storage::kOther;
}

bool Column::can_hold(Storage storage, Meet meet) {
  if (storage == Storage::kText) return meet != Meet::kOther;
  switch (meet) {
    case Meet::kBool:
      return storage == Storage::kBool || storage == Storage::kInt;
    case Meet::kNumber:
      return storage == Storage::kInt || storage == Storage::kNumeric || storage == Storage::kFloat;
    case Meet::kText:
      return false;
    case Meet::kBytes:
      return storage == Storage::kBytes;
    case Meet::kDate:
      return storage == Storage::kDate || storage == Storage::kTimestamp;
    case Meet::kTime:
      return storage == Storage::kTime;
    case Meet::kTimestamp:
      return storage == Storage::kTimestamp;
    case Meet::kInstant:
      return storage == Storage::kInstant;
    case Meet::kInterval:
      return storage == Storage::kInterval;
    case Meet::kUuid:
      return storage == Storage::kUuid;
    case Meet::kJson:
      return storage == Storage::kJson;
    case Meet::kOther:
      return storage == Storage::kOther;
  }
  return false;
}

Result<Column> Column::make(const LensColumn& column, Meet meet, const ColumnOptions& options,
                            const DomainSpec* domain) {
  Column out;
  out.meet_ = meet;
  out.document_ = options.json.has_value();
  out.document_type_ = column.type;
  out.type_ = options.json.value_or(column.type);
  out.storage_ = storage_of(out.type_);
  if (out.document_ && !is_json(column.type.kind) && !is_text(column.type.kind)) {
    return Error(Code::kTypeMismatch,
                 fmt::format("{} is {}, which holds no JSON", column.name, type_text(column.type)))
        .advise("a JSON path needs a json, jsonb or text column");
  }
  if (!can_hold(out.storage_, meet)) {
    return Error(Code::kTypeMismatch,
                 fmt::format("{} is {}, which cannot be read as {}", column.name,
                             type_text(out.type_), type_kind_name(meet_type(meet).kind)));
  }
  out.path_ = column.path;
  out.not_null_ = column.not_null;
  out.absent_null_ = options.absent_null;
  out.json_null_is_null_ = options.json_null_is_null;
  out.quantum_us_ = options.quantum_us;
  out.without_padding_ = options.without_padding || out.type_.kind == TypeKind::kChar;
  if (out.storage_ == Storage::kText) {
    out.canon_ = options.canon;
    out.empty_is_null_ = std::ranges::find(out.canon_, Canon::kEmptyNull) != out.canon_.end();
  }
  if (domain != nullptr) {
    ATLAS_TRY(out.domain_, Domain::make(*domain, meet_type(meet)));
  }
  return out;
}

Fit Column::read(const Value& cell, Arena& arena, Value& out) const {
  if (cell.is_null()) {
    out = Value::null();
    return {};
  }
  const Fit fit = document_ ? read_member(cell, arena, out) : read_scalar(cell, arena, out);
  if (!fit.ok() || out.is_null()) return fit;
  return domain_.check(out);
}

Fit Column::read_member(const Value& cell, Arena& arena, Value& out) const {
  out = Value::null();
  if (cell.tag() != Tag::kJson && cell.tag() != Tag::kText) return {reason::kWrongTag};
  if (const Fit fit = check_text(cell.as_text()); !fit.ok()) return fit;
  const std::string_view document = document_text(cell);
  if (document.empty()) return {};
  const JsonFound found = json_find(document, path_);
  if (!found.fit.ok()) return found.fit;
  if (found.kind == JsonKind::kMissing || found.kind == JsonKind::kNull) return {};
  Value scalar;
  if (storage_ == Storage::kJson) {
    scalar = Value::json(found.text);
  } else if (storage_ == Storage::kText && found.kind == JsonKind::kString) {
    std::string_view text;
    if (const Fit fit = json_unquote(found.text, arena, text); !fit.ok()) return fit;
    scalar = Value::text(text);
  } else if (storage_ == Storage::kNumeric && found.kind == JsonKind::kNumber) {
    if (!read_number(found.text, arena, scalar).ok()) return {reason::kJsonNumber};
  } else if (storage_ == Storage::kBool && found.kind == JsonKind::kBool) {
    scalar = Value::boolean(found.text == "true");
  } else {
    return {reason::kOtherJsonType};
  }
  return read_scalar(scalar, arena, out);
}

Fit Column::read_scalar(const Value& cell, Arena& arena, Value& out) const {
  if (storage_ == Storage::kText) {
    if (cell.tag() != Tag::kText) return {reason::kWrongTag};
    return read_text(cell.as_text(), arena, out);
  }
  if (storage_ == Storage::kJson) {
    if (cell.tag() != Tag::kJson) return {reason::kWrongTag};
    if (const Fit fit = check_text(cell.as_text()); !fit.ok()) return fit;
    const JsonFound found = json_find(cell.as_text(), {});
    if (!found.fit.ok()) return found.fit;
    out = json_null_is_null_ && found.kind == JsonKind::kNull ? Value::null() : cell;
    return {};
  }
  return convert(cell, out);
}

Fit Column::read_text(std::string_view text, Arena& arena, Value& out) const {
  if (without_padding_) text = without_padding(text);
  if (const Fit fit = check_text(text); !fit.ok()) return fit;
  out = Value::text(text);
  if (!canon_.empty()) out = apply_canon(canon_, out, arena);
  if (meet_ == Meet::kText || out.is_null()) return {};
  text = out.as_text();
  if (meet_ == Meet::kNumber) return read_number(text, arena, out);
  if (meet_ == Meet::kJson) {
    const JsonFound found = json_find(text, {});
    if (!found.fit.ok()) return found.fit;
    out = json_null_is_null_ && found.kind == JsonKind::kNull ? Value::null() : Value::json(text);
    return {};
  }
  const auto parsed = parse_value(text, meet_type(meet_), arena);
  if (!parsed) return {reason::kNotThatType};
  return convert(*parsed, out);
}

// A cell or a parsed text, never JSON or text: the meeting form.
Fit Column::convert(const Value& cell, Value& out) const {
  out = cell;
  if (meet_ == Meet::kBool && cell.tag() == Tag::kInt) {
    if (cell.as_int() != 0 && cell.as_int() != 1) return {reason::kNotZeroOne};
    out = Value::boolean(cell.as_int() == 1);
  } else if (meet_ == Meet::kDate && cell.tag() == Tag::kTimestamp) {
    const std::int64_t us = cell.as_int();
    out = Value::date(is_endless(us) ? us : floor_div(us, kMicrosPerDay));
  } else if (!is_of(meet_, cell)) {
    return {reason::kWrongTag};
  } else if (meet_ == Meet::kTime) {
    out = Value::time(cut_micros(cell.as_int(), quantum_us_));
  } else if (meet_ == Meet::kTimestamp) {
    out = Value::timestamp(cut_micros(cell.as_int(), quantum_us_));
  } else if (meet_ == Meet::kInstant) {
    out = Value::instant(cut_micros(cell.as_int(), quantum_us_));
  }
  return {};
}

Fit Column::write(const Value& value, const Value& old, Arena& arena, Value& out) const {
  if (!value.is_null()) {
    if (!is_of(meet_, value)) return {reason::kWrongTag};
    if (const Fit fit = domain_.check(value); !fit.ok()) return fit;
  }
  if (document_) return write_member(value, old, arena, out);
  return value.is_null() ? write_null(arena, out) : write_scalar(value, arena, out);
}

Fit Column::write_null(Arena& arena, Value& out) const {
  out = Value::null();
  if (!not_null_) return {};
  if (empty_is_null_) {
    std::string_view text;
    if (type_.kind == TypeKind::kChar)
      text = with_padding(text, 0, static_cast<std::size_t>(type_.size), arena);
    out = Value::text(text);
    return {};
  }
  if (json_null_is_null_) {
    out = storage_ == Storage::kJson ? Value::json("null") : Value::text("null");
    return {};
  }
  return {reason::kNull};
}

Fit Column::write_member(const Value& value, const Value& old, Arena& arena, Value& out) const {
  const std::string_view document = document_text(old);
  std::string_view edited;
  if (value.is_null() && absent_null_) {
    if (document.empty()) {
      out = Value::null();
      return not_null_ ? write_document("{}", arena, out) : Fit{};
    }
    if (const Fit fit = json_remove(document, path_, arena, edited); !fit.ok()) return fit;
    return write_document(edited, arena, out);
  }
  std::string_view token = "null";
  if (!value.is_null()) {
    Value scalar;
    if (const Fit fit = write_scalar(value, arena, scalar); !fit.ok()) return fit;
    if (const Fit fit = json_token(scalar, arena, token); !fit.ok()) return fit;
  }
  if (const Fit fit = json_set(document, path_, token, arena, edited); !fit.ok()) return fit;
  return write_document(edited, arena, out);
}

Fit Column::json_token(const Value& scalar, Arena& arena, std::string_view& out) const {
  if (scalar.tag() == Tag::kText) {
    std::string quoted;
    json_quote(quoted, scalar.as_text());
    out = arena.copy(quoted);
    return {};
  }
  if (scalar.tag() == Tag::kBool) {
    out = scalar.as_bool() ? "true" : "false";
    return {};
  }
  if (is_number(scalar.tag())) {
    std::string_view plain;
    const Fit fit = plain_number(scalar, arena, plain);
    out = number_spelling(scalar, arena);
    return fit;
  }
  out = scalar.as_text();
  if (document_type_.kind == TypeKind::kJsonb && !jsonb_holds(out)) return {reason::kNotJsonb};
  return {};
}

Fit Column::write_document(std::string_view document, Arena& arena, Value& out) const {
  if (is_json(document_type_.kind)) {
    out = Value::json(document);
    return {};
  }
  std::size_t length = 0;
  if (document_type_.size > 0) length = text_length(document);
  if (length > static_cast<std::size_t>(document_type_.size)) return {reason::kTooLong};
  if (document_type_.kind == TypeKind::kChar)
    document = with_padding(document, length, static_cast<std::size_t>(document_type_.size), arena);
  out = Value::text(document);
  return {};
}

Fit Column::write_scalar(const Value& value, Arena& arena, Value& out) const {
  out = value;
  switch (storage_) {
    case Storage::kInt:
      if (meet_ != Meet::kBool) return write_integer(value, type_.kind, out);
      out = Value::integer(value.as_bool() ? 1 : 0);
      return {};
    case Storage::kNumeric:
      return write_numeric(value, type_.size, type_.scale, arena, out);
    case Storage::kFloat:
      return write_float(value, type_.kind, out);
    case Storage::kText:
      return write_text(value, arena, out);
    case Storage::kTimestamp:
      return write_stamp(value, out);
    case Storage::kInstant:
      return write_stamp(value, out);
    case Storage::kJson:
      if (type_.kind == TypeKind::kJsonb && !jsonb_holds(value.as_text()))
        return {reason::kNotJsonb};
      return {};
    case Storage::kBool:
    case Storage::kBytes:
    case Storage::kDate:
    case Storage::kTime:
    case Storage::kInterval:
    case Storage::kUuid:
    case Storage::kOther:
      return {};
  }
  return {};
}

Fit Column::write_text(const Value& value, Arena& arena, Value& out) const {
  std::string_view text;
  if (value.tag() == Tag::kText || value.tag() == Tag::kJson) {
    text = value.as_text();
    if (const Fit fit = check_text(text); !fit.ok()) return fit;
  } else {
    text = is_number(value.tag()) ? number_spelling(value, arena) : arena.copy(value_text(value));
  }
  if (type_.kind == TypeKind::kEnum) {
    const bool known =
        type_.labels.empty() || std::ranges::find(type_.labels, text) != type_.labels.end();
    if (!known) return {reason::kNoLabel};
    out = Value::text(text);
    return {};
  }
  if (type_.size > 0) {
    const bool padded = type_.kind == TypeKind::kChar;
    if (padded) text = without_padding(text);
    const std::size_t length = text_length(text);
    const auto limit = static_cast<std::size_t>(type_.size);
    if (length > limit) return {reason::kTooLong};
    if (padded) text = with_padding(text, length, limit, arena);
  }
  out = Value::text(text);
  return {};
}

}  // namespace atlas
