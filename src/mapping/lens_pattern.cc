// pattern: a text on each side, made of the same groups by two templates.

#include "mapping/lens_pair.h"
#include "mapping/lens_reasons.h"
#include "mapping/pattern_proof.h"
#include "model/text_scan.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace atlas {
namespace {

constexpr std::size_t kGroupsMax = 16;

// One piece of a template: literal text, or a group.
struct Piece {
  std::string literal;
  std::optional<std::size_t> group;
};

struct Template {
  std::vector<Piece> pieces;
  std::vector<std::size_t> order;  // of the groups in this template
  std::unique_ptr<const re2::RE2> regex;
};

using GroupTexts = std::array<std::string_view, kGroupsMax>;

// The mid is "length:text" of each group in the order of the declaration.
class PatternLens final : public PairLens {
 public:
  PatternLens(Pair pair, std::array<Template, 2> templates, std::size_t groups,
              std::vector<Canon> canon, bool padded)
      : PairLens(std::move(pair)),
        templates_(std::move(templates)),
        groups_(groups),
        canon_(std::move(canon)),
        padded_(padded) {}

 protected:
  Fit to_mid(Side side, const Value& value, Arena& arena, Value& mid) const override {
    const Template& own = templates_[index(side)];
    std::array<re2::StringPiece, kGroupsMax + 1> found;
    const std::string_view text = value.as_text();
    const re2::StringPiece input(text.data(), text.size());
    const int captures = static_cast<int>(groups_ + 1);
    if (!own.regex->Match(input, 0, text.size(), re2::RE2::ANCHOR_BOTH, found.data(), captures))
      return {reason::kNoMatch};
    constexpr std::size_t kLengthDigits = 11;
    char* const out = arena.allocate(text.size() + groups_ * (kLengthDigits + 1));
    char* at = out;
    GroupTexts groups;
    for (std::size_t i = 0; i < groups_; ++i)
      groups[own.order[i]] = {found[i + 1].data(), found[i + 1].size()};
    for (std::size_t i = 0; i < groups_; ++i) {
      at = std::to_chars(at, at + kLengthDigits, groups[i].size()).ptr;
      *at++ = ':';
      at = std::ranges::copy(groups[i], at).out;
    }
    mid = Value::text({out, static_cast<std::size_t>(at - out)});
    return {};
  }

  Fit from_mid(Side side, const Value& mid, Arena& arena, Value& value) const override {
    const Template& own = templates_[index(side)];
    GroupTexts groups;
    std::string_view left = mid.as_text();
    for (std::size_t i = 0; i < groups_; ++i) {
      std::size_t size = 0;
      const char* const end = std::from_chars(left.data(), left.data() + left.size(), size).ptr;
      left.remove_prefix(static_cast<std::size_t>(end - left.data()) + 1);
      groups[i] = left.substr(0, size);
      left.remove_prefix(size);
    }
    std::size_t size = 0;
    for (const Piece& piece : own.pieces) size += text_of(piece, groups).size();
    char* const out = arena.allocate(size);
    char* at = out;
    for (const Piece& piece : own.pieces) at = std::ranges::copy(text_of(piece, groups), at).out;
    value = Value::text({out, size});
    return reads_alike(value, arena) ? Fit{} : Fit{reason::kNoMatch};
  }

 private:
  // A text that begins with a space, say, is another one after `trim`.
  bool reads_alike(const Value& text, Arena& arena) const {
    if (padded_ && text.as_text().ends_with(' ')) return false;
    return canon_.empty() || apply_canon(canon_, text, arena) == text;
  }
  static std::string_view text_of(const Piece& piece, const GroupTexts& groups) {
    return piece.group ? groups[*piece.group] : std::string_view(piece.literal);
  }

  std::array<Template, 2> templates_;  // by index(Side)
  std::size_t groups_;
  std::vector<Canon> canon_;
  bool padded_;  // spaces at the end do not count
};

class Maker {
 public:
  explicit Maker(const PatternOp& op) : op_(op) {}

  Result<> read_groups() {
    if (op_.groups.empty() || op_.groups.size() > kGroupsMax)
      return Error(Code::kWrongShape, fmt::format("`pattern` has 1 to {} groups", kGroupsMax))
          .advise("{groups: {area: \"[0-9]{3}\"}, legacy: \"{area}\", platform: \"({area})\"}");
    for (const auto& [name, text] : op_.groups) {
      ATLAS_TRY(RegexNode node, parse_regex(text));
      groups_.push_back(std::move(node));
    }
    return {};
  }

  Result<Template> make(Side side) const {
    const std::string& text = side == Side::kLegacy ? op_.legacy : op_.platform;
    Template out;
    ATLAS_TRY(out.pieces, pieces_of(side, text));
    ATLAS_OK(prove(side, text, out.pieces));
    std::string regex;
    for (const Piece& piece : out.pieces) {
      if (!piece.group) {
        regex += re2_text(literal_regex(piece.literal));
        continue;
      }
      out.order.push_back(*piece.group);
      regex += "(" + re2_text(groups_[*piece.group]) + ")";
    }
    out.regex = std::make_unique<const re2::RE2>(regex, re2::RE2::Quiet);
    if (!out.regex->ok())
      return Error(Code::kWrongShape, fmt::format("the {} template is too large", side_name(side)));
    return out;
  }

 private:
  Error refuse(Side side, const std::string& text, std::string_view what) const {
    return Error(Code::kWrongShape,
                 fmt::format("the {} template \"{}\" {}", side_name(side), text, what));
  }

  std::optional<std::size_t> find(std::string_view name) const {
    const auto at =
        std::ranges::find_if(op_.groups, [&](const auto& g) { return g.first == name; });
    if (at == op_.groups.end()) return std::nullopt;
    return static_cast<std::size_t>(at - op_.groups.begin());
  }

  Result<std::vector<Piece>> pieces_of(Side side, const std::string& text) const {
    std::vector<Piece> out;
    std::string literal;
    const auto end_literal = [&] {
      if (!literal.empty()) out.push_back({std::exchange(literal, {}), std::nullopt});
    };
    for (TextScan in(text); !in.done();) {
      const char c = in.peek();
      if (in.eat("{{") || in.eat("}}")) {
        literal += c;
      } else if (in.eat('}')) {
        return refuse(side, text, "has a single `}`").advise("write `}}` for the character");
      } else if (in.eat('{')) {
        const std::size_t end = in.left().find('}');
        const std::string_view name = in.left().substr(0, end);
        const auto group = find(name);
        if (end == std::string_view::npos || !group)
          return refuse(side, text, fmt::format("names `{}`, which is no group", name))
              .advise("name a group of `groups`; `{{` is the character");
        end_literal();
        if (std::ranges::any_of(out, [&](const Piece& p) { return p.group == group; }))
          return refuse(side, text, fmt::format("has the group `{}` twice", name));
        out.push_back({{}, group});
        (void)in.eat(std::string(name) + '}');
      } else {
        literal += c;
        (void)in.eat(c);
      }
    }
    end_literal();
    for (std::size_t i = 0; i < op_.groups.size(); ++i) {
      if (std::ranges::none_of(out, [&](const Piece& p) { return p.group == i; }))
        return refuse(side, text, fmt::format("leaves the group `{}` out", op_.groups[i].first))
            .advise(
                "every group stands once in each template: what one side does not show would "
                "be lost");
    }
    return out;
  }

  Result<> prove(Side side, const std::string& text, const std::vector<Piece>& pieces) const {
    std::vector<RegexNode> segments;
    segments.reserve(pieces.size());
    for (const Piece& piece : pieces)
      segments.push_back(piece.group ? groups_[*piece.group] : literal_regex(piece.literal));
    const SplitProof proof = prove_one_split(segments);
    if (proof.unambiguous()) return {};
    const std::string subject = fmt::format("the {} template \"{}\"", side_name(side), text);
    if (!proof.readings)
      return Error(Code::kAmbiguousPattern, subject + " is too large to be proven unambiguous")
          .advise("repeat less: {2,40} instead of {2,400}, or `+`");
    const auto reading = [&](const std::vector<std::string>& parts) {
      std::string out;
      for (std::size_t i = 0; i < pieces.size(); ++i) {
        if (!pieces[i].group) continue;
        out += fmt::format("{}{} = \"{}\"", out.empty() ? "" : ", ",
                           op_.groups[*pieces[i].group].first, parts[i]);
      }
      return out;
    };
    return Error(Code::kAmbiguousPattern,
                 fmt::format("{} can be read in two ways: \"{}\" is {}, or {}", subject,
                             proof.readings->text, reading(proof.readings->first),
                             reading(proof.readings->second)))
        .advise("separate the groups by text that they cannot contain, or give them fixed lengths");
  }

  const PatternOp& op_;
  std::vector<RegexNode> groups_;
};

}  // namespace

MadeLens make_pattern(const LensSpec& spec, const PatternOp& op) {
  ATLAS_OK(expect_columns(spec, "pattern", 1, 1));
  Maker maker(op);
  ATLAS_OK(maker.read_groups());
  std::array<Template, 2> templates;
  std::array<ColumnOptions, 2> options;
  std::array<Type, 2> types;
  for (const Side side : {Side::kLegacy, Side::kPlatform}) {
    const LensColumn& column = columns_of(spec, side).front();
    if (!column.path.empty())
      options[index(side)].json = meet_type(Meet::kText);
    else if (!is_text(column.type.kind))
      return Error(Code::kTypeMismatch, fmt::format("`pattern` is for texts: {} is {}", column.name,
                                                    type_text(column.type)));
    types[index(side)] = options[index(side)].json.value_or(column.type);
    ATLAS_TRY(templates[index(side)], maker.make(side));
  }
  align(options, types, Meet::kText);
  const bool padded = options.front().without_padding;
  ATLAS_TRY(Pair pair, make_pair_parts(spec, "pattern", LawClass::kBijection,
                                       {Meet::kText, Meet::kText}, std::move(options)));
  return std::make_unique<PatternLens>(std::move(pair), std::move(templates), op.groups.size(),
                                       spec.canon, padded);
}

}  // namespace atlas
