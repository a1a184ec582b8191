#include "mapping/lens_laws_testing.h"
#include "mapping/lens_reasons.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace atlas {
namespace {

constexpr Side kLegacy = Side::kLegacy;
constexpr Side kPlatform = Side::kPlatform;

std::string no(const char* why) { return fmt::format("! {}", why); }

LensSpec name_spec(std::vector<Canon> canon = {}) {
  return lens_spec({"name text"}, {"given text", "family text"}, JoinOp{" ", kLegacy},
                   std::move(canon));
}

TEST(LensJoin, SplitsAtTheFirstSeparator) {
  EXPECT_EQ(carry(name_spec(), kLegacy, {"Mary Smith"}), "Mary | Smith");
  EXPECT_EQ(carry(name_spec(), kLegacy, {"Mary Ann Smith"}), "Mary | Ann Smith");
  EXPECT_EQ(carry(name_spec(), kLegacy, {"\xC3\x96zlem \xE4\xB8\xAD\xE6\x96\x87"}),
            "\xC3\x96zlem | \xE4\xB8\xAD\xE6\x96\x87");
}

TEST(LensJoin, KeepsACorrectedSplitWhileTheNameStays) {
  const CellTexts corrected = {"Mary Ann", "Smith"};
  EXPECT_EQ(carry(name_spec(), kLegacy, {"Mary Ann Smith"}, corrected), "Mary Ann | Smith");
  EXPECT_EQ(carry(name_spec(), kLegacy, {"Mary Ann Jones"}, corrected), "Mary | Ann Jones");
  EXPECT_EQ(carry(name_spec(), kPlatform, corrected), "Mary Ann Smith");
}

TEST(LensJoin, LeavesMissingPartsNullOrEmpty) {
  EXPECT_EQ(carry(name_spec(), kLegacy, {"Madonna"}), "Madonna | null");
  EXPECT_EQ(carry(name_spec(), kLegacy, {""}), " | null");
  EXPECT_EQ(carry(name_spec(), kLegacy, {std::nullopt}), "null | null");
  EXPECT_EQ(carry(name_spec(), kPlatform, {std::nullopt, "Smith"}), "Smith");
  EXPECT_EQ(carry(name_spec(), kPlatform, {std::nullopt, std::nullopt}), "null");
  const LensSpec strict = lens_spec({"name text"}, {"given text not null", "family text not null"},
                                    JoinOp{" ", kLegacy});
  EXPECT_EQ(carry(strict, kLegacy, {"Madonna"}), "Madonna | ");
  EXPECT_EQ(carry(strict, kLegacy, {std::nullopt}), no(reason::kNull));
}

// A text that no clean split joins to stays whole in the first part.
TEST(LensJoin, LosesNoSeparatorAtTheEnds) {
  EXPECT_EQ(carry(name_spec(), kLegacy, {"Mary "}), "Mary  | null");
  EXPECT_EQ(carry(name_spec(), kLegacy, {" Mary"}), " Mary | null");
  EXPECT_EQ(carry(name_spec(), kLegacy, {"Mary  Smith"}), "Mary |  Smith");
  const std::vector<Canon> tidy = {Canon::kTrim, Canon::kCollapse};
  EXPECT_EQ(carry(name_spec(tidy), kLegacy, {" Mary   Smith "}), "Mary | Smith");
  EXPECT_EQ(carry(name_spec(tidy), kPlatform, {"Mary", "Smith"}, {" Mary   Smith "}),
            " Mary   Smith ");
}

TEST(LensJoin, TakesMorePartsAndOtherSeparators) {
  const LensSpec three =
      lens_spec({"a text"}, {"b text", "c text", "d text"}, JoinOp{", ", kLegacy});
  EXPECT_EQ(carry(three, kLegacy, {"x, y, z, w"}), "x | y | z, w");
  EXPECT_EQ(carry(three, kLegacy, {"x, y"}), "x | y | null");
  EXPECT_EQ(carry(three, kPlatform, {"x", std::nullopt, "z"}), "x, z");
}

TEST(LensJoin, WorksMirroredAsSplit) {
  const LensSpec spec =
      lens_spec({"given text", "family text"}, {"name text"}, JoinOp{" ", kPlatform});
  EXPECT_EQ(carry(spec, kPlatform, {"Mary Smith"}), "Mary | Smith");
  EXPECT_EQ(carry(spec, kLegacy, {"Mary", "Smith"}), "Mary Smith");
  EXPECT_EQ(lens_of(spec)->name(), "split");
  EXPECT_EQ(lens_of(spec)->law(), LawClass::kLegacyFiner);
  EXPECT_EQ(lens_of(name_spec())->law(), LawClass::kPlatformFiner);
}

TEST(LensJoin, UsesTheWholePlaceBeforeItGivesUp) {
  const LensSpec spec =
      lens_spec({"name text"}, {"given varchar(20)", "family varchar(3)"}, JoinOp{" ", kLegacy});
  EXPECT_EQ(carry(spec, kLegacy, {"Mary Ray"}), "Mary | Ray");
  EXPECT_EQ(carry(spec, kLegacy, {"Mary Smith"}), "Mary Smith | null");
  EXPECT_EQ(carry(spec, kLegacy, {"Mary Smith-Featherstone"}), no(reason::kTooLong));
  const LensSpec padded =
      lens_spec({"name text"}, {"given char(4)", "family text"}, JoinOp{" ", kLegacy});
  EXPECT_EQ(carry(padded, kLegacy, {"a "}), no(reason::kNotSplit));
}

TEST(LensJoin, RestrictsOnePart) {
  LensSpec spec = name_spec();
  spec.domain_platform = {DomainSpec{{}, {}, {}, "[^ ]+", 0}};
  EXPECT_EQ(carry(spec, kPlatform, {"Mary", "Ann Smith"}), "Mary Ann Smith");
  EXPECT_EQ(carry(spec, kPlatform, {"Mary Ann", "Smith"}), no(reason::kOutsideDomain));
}

TEST(LensJoin, RefusesShapesItCannotUndo) {
  const auto code = [](const LensSpec& spec) { return make_lens(spec).error().code(); };
  EXPECT_EQ(code(lens_spec({"a text"}, {"b text"}, JoinOp{" ", kLegacy})), Code::kWrongShape);
  EXPECT_EQ(code(lens_spec({"a text"}, {"b text", "c text"}, JoinOp{"", kLegacy})),
            Code::kWrongShape);
  EXPECT_EQ(code(lens_spec({"a text"}, {"b text", "c int4"}, JoinOp{" ", kLegacy})),
            Code::kTypeMismatch);
}

}  // namespace
}  // namespace atlas
