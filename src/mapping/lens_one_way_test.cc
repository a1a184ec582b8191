#include "mapping/lens_laws_testing.h"
#include "mapping/lens_reasons.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas {
namespace {

constexpr Side kLegacy = Side::kLegacy;
constexpr Side kPlatform = Side::kPlatform;

LensSpec text_to_text(ValueOp op, std::vector<Canon> canon = {}) {
  return lens_spec({"a text"}, {"b text"}, std::move(op), std::move(canon));
}

TEST(LensMask, ShowsTheEndsOnly) {
  EXPECT_EQ(carry(text_to_text(MaskOp{0, 4, "*"}), kLegacy, {"DE0212030000"}), "********0000");
  EXPECT_EQ(carry(text_to_text(MaskOp{2, 1, "x"}), kLegacy,
                  {"\xC3\xA9"
                   "bcde"}),
            "\xC3\xA9"
            "bxxe");
  EXPECT_EQ(carry(text_to_text(MaskOp{}), kLegacy, {"secret"}), "******");
}

TEST(LensMask, HidesAShortTextAltogether) {
  EXPECT_EQ(carry(text_to_text(MaskOp{0, 4, "*"}), kLegacy, {"1234"}), "****");
  EXPECT_EQ(carry(text_to_text(MaskOp{2, 2, "*"}), kLegacy, {"123"}), "***");
  EXPECT_EQ(carry(text_to_text(MaskOp{0, 4, "*"}), kLegacy, {""}), "");
}

TEST(LensTruncate, CountsCharacters) {
  EXPECT_EQ(carry(text_to_text(TruncateOp{3}), kLegacy,
                  {"\xC3\xA9\xF0\x9F\x98\x80"
                   "ab"}),
            "\xC3\xA9\xF0\x9F\x98\x80"
            "a");
  EXPECT_EQ(carry(text_to_text(TruncateOp{3}), kLegacy, {"ab"}), "ab");
  EXPECT_EQ(carry(text_to_text(TruncateOp{3}, {Canon::kTrim}), kLegacy, {" ab cd"}), "ab");
}

TEST(LensHash, IsHmacSha256InHex) {
  // Computed with `openssl dgst -sha256 -hmac`.
  const LensSpec spec = text_to_text(HashOp{Secret("key-of-sixteen-bytes")});
  EXPECT_EQ(carry(spec, kLegacy, {"what do ya want for nothing?"}),
            "396d4662da3829bac306e26a94d6b0f846287cc07ab36e6d6ead0637c323978b");
  EXPECT_NE(carry(spec, kLegacy, {"a"}), carry(spec, kLegacy, {"b"}));
}

TEST(LensHash, OfEqualValuesIsEqual) {
  const HashOp hash{Secret("key-of-sixteen-bytes")};
  const auto of = [&](std::string_view type, const char* text) {
    const std::string column = fmt::format("a {}", type);
    return carry(lens_spec({column}, {"b text"}, hash), kLegacy, {text});
  };
  EXPECT_EQ(of("numeric", "1.50"), of("float8", "1.5"));
  EXPECT_EQ(of("numeric", "7.0"), of("int4", "7"));
  EXPECT_EQ(of("int4", "7"), of("text", "7"));
  EXPECT_EQ(of("char(5)", "ab   "), of("text", "ab"));
  EXPECT_EQ(carry(text_to_text(hash, {Canon::kTrim, Canon::kLower}), kLegacy, {" A@B "}),
            of("text", "a@b"));
}

TEST(LensHash, NeedsAKeyAndRoom) {
  const auto code = [](const LensSpec& spec) { return make_lens(spec).error().code(); };
  EXPECT_EQ(code(text_to_text(HashOp{Secret("short")})), Code::kWrongShape);
  const HashOp hash{Secret("key-of-sixteen-bytes")};
  EXPECT_EQ(code(lens_spec({"a text"}, {"b varchar(40)"}, hash)), Code::kTypeMismatch);
  EXPECT_EQ(code(lens_spec({"a jsonb"}, {"b text"}, hash)), Code::kTypeMismatch);
  EXPECT_EQ(code(lens_spec({"a text"}, {"b bytea"}, hash)), Code::kTypeMismatch);
}

TEST(LensOneWay, WritesNothingBack) {
  for (const ValueOp& op : {ValueOp(MaskOp{}), ValueOp(TruncateOp{3}),
                            ValueOp(HashOp{Secret("key-of-sixteen-bytes")})}) {
    EXPECT_EQ(lens_of(text_to_text(op))->law(), LawClass::kOneWay);
    EXPECT_EQ(carry(text_to_text(op), kPlatform, {"abc"}), fmt::format("! {}", reason::kOneWay));
    EXPECT_EQ(
        carry(text_to_text(op), kPlatform, {"abc"}, {"abcdef"}),
        std::holds_alternative<TruncateOp>(op) ? "abcdef" : fmt::format("! {}", reason::kOneWay));
  }
}

TEST(LensOneWay, NeedsTexts) {
  const auto code = [](const LensSpec& spec) { return make_lens(spec).error().code(); };
  EXPECT_EQ(code(lens_spec({"a int4"}, {"b text"}, MaskOp{})), Code::kTypeMismatch);
  EXPECT_EQ(code(lens_spec({"a text"}, {"b int4"}, TruncateOp{1})), Code::kTypeMismatch);
  EXPECT_EQ(code(text_to_text(MaskOp{0, 0, "**"})), Code::kWrongShape);
  EXPECT_EQ(code(text_to_text(TruncateOp{0})), Code::kWrongShape);
}

}  // namespace
}  // namespace atlas
