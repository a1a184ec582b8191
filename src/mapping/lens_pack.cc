// pack: several legacy columns are members of one JSON document.

#include "mapping/lens_json_edit.h"
#include "mapping/lens_number.h"
#include "mapping/lens_pair.h"
#include "mapping/lens_reasons.h"
#include "model/text_form.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace atlas {
namespace {

constexpr std::size_t kMembersMax = 16;

struct Member {
  Meet meet = Meet::kText;
  Column column;  // legacy
  Column inside;  // the member of the platform's document
  Column absent;  // the same member; null removes it
};

// A text as JSON, without a detour over the heap where nothing needs a backslash.
std::string_view quoted(std::string_view text, Arena& arena) {
  const bool plain = std::ranges::none_of(
      text, [](char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20; });
  if (!plain) {
    std::string out;
    json_quote(out, text);
    return arena.copy(out);
  }
  char* const out = arena.allocate(text.size() + 2);
  out[0] = '"';
  *std::ranges::copy(text, out + 1).out = '"';
  return {out, text.size() + 2};
}

// A member's value as an element of the mid.
Fit token_of(const Value& value, Arena& arena, std::string_view& out) {
  if (value.is_null()) {
    out = "null";
  } else if (is_number(value.tag())) {
    return plain_number(value, arena, out);
  } else if (value.tag() == Tag::kBool) {
    out = value.as_bool() ? "true" : "false";
  } else if (value.tag() == Tag::kJson) {
    out = value.as_text();
  } else {
    out =
        quoted(value.tag() == Tag::kText ? value.as_text() : arena.copy(value_text(value)), arena);
  }
  return {};
}

// The reverse.
Fit value_of(std::string_view token, Meet meet, Arena& arena, Value& out) {
  const JsonKind kind = json_find(token, {}).kind;
  out = Value::null();
  if (kind == JsonKind::kNull) return {};
  if (meet == Meet::kJson) {
    out = Value::json(token);
  } else if (kind == JsonKind::kNumber) {
    return read_number(token, arena, out);
  } else if (kind == JsonKind::kBool) {
    out = Value::boolean(token == "true");
  } else {
    std::string_view text;
    if (const Fit fit = json_unquote(token, arena, text); !fit.ok()) return fit;
    out = Value::text(text);
    if (meet == Meet::kText) return {};
    const auto parsed = parse_value(text, meet_type(meet), arena);
    if (!parsed) return {reason::kNotThatType};
    out = *parsed;
  }
  return {};
}

// The mid is the JSON array of the members' values; null when all of them are.
class PackLens final : public Lens {
 public:
  explicit PackLens(std::vector<Member> members) : members_(std::move(members)) {}

  Fit get(Side side, std::span<const Value> cells, Arena& arena, Value& mid) const override {
    std::array<std::string_view, kMembersMax> tokens;
    std::size_t size = 2;
    bool all_null = true;
    for (std::size_t i = 0; i < members_.size(); ++i) {
      Value value;
      const Fit read = side == Side::kLegacy ? members_[i].column.read(cells[i], arena, value)
                                             : members_[i].inside.read(cells[0], arena, value);
      if (!read.ok()) return read;
      all_null &= value.is_null();
      if (const Fit fit = token_of(value, arena, tokens[i]); !fit.ok()) return fit;
      size += tokens[i].size() + 2;
    }
    mid = Value::null();
    if (all_null) return {};
    char* const text = arena.allocate(size);
    char* at = text;
    *at++ = '[';
    for (std::size_t i = 0; i < members_.size(); ++i) {
      if (i > 0) at = std::ranges::copy(std::string_view(", "), at).out;
      at = std::ranges::copy(tokens[i], at).out;
    }
    *at++ = ']';
    mid = Value::json({text, static_cast<std::size_t>(at - text)});
    return {};
  }

  Fit create(Side side, const Value& mid, std::span<const Value> old, Arena& arena,
             std::span<Value> out) const override {
    std::array<Value, kMembersMax> values;
    if (!mid.is_null()) {
      const auto tokens = json_elements(mid.as_text());
      for (std::size_t i = 0; i < members_.size(); ++i) {
        const Fit fit = value_of(tokens[i], members_[i].meet, arena, values[i]);
        if (!fit.ok()) return fit;
      }
    }
    Value document = old.empty() ? Value::null() : old.front();
    for (std::size_t i = 0; i < members_.size(); ++i) {
      const Member& member = members_[i];
      if (side == Side::kLegacy) {
        const Value before = old.empty() ? Value::null() : old[i];
        const Fit fit = member.column.write(values[i], before, arena, out[i]);
        if (!fit.ok()) return fit;
        continue;
      }
      const Column& inside = mid.is_null() ? member.absent : member.inside;
      Value edited;
      if (const Fit fit = inside.write(values[i], document, arena, edited); !fit.ok()) return fit;
      document = edited;
    }
    if (side == Side::kPlatform) out.front() = document;
    return {};
  }

  bool handles_null() const override { return true; }
  LawClass law() const override { return LawClass::kPlatformFiner; }
  std::string_view name() const override { return "pack"; }
  std::size_t arity(Side side) const override {
    return side == Side::kLegacy ? members_.size() : 1;
  }

 private:
  std::vector<Member> members_;
};

// The type that a member has in the document.
Type member_type(Meet meet) {
  if (meet == Meet::kBool || meet == Meet::kNumber || meet == Meet::kJson) return meet_type(meet);
  return meet_type(Meet::kText);
}

Result<Column> document_column(const LensSpec& spec, const std::vector<std::string>& path,
                               Meet meet, const ColumnOptions& options) {
  LensColumn column = spec.platform.front();
  column.path.insert(column.path.end(), path.begin(), path.end());
  return Column::make(column, meet, options,
                      spec.domain_platform.empty() ? nullptr : &spec.domain_platform.front());
}

Result<Member> make_member(const LensSpec& spec, const PackOp& op, std::size_t position) {
  const LensColumn& legacy = spec.legacy[position];
  Member out;
  out.meet = legacy.path.empty() ? natural_meet(legacy.type) : Meet::kText;
  if (out.meet == Meet::kOther)
    return Error(Code::kTypeMismatch, fmt::format("{} is {}, which `pack` cannot hold", legacy.name,
                                                  type_text(legacy.type)));
  const Type inside = member_type(out.meet);
  std::array<ColumnOptions, 2> options;
  for (ColumnOptions& own : options) {
    own.canon = spec.canon;
    own.json_null_is_null = out.meet == Meet::kJson;
  }
  const Type outside = legacy.path.empty() ? legacy.type : inside;
  align(options, {outside, inside}, out.meet);
  if (!legacy.path.empty()) options[0].json = outside;
  ATLAS_TRY(out.column, make_column(spec, Side::kLegacy, position, out.meet, options[0]));
  options[1].json = inside;
  options[1].absent_null = op.absent_null;
  const auto& path = op.members[position];
  ATLAS_TRY(out.inside, document_column(spec, path, out.meet, options[1]));
  options[1].absent_null = true;
  ATLAS_TRY(out.absent, document_column(spec, path, out.meet, options[1]));
  return out;
}

bool begins_with(const std::vector<std::string>& path, const std::vector<std::string>& other) {
  return path.size() >= other.size() && std::equal(other.begin(), other.end(), path.begin());
}

Result<> check_members(const PackOp& op) {
  for (std::size_t i = 0; i < op.members.size(); ++i) {
    if (op.members[i].empty()) return Error(Code::kWrongShape, "a member of `pack` has no name");
    for (std::size_t k = 0; k < op.members.size(); ++k) {
      if (i == k || !begins_with(op.members[i], op.members[k])) continue;
      return Error(Code::kWrongShape,
                   fmt::format("the members `{}` and `{}` of `pack` are in one place",
                               fmt::join(op.members[i], "."), fmt::join(op.members[k], ".")));
    }
  }
  return {};
}

}  // namespace

MadeLens make_pack(const LensSpec& spec, const PackOp& op) {
  if (spec.platform.size() != 1 || op.members.size() != spec.legacy.size() ||
      op.members.size() > kMembersMax)
    return Error(Code::kWrongShape,
                 fmt::format("`pack` takes one platform column and a legacy column for each of its "
                             "{} members, at most {}",
                             op.members.size(), kMembersMax));
  ATLAS_OK(check_members(op));
  std::vector<Member> members;
  for (std::size_t i = 0; i < op.members.size(); ++i) {
    ATLAS_TRY(Member member, make_member(spec, op, i));
    members.push_back(std::move(member));
  }
  if (!spec.canon.empty() &&
      std::ranges::none_of(members, [](const Member& m) { return m.column.holds_text(); }))
    return Error(Code::kTypeMismatch, "`canon` is for text").advise("remove `canon`");
  return std::make_unique<PackLens>(std::move(members));
}

}  // namespace atlas
