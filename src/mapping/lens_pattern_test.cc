#include "mapping/lens_laws_testing.h"
#include "mapping/lens_reasons.h"
#include "mapping/pattern_proof.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <re2/re2.h>

namespace atlas {
namespace {

using testing::HasSubstr;

constexpr Side kLegacy = Side::kLegacy;
constexpr Side kPlatform = Side::kPlatform;

std::string no(const char* why) { return fmt::format("! {}", why); }

LensSpec pattern(std::vector<std::pair<std::string, std::string>> groups, std::string legacy,
                 std::string platform) {
  return lens_spec({"a text"}, {"b text"},
                   PatternOp{std::move(groups), std::move(legacy), std::move(platform)});
}

const LensSpec kPhone = pattern({{"area", "[0-9]{3}"}, {"number", "[0-9]{4,8}"}}, "{area}-{number}",
                                "({area}) {number}");

TEST(LensPattern, RendersOneTemplateFromTheOther) {
  EXPECT_EQ(carry(kPhone, kLegacy, {"030-1234567"}), "(030) 1234567");
  EXPECT_EQ(carry(kPhone, kPlatform, {"(030) 1234"}), "030-1234");
  EXPECT_EQ(mid_text(kPhone, kPlatform, {"(030) 1234"}), "3:0304:1234");
}

TEST(LensPattern, MatchesTheWholeText) {
  for (const char* text : {"030-123", "030-123456789", "030-1234 ", "x030-1234", "030-1234\n", ""})
    EXPECT_EQ(carry(kPhone, kLegacy, {text}), no(reason::kNoMatch)) << text;
}

TEST(LensPattern, TakesBracesAndOtherOrders) {
  const LensSpec spec =
      pattern({{"x", "[a-z\xC3\xA9]+"}, {"y", "(?:\\d\\d|-)?"}}, "{{{x}}}{y}", "{y}.{x}*");
  EXPECT_EQ(carry(spec, kLegacy, {"{caf\xC3\xA9}07"}), "07.caf\xC3\xA9*");
  EXPECT_EQ(carry(spec, kPlatform, {".a*"}), "{a}");
  EXPECT_EQ(carry(spec, kPlatform, {"-.a*"}), "{a}-");
}

TEST(LensPattern, WritesNothingThatItsCanonicalFormWouldChange) {
  LensSpec spec = pattern({{"x", "[a-z]*"}, {"y", "[a-z]+"}}, "{x},{y}", "{x} {y}");
  spec.canon = {Canon::kTrim};
  EXPECT_EQ(carry(spec, kLegacy, {" a,b "}), "a b");
  EXPECT_EQ(carry(spec, kLegacy, {",b"}), no(reason::kNoMatch));
}

std::string refusal(const LensSpec& spec) {
  const auto lens = make_lens(spec);
  if (lens) return "";
  return fmt::format("{} {}", static_cast<int>(lens.error().code()), lens.error().why());
}

TEST(LensPattern, RefusesAmbiguousTemplatesWithTheirSmallestText) {
  const std::string twice = refusal(pattern({{"x", "a+"}, {"y", "a+"}}, "{x}{y}", "{x}-{y}"));
  EXPECT_THAT(twice, HasSubstr("2207 the legacy template \"{x}{y}\" can be read in two ways: "
                               "\"aaa\" is x = "));
  EXPECT_THAT(twice, HasSubstr("x = \"a\", y = \"aa\""));
  EXPECT_THAT(twice, HasSubstr("x = \"aa\", y = \"a\""));
  EXPECT_THAT(refusal(pattern({{"x", ".*"}, {"y", ".*"}}, "{x} {y}", "{x}\n{y}")),
              HasSubstr("ways: \"  \" is "));
  EXPECT_THAT(refusal(pattern({{"x", "[ab]*"}, {"y", "[bc]?"}}, "{x}/{y}", "{x}{y}")),
              HasSubstr("the platform template \"{x}{y}\" can be read in two ways: \"b\""));
  EXPECT_EQ(refusal(pattern({{"x", "[ab]*"}, {"y", "[cd]*"}}, "{x}{y}", "{y}{x}")), "");
  EXPECT_EQ(refusal(pattern({{"x", "(a|ab)"}, {"y", "(bc|c)x"}}, "{x}.{y}", "{y}.{x}")), "");
  EXPECT_THAT(refusal(pattern({{"x", "(a|ab)"}, {"y", "(bc|c)"}}, "{x}{y}", "{y}.{x}")),
              HasSubstr("\"abc\""));
}

TEST(LensPattern, AnExpressionThatReadsOneTextInTwoWaysIsNoAmbiguity) {
  EXPECT_EQ(refusal(pattern({{"x", "(a*)*(a|aa)?"}}, "<{x}>", "{x}!")), "");
}

TEST(LensPattern, RefusesWhatItCannotProve) {
  EXPECT_THAT(refusal(pattern({{"x", "[a-z]{900}"}}, "{x}", "{x}.")), HasSubstr("too large"));
  EXPECT_EQ(refusal(pattern({{"x", ".{0,400}"}}, "{x}", "{x}.")), "");
}

TEST(LensPattern, SaysWhatItDoesNotUnderstand) {
  const std::pair<const char*, const char*> kCases[] = {
      {"a*?", "two repetitions"}, {"^a", "`^` stands where"},   {"a$", "`$` stands where"},
      {"(?i)a", "`(?` begins"},   {"(a", "is not closed"},      {"a)", "closes nothing"},
      {"[a", "is not closed"},    {"[z-a]", "goes backwards"},  {"[[:digit:]]", "`[:…:]`"},
      {"\\b", "`\\b`"},           {"a{2", "is no repetition"},  {"a{3,2}", "is no repetition"},
      {"\\", "nothing follows"},  {"a{1001}", "no repetition"}, {"*", "`*` stands where"}};
  for (const auto& [regex, why] : kCases)
    EXPECT_THAT(refusal(pattern({{"x", regex}}, "{x}", "{x}.")), HasSubstr(why)) << regex;
}

TEST(LensPattern, NamesEveryGroupOnceInEachTemplate) {
  const auto with = [](const char* legacy) {
    return refusal(pattern({{"x", "a"}, {"y", "b"}}, legacy, "{x}{y}"));
  };
  EXPECT_THAT(with("{x}"), HasSubstr("leaves the group `y` out"));
  EXPECT_THAT(with("{x}{y}{x}"), HasSubstr("has the group `x` twice"));
  EXPECT_THAT(with("{x}{z}"), HasSubstr("names `z`"));
  EXPECT_THAT(with("{x}{y"), HasSubstr("names `y`"));
  EXPECT_THAT(with("{x}{y}}"), HasSubstr("a single `}`"));
  EXPECT_THAT(refusal(lens_spec({"a int4"}, {"b text"}, PatternOp{{{"x", "a"}}, "{x}", "{x}"})),
              HasSubstr("is for texts"));
}

rc::Gen<std::string> any_regex() {
  return rc::gen::elementOf(std::vector<std::string>{"a", "b?", "a*", "(ab)*", "(a|ab)", "[ab]",
                                                     "b{0,2}", "(|a)", "a+", ".", "[^a]*"});
}

// Counts the ways to divide `text` by trying all of them.
int splits(const std::vector<std::string>& regexes, std::size_t at, std::string_view text) {
  if (at == regexes.size()) return text.empty() ? 1 : 0;
  int out = 0;
  for (std::size_t size = 0; size <= text.size(); ++size) {
    const std::string part(text.substr(0, size));
    if (re2::RE2::FullMatch(part, regexes[at])) out += splits(regexes, at + 1, text.substr(size));
  }
  return out;
}

RC_GTEST_PROP(PatternProof, AgreesWithTryingAllTexts, ()) {
  const auto regexes = *rc::gen::container<std::vector<std::string>>(3, any_regex());
  std::vector<RegexNode> segments;
  segments.reserve(regexes.size());
  for (const std::string& regex : regexes) segments.push_back(*parse_regex(regex));
  const SplitProof proof = prove_one_split(segments);
  RC_ASSERT(!proof.too_large);
  constexpr std::size_t kLengthMax = 5;
  std::size_t shortest = kLengthMax + 1;
  std::vector<std::string> texts{""};
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (splits(regexes, 0, texts[i]) > 1) shortest = std::min(shortest, texts[i].size());
    if (texts[i].size() == kLengthMax) continue;
    for (const char c : {'a', 'b', '0'}) texts.push_back(texts[i] + c);
  }
  if (proof.readings && proof.readings->text.size() <= kLengthMax)
    RC_ASSERT(proof.readings->text.size() == shortest);
  else
    RC_ASSERT(shortest == kLengthMax + 1);
}

}  // namespace
}  // namespace atlas
