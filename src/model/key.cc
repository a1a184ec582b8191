#include "model/key.h"

#include "foundation/assert.h"
#include "model/decimal.h"
#include "model/text_form.h"

#include <algorithm>
#include <bit>

namespace atlas {
namespace {

// First byte of a component. Ascending in the order that components of different types take; never
// 0xFF, which would be mistaken for an escape (docs/formats/key.md).
enum class Mark : std::uint8_t {
  kNull = 0x01,
  kBool = 0x10,
  kInt = 0x20,
  kDecimal = 0x28,
  kDate = 0x30,
  kTimestamp = 0x38,
  kInstant = 0x40,
  kUuid = 0x50,
  kText = 0x60,
  kBytes = 0x70,
  kOther = 0x78,
};

constexpr char kEnd = '\0';
constexpr char kEscape = '\xFF';  // after kEnd: the byte is content
constexpr std::uint64_t kSignBit = 1ULL << 63U;
constexpr std::size_t kUuidSize = 16;

void append_mark(std::string& out, Mark mark) { out += static_cast<char>(mark); }

void append_int(std::string& out, Mark mark, std::int64_t value) {
  static_assert(std::endian::native == std::endian::little);
  const std::uint64_t ordered = __builtin_bswap64(static_cast<std::uint64_t>(value) ^ kSignBit);
  char bytes[1 + sizeof ordered];
  bytes[0] = static_cast<char>(mark);
  std::memcpy(bytes + 1, &ordered, sizeof ordered);
  out.append(bytes, sizeof bytes);
}

void append_escaped(std::string& out, Mark mark, std::string_view content) {
  append_mark(out, mark);
  for (;;) {
    const auto zero = content.find(kEnd);
    out += content.substr(0, zero);
    out += kEnd;
    if (zero == std::string_view::npos) return;
    out += kEscape;
    content.remove_prefix(zero + 1);
  }
}

std::string_view take(KeyView& key, std::size_t size) {
  ATLAS_ASSERT(key.size() >= size, "a key ends in the middle of a component");
  const std::string_view out = key.substr(0, size);
  key.remove_prefix(size);
  return out;
}

std::int64_t take_int(KeyView& key) {
  std::uint64_t ordered = 0;
  std::memcpy(&ordered, take(key, sizeof ordered).data(), sizeof ordered);
  return static_cast<std::int64_t>(__builtin_bswap64(ordered) ^ kSignBit);
}

std::string_view take_escaped(KeyView& key, Arena& arena) {
  // The content is never longer than its escaped form; one pass, cut to length after.
  std::size_t size = 0;
  std::size_t escapes = 0;
  for (;; ++size) {
    ATLAS_ASSERT(size < key.size(), "a key's text has no end");
    if (key[size] != kEnd) continue;
    if (size + 1 == key.size() || key[size + 1] != kEscape) break;
    ++size;
    ++escapes;
  }
  const std::string_view escaped = key.substr(0, size);
  key.remove_prefix(size + 1);
  if (escapes == 0) return arena.copy(escaped);
  char* out = arena.allocate(size - escapes);
  char* at = out;
  for (std::size_t i = 0; i < escaped.size(); ++i) {
    *at++ = escaped[i];
    if (escaped[i] == kEnd) ++i;
  }
  return {out, size - escapes};
}

Value take_component(KeyView& key, Arena& arena) {
  switch (static_cast<Mark>(take(key, 1).front())) {
    case Mark::kNull:
      return Value::null();
    case Mark::kBool:
      return Value::boolean(take(key, 1).front() != 0);
    case Mark::kInt:
      return Value::integer(take_int(key));
    case Mark::kDecimal:
      return Value::decimal(take_escaped(key, arena));
    case Mark::kDate:
      return Value::date(take_int(key));
    case Mark::kTimestamp:
      return Value::timestamp(take_int(key));
    case Mark::kInstant:
      return Value::instant(take_int(key));
    case Mark::kUuid: {
      Uuid uuid{};
      std::memcpy(uuid.data(), take(key, kUuidSize).data(), kUuidSize);
      return Value::uuid(uuid, arena);
    }
    case Mark::kText:
      return Value::text(take_escaped(key, arena));
    case Mark::kBytes:
      return Value::bytes(take_escaped(key, arena));
    case Mark::kOther:
      return Value::other(take_escaped(key, arena));
  }
  ATLAS_ASSERT(false, "a key holds a component of no known type");
  return {};
}

// Passes one component; its mark.
Mark pass_component(KeyView& key) {
  const auto mark = static_cast<Mark>(take(key, 1).front());
  switch (mark) {
    case Mark::kNull:
      return mark;
    case Mark::kBool:
      key.remove_prefix(1);
      return mark;
    case Mark::kInt:
    case Mark::kDate:
    case Mark::kTimestamp:
    case Mark::kInstant:
      key.remove_prefix(sizeof(std::int64_t));
      return mark;
    case Mark::kUuid:
      key.remove_prefix(kUuidSize);
      return mark;
    case Mark::kDecimal:
    case Mark::kText:
    case Mark::kBytes:
    case Mark::kOther: {
      std::size_t end = key.find(kEnd);
      while (end + 1 < key.size() && key[end + 1] == kEscape) end = key.find(kEnd, end + 2);
      key.remove_prefix(end + 1);
      return mark;
    }
  }
  ATLAS_ASSERT(false, "a key holds a component of no known type");
  return mark;
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7F'; }

// Text that could be read as something else, or would disturb a terminal or a list, is put in
// quotes.
bool needs_quotes(std::string_view text) {
  return text.empty() || text == "null" || text.front() == '"' || text.front() == ' ' ||
         text.back() == ' ' || text.find(',') != std::string_view::npos ||
         std::ranges::any_of(text, is_control);
}

void append_quoted(std::string& out, std::string_view text) {
  constexpr char kHexDigits[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    if (is_control(c)) {
      out += "\\x";
      out += kHexDigits[static_cast<unsigned char>(c) >> 4U];
      out += kHexDigits[static_cast<unsigned char>(c) & 15U];
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// Takes a quoted text up to and with its closing quote. False when it is not well formed.
bool take_quoted(std::string_view& text, std::string& out) {
  text.remove_prefix(1);
  for (;;) {
    if (text.empty()) return false;
    const char c = text.front();
    text.remove_prefix(1);
    if (c == '"') return true;
    if (c != '\\') {
      out += c;
      continue;
    }
    if (text.starts_with('x')) {
      if (text.size() < 3 || hex_value(text[1]) < 0 || hex_value(text[2]) < 0) return false;
      out += static_cast<char>(hex_value(text[1]) * 16 + hex_value(text[2]));
      text.remove_prefix(3);
      continue;
    }
    if (!text.starts_with('"') && !text.starts_with('\\')) return false;
    out += text.front();
    text.remove_prefix(1);
  }
}

bool is_key_kind(TypeKind kind) {
  switch (kind) {
    case TypeKind::kBool:
    case TypeKind::kInt2:
    case TypeKind::kInt4:
    case TypeKind::kInt8:
    case TypeKind::kNumeric:
    case TypeKind::kText:
    case TypeKind::kVarchar:
    case TypeKind::kChar:
    case TypeKind::kBytea:
    case TypeKind::kDate:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampTz:
    case TypeKind::kUuid:
    case TypeKind::kArray:
    case TypeKind::kEnum:
    case TypeKind::kOther:
      return true;
    case TypeKind::kFloat4:
    case TypeKind::kFloat8:
    case TypeKind::kTime:
    case TypeKind::kInterval:
    case TypeKind::kJson:
    case TypeKind::kJsonb:
      return false;
  }
  return false;
}

// Takes one component's text: quoted, or up to the next comma (the only component: all of it).
bool parse_component(std::string_view& text, const Type& type, bool only, Arena& arena,
                     std::string& key) {
  if (!is_key_kind(type.kind)) return false;
  std::string content;
  const bool quoted = text.starts_with('"');
  if (quoted) {
    if (!take_quoted(text, content)) return false;
  } else {
    const std::size_t size = only ? text.size() : std::min(text.find(','), text.size());
    content = text.substr(0, size);
    text.remove_prefix(size);
    if (content == "null") {
      append_key(key, Value::null());
      return true;
    }
  }
  const auto value = parse_value(content, type, arena);
  if (value) append_key(key, *value);
  return value.has_value();
}

}  // namespace

void append_key(std::string& out, const Value& component) {
  switch (component.tag()) {
    case Tag::kNull:
      append_mark(out, Mark::kNull);
      return;
    case Tag::kBool:
      append_mark(out, Mark::kBool);
      out += component.as_bool() ? '\1' : '\0';
      return;
    case Tag::kInt:
      append_int(out, Mark::kInt, component.as_int());
      return;
    case Tag::kDecimal: {
      std::string scratch;
      append_escaped(out, Mark::kDecimal, shortest_decimal(component.as_text(), scratch));
      return;
    }
    case Tag::kDate:
      append_int(out, Mark::kDate, component.as_int());
      return;
    case Tag::kTimestamp:
      append_int(out, Mark::kTimestamp, component.as_int());
      return;
    case Tag::kInstant:
      append_int(out, Mark::kInstant, component.as_int());
      return;
    case Tag::kUuid:
      append_mark(out, Mark::kUuid);
      out += component.as_text();
      return;
    case Tag::kText:
      append_escaped(out, Mark::kText, component.as_text());
      return;
    case Tag::kBytes:
      append_escaped(out, Mark::kBytes, component.as_text());
      return;
    case Tag::kOther:
      append_escaped(out, Mark::kOther, component.as_text());
      return;
    case Tag::kFloat:
    case Tag::kTime:
    case Tag::kInterval:
    case Tag::kJson:
      break;
  }
  ATLAS_ASSERT(false, "a value of this type cannot be part of a key");
}

Key encode_key(std::span<const Value> components) {
  Key out;
  for (const Value& component : components) append_key(out, component);
  return out;
}

KeyView encode_key(std::span<const Value> components, Arena& arena) {
  if (components.size() == 1 && components[0].tag() == Tag::kInt) {
    // The usual key fits the string's own buffer, but building it there would copy it twice.
    char* out = arena.allocate(9);
    const std::uint64_t ordered =
        __builtin_bswap64(static_cast<std::uint64_t>(components[0].as_int()) ^ kSignBit);
    out[0] = static_cast<char>(Mark::kInt);
    std::memcpy(out + 1, &ordered, sizeof ordered);
    return {out, 9};
  }
  return arena.copy(encode_key(components));
}

std::vector<Value> decode_key(KeyView key, Arena& arena) {
  std::vector<Value> out;
  while (!key.empty()) out.push_back(take_component(key, arena));
  return out;
}

bool has_stray(KeyView key) {
  if (key.find(static_cast<char>(Mark::kOther)) == KeyView::npos) return false;
  while (!key.empty()) {
    if (pass_component(key) == Mark::kOther) return true;
  }
  return false;
}

std::string key_text(KeyView key) {
  Arena arena;
  std::string out;
  while (!key.empty()) {
    const Value component = take_component(key, arena);
    if (!out.empty()) out += ", ";
    const bool free_text = component.tag() == Tag::kText || component.tag() == Tag::kOther;
    if (free_text && needs_quotes(component.as_text())) {
      append_quoted(out, component.as_text());
    } else {
      append_value_text(out, component);
    }
  }
  return out;
}

bool parse_key(std::string_view text, std::span<const Type> types, Key& out) {
  Arena arena;
  Key key;
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (i != 0) {
      if (!text.starts_with(',')) return false;
      text.remove_prefix(1);
      while (text.starts_with(' ')) text.remove_prefix(1);
    }
    if (!parse_component(text, types[i], types.size() == 1, arena, key)) return false;
  }
  if (!text.empty() || key.empty()) return false;
  out = std::move(key);
  return true;
}

}  // namespace atlas
