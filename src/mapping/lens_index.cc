#include "mapping/lens_index.h"

#include "mapping/lens_number.h"

#include <algorithm>
#include <tuple>

namespace atlas {
namespace {

// The content that equals when the values are equal in meaning. Borrowed from `value` or `scratch`.
std::string_view content_of(const Value& value, Arena& arena, std::int64_t& scratch) {
  if (is_number(value.tag())) {
    std::string_view text;
    if (plain_number(value, arena, text).ok()) return text;
    Value special;
    (void)write_numeric(value, 0, 0, arena, special);
    return special.as_text();
  }
  if (value.has_content()) return value.as_text();
  scratch = value.tag() == Tag::kBool ? (value.as_bool() ? 1 : 0) : value.as_int();
  return {reinterpret_cast<const char*>(&scratch), sizeof scratch};
}

Tag tag_of(const Value& value) { return is_number(value.tag()) ? Tag::kDecimal : value.tag(); }

}  // namespace

std::optional<std::int64_t> ValueIndex::whole(const Value& value) {
  if (value.tag() == Tag::kInt) return value.as_int();
  if (!is_number(value.tag())) return std::nullopt;
  Value integer;
  if (!write_integer(value, TypeKind::kInt8, integer).ok()) return std::nullopt;
  return integer.as_int();
}

bool ValueIndex::add(const Value& value, std::uint32_t position) {
  if (const auto number = whole(value)) {
    if (std::ranges::find(numbers_, *number, &std::pair<std::int64_t, std::uint32_t>::first) !=
        numbers_.end())
      return false;
    numbers_.emplace_back(*number, position);
    return true;
  }
  Arena arena;
  std::int64_t scratch = 0;
  Other other{tag_of(value), std::string(content_of(value, arena, scratch)), position};
  const bool there = std::ranges::any_of(
      others_, [&](const Other& o) { return o.tag == other.tag && o.content == other.content; });
  if (!there) others_.push_back(std::move(other));
  return !there;
}

void ValueIndex::seal() {
  std::ranges::sort(numbers_);
  std::ranges::sort(others_, [](const Other& a, const Other& b) {
    return std::tie(a.tag, a.content) < std::tie(b.tag, b.content);
  });
}

std::optional<std::uint32_t> ValueIndex::find(const Value& value) const {
  if (const auto number = whole(value)) {
    const auto at = std::ranges::lower_bound(numbers_, *number, {},
                                             &std::pair<std::int64_t, std::uint32_t>::first);
    if (at == numbers_.end() || at->first != *number) return std::nullopt;
    return at->second;
  }
  if (others_.empty()) return std::nullopt;
  Arena arena;
  std::int64_t scratch = 0;
  const Tag tag = tag_of(value);
  const std::string_view content = content_of(value, arena, scratch);
  const auto at = std::partition_point(others_.begin(), others_.end(), [&](const Other& o) {
    return o.tag != tag ? o.tag < tag : std::string_view(o.content) < content;
  });
  if (at == others_.end() || at->tag != tag || at->content != content) return std::nullopt;
  return at->position;
}

}  // namespace atlas
