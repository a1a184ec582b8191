#include "model/json_hash.h"

#include "model/decimal.h"
#include "model/text_scan.h"

#include <algorithm>
#include <string>
#include <vector>

namespace atlas {
namespace {

using Part = JsonHashing::Part;

// An array or object that is still open. Its members' hashes stand on the common stack from `first`
// on; an object's as key and value in turn.
struct Open {
  bool object = false;
  std::size_t first = 0;
};

void append_utf8(std::string& out, std::uint32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0U | (c >> 6U));
    out += static_cast<char>(0x80U | (c & 63U));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0U | (c >> 12U));
    out += static_cast<char>(0x80U | ((c >> 6U) & 63U));
    out += static_cast<char>(0x80U | (c & 63U));
  } else {
    out += static_cast<char>(0xF0U | (c >> 18U));
    out += static_cast<char>(0x80U | ((c >> 12U) & 63U));
    out += static_cast<char>(0x80U | ((c >> 6U) & 63U));
    out += static_cast<char>(0x80U | (c & 63U));
  }
}

class Reader {
 public:
  Reader(std::string_view text, const JsonHashing& hashing) : in_(text), hashing_(hashing) {}

  std::optional<std::uint64_t> read() {
    skip_space();
    if (!read_value()) return std::nullopt;
    while (!open_.empty()) {
      if (!read_next_member()) return std::nullopt;
    }
    skip_space();
    if (!in_.done()) return std::nullopt;
    return hashes_.back();
  }

 private:
  void skip_space() {
    while (in_.eat(' ') || in_.eat('\n') || in_.eat('\r') || in_.eat('\t')) {
    }
  }
  void push(Part part, std::string_view bytes) {
    hashes_.push_back(hashing_.hash(hashing_.context, part, bytes));
  }
  bool push_if(bool matches, Part part) {
    if (matches) push(part, {});
    return matches;
  }

  // A scalar, or the opening of an array or object with what follows up to its first member's
  // value.
  bool read_value() {
    switch (in_.peek()) {
      case '{':
      case '[':
        return open();
      case '"':
        return read_string();
      case 't':
        return push_if(in_.eat("true"), Part::kTrue);
      case 'f':
        return push_if(in_.eat("false"), Part::kFalse);
      case 'n':
        return push_if(in_.eat("null"), Part::kNull);
      default:
        return read_number();
    }
  }

  // Nested openings are met one by one: the loop in read() goes on, nothing recurses.
  bool open() {
    open_.push_back({in_.peek() == '{', hashes_.size()});
    fresh_ = true;
    return in_.eat('{') || in_.eat('[');
  }

  // After a member, or after the opening: the next member or the closing.
  bool read_next_member() {
    const bool first = fresh_;
    fresh_ = false;
    const Open top = open_.back();
    skip_space();
    if (in_.eat(top.object ? '}' : ']')) {
      close(top);
      return true;
    }
    if (!first && !in_.eat(',')) return false;
    skip_space();
    if (top.object) {
      if (in_.peek() != '"' || !read_string()) return false;
      skip_space();
      if (!in_.eat(':')) return false;
      skip_space();
    }
    return read_value();
  }

  void close(const Open& top) {
    open_.pop_back();
    if (top.object) order_members(top.first);
    const char* bytes = reinterpret_cast<const char*>(hashes_.data() + top.first);
    const std::size_t size = (hashes_.size() - top.first) * sizeof(std::uint64_t);
    const std::uint64_t hash =
        hashing_.hash(hashing_.context, top.object ? Part::kObject : Part::kArray, {bytes, size});
    hashes_.resize(top.first);
    hashes_.push_back(hash);
  }

  // Sorts an object's members by the hashes of their keys; of equal keys only the last stays.
  void order_members(std::size_t first) {
    struct Member {
      std::uint64_t key, value;
    };
    std::vector<Member> members;
    for (std::size_t i = first; i < hashes_.size(); i += 2)
      members.push_back({hashes_[i], hashes_[i + 1]});
    std::ranges::stable_sort(members, {}, &Member::key);
    hashes_.resize(first);
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (i + 1 < members.size() && members[i + 1].key == members[i].key) continue;
      hashes_.push_back(members[i].key);
      hashes_.push_back(members[i].value);
    }
  }

  bool read_number() {
    const std::string_view before = in_.left();
    (void)in_.eat('-');
    if (!in_.eat('0') && !eat_digits()) return false;
    if (in_.eat('.') && !eat_digits()) return false;
    if (in_.eat('e') || in_.eat('E')) {
      if (!in_.eat('+')) (void)in_.eat('-');
      if (!eat_digits()) return false;
    }
    const std::string_view text = before.substr(0, before.size() - in_.left().size());
    push(Part::kNumber, shortest_decimal(text, scratch_));
    return true;
  }
  bool eat_digits() {
    const std::size_t before = in_.left().size();
    while (is_digit(in_.peek())) (void)in_.eat(in_.peek());
    return in_.left().size() != before;
  }

  bool read_string() {
    (void)in_.eat('"');
    // Usually no escape: the bytes are hashed where they are.
    const std::string_view left = in_.left();
    std::size_t size = 0;
    while (size < left.size() && left[size] != '"' && left[size] != '\\' &&
           static_cast<unsigned char>(left[size]) >= 0x20) {
      ++size;
    }
    in_ = TextScan(left.substr(size));
    if (in_.eat('"')) {
      push(Part::kString, left.substr(0, size));
      return true;
    }
    scratch_ = left.substr(0, size);
    while (!in_.done()) {
      const char c = in_.peek();
      if (static_cast<unsigned char>(c) < 0x20) return false;
      (void)in_.eat(c);
      if (c == '"') {
        push(Part::kString, scratch_);
        return true;
      }
      if (c != '\\')
        scratch_ += c;
      else if (!read_escape())
        return false;
    }
    return false;
  }

  bool read_escape() {
    constexpr std::string_view kEscapes = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    const char c = in_.peek();
    if (const auto at = kEscapes.find(c); at != std::string_view::npos && !in_.done()) {
      scratch_ += kMeanings[at];
      return in_.eat(c);
    }
    if (!in_.eat('u')) return false;
    auto unit = read_unit();
    if (!unit) return false;
    // A pair of surrogates is one character; a lone one is kept by its own three bytes.
    if (*unit >= 0xD800 && *unit < 0xDC00 && in_.left().starts_with("\\u")) {
      const TextScan before = in_;
      (void)in_.eat("\\u");
      const auto low = read_unit();
      if (!low) return false;
      if (*low >= 0xDC00 && *low < 0xE000) {
        unit = 0x10000 + ((*unit - 0xD800) << 10U) + (*low - 0xDC00);
      } else {
        in_ = before;
      }
    }
    append_utf8(scratch_, *unit);
    return true;
  }
  std::optional<std::uint32_t> read_unit() {
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i) {
      const char c = ascii_lower(in_.peek());
      const bool letter = c >= 'a' && c <= 'f';
      if (!letter && !is_digit(c)) return std::nullopt;
      value = value * 16 + static_cast<std::uint32_t>(letter ? c - 'a' + 10 : c - '0');
      (void)in_.eat(in_.peek());
    }
    return value;
  }

  TextScan in_;
  const JsonHashing& hashing_;
  std::vector<Open> open_;
  std::vector<std::uint64_t> hashes_;
  bool fresh_ = false;  // the innermost array or object was opened just now
  std::string scratch_;
};

}  // namespace

std::optional<std::uint64_t> json_hash(std::string_view text, const JsonHashing& hashing) {
  return Reader(text, hashing).read();
}

}  // namespace atlas
