#include "mapping/lens_samples.h"

#include "mapping/lens_column.h"
#include "model/text_form.h"

namespace atlas {
namespace {

using Texts = std::vector<std::string>;

Texts numbers() {
  return {"0",
          "1",
          "-1",
          "2",
          "3",
          "5",
          "7",
          "10",
          "42",
          "99",
          "100",
          "127",
          "255",
          "1000",
          "0.5",
          "0.01",
          "-0.5",
          "1.5",
          "9.99",
          "123.45",
          "1e-7",
          "2147483647",
          "-2147483648",
          "9007199254740993",
          "1e20",
          "9223372036854775807",
          "-9223372036854775808"};
}
Texts words() {
  return {"",
          "a",
          "A",
          "b",
          "0",
          "1",
          "-1",
          "01",
          "1.50",
          " ",
          "a b",
          " a ",
          "a  b",
          "ab",
          "aB",
          "x@y.z",
          "a-b",
          "a,b",
          "a/b",
          "a'b",
          "true",
          "\xc3\xa4",
          "\xc3\x84",
          "\xc3\x9f",
          "e\xcc\x81",
          "\xc3\xa9",
          "\xf0\x9f\x98\x80",
          "12345",
          "2024-02-29",
          "Mary Ann Smith",
          "abcdefghijklmnopqrstuvwxyz"};
}
Texts days() {
  return {"1970-01-01", "2000-02-29", "1999-12-31", "2024-03-31",
          "0001-01-01", "9999-12-31", "infinity",   "0044-03-15 BC"};
}
Texts stamps() {
  return {"1970-01-01 00:00:00",        "2000-02-29 12:34:56",
          "2024-03-31 02:30:00",        "2024-10-27 02:30:00",
          "2024-07-01 12:00:00.123456", "1999-12-31 23:59:59.999999",
          "0001-01-01 00:00:00",        "infinity"};
}
Texts documents() {
  return {"{}",
          "null",
          "[]",
          "0",
          "\"a\"",
          "true",
          "{\"a\": 1}",
          "{\"a\": null}",
          "[1, \"b\"]",
          "{\"b\": {\"c\": \"d\"}}",
          "9007199254740993",
          "1.0"};
}

Texts texts_of(const Type& type) {
  switch (type.kind) {
    case TypeKind::kBool:
      return {"false", "true"};
    case TypeKind::kInt2:
    case TypeKind::kInt4:
    case TypeKind::kInt8:
    case TypeKind::kNumeric:
    case TypeKind::kFloat4:
    case TypeKind::kFloat8:
      return numbers();
    case TypeKind::kText:
    case TypeKind::kVarchar:
    case TypeKind::kChar:
      return words();
    case TypeKind::kEnum:
      return type.labels;
    case TypeKind::kBytea:
      return {"\\x", "\\x00", "\\xff"};
    case TypeKind::kDate:
      return days();
    case TypeKind::kTime:
      return {"00:00:00", "12:34:56.789", "23:59:59.999999"};
    case TypeKind::kTimestamp:
      return stamps();
    case TypeKind::kTimestampTz: {
      Texts out = stamps();
      for (std::string& text : out) {
        if (text != "infinity") text += "+00";
      }
      return out;
    }
    case TypeKind::kInterval:
      return {"00:00:00", "1 mon", "1 day", "-1 day"};
    case TypeKind::kUuid:
      return {"00000000-0000-0000-0000-000000000000", "7f3c1d9e-5b0a-4c62-9d41-2f8e6a70b1c4",
              "ffffffff-ffff-ffff-ffff-ffffffffffff"};
    case TypeKind::kJson:
    case TypeKind::kJsonb:
      return documents();
    case TypeKind::kArray:
      return {"{}"};
    case TypeKind::kOther:
      return {};
  }
  return {};
}

}  // namespace

std::vector<Value> sample_cells(const LensColumn& column, Arena& arena) {
  std::vector<Value> out;
  if (!column.not_null) out.emplace_back();
  // What the column cannot hold is no sample of it: written once, it is refused.
  LensColumn whole = column;
  whole.path.clear();
  const auto writer = Column::make(whole, natural_meet(column.type), {}, nullptr);
  if (!writer) return out;
  for (const std::string& text : texts_of(column.type)) {
    const auto value = parse_value(text, column.type, arena);
    if (!value) continue;
    Value read;
    Value cell;
    if (!writer->read(*value, arena, read).ok()) continue;
    if (writer->write(read, Value::null(), arena, cell).ok()) out.push_back(cell.copy_to(arena));
  }
  return out;
}

}  // namespace atlas
