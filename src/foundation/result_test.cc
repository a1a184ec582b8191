#include "foundation/result.h"

#include "foundation/result_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

namespace atlas {
namespace {

using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pointee;

Result<int> half(int value) {
  if (value % 2 != 0) return Error(Code::kOutsideDomain, "an odd number has no half");
  return value / 2;
}

Result<int> quarter(int value) {
  ATLAS_TRY(const int first, half(value));
  ATLAS_TRY(const int second, half(first));
  return second;
}

Result<> must_be_even(int value) {
  ATLAS_TRY([[maybe_unused]] const int ignored, half(value));
  return {};
}

Result<std::string> describe(int value) {
  ATLAS_OK(must_be_even(value));
  return std::string("even");
}

Result<std::unique_ptr<int>> boxed(int value) {
  ATLAS_TRY(const int unwrapped, half(value));
  return std::make_unique<int>(unwrapped);
}

TEST(Result, TryGivesTheValue) { EXPECT_THAT(quarter(12), IsOkAnd(Eq(3))); }

TEST(Result, TryReturnsTheFirstError) {
  EXPECT_THAT(quarter(7), FailsWith(Code::kOutsideDomain, "odd"));
  EXPECT_THAT(quarter(6), FailsWith(ErrorKind::kRejected, "no half"));
}

TEST(Result, OkPassesOnAndReturnsErrors) {
  EXPECT_THAT(describe(2), IsOkAnd(Eq("even")));
  EXPECT_THAT(describe(3), Not(IsOk()));
}

TEST(Result, TryMovesValuesThatCannotBeCopied) {
  auto unwrap = []() -> Result<int> {
    ATLAS_TRY(const std::unique_ptr<int> box, boxed(8));
    return *box;
  };
  EXPECT_THAT(unwrap(), IsOkAnd(Eq(4)));
  EXPECT_THAT(boxed(8), IsOkAnd(Pointee(4)));
}

TEST(Error, KindAndExitCodeComeFromTheTable) {
  const Error error(Code::kLeaseHeld, "pid 7 holds it");
  EXPECT_EQ(error.kind(), ErrorKind::kRetry);
  EXPECT_EQ(error.exit(), ExitCode::kDone);
}

TEST(Error, NextIsTheTablesAdviceUnlessABetterOneWasGiven) {
  EXPECT_EQ(Error(Code::kKeyTaken, "").next(), info(Code::kKeyTaken).advice);
  EXPECT_EQ(Error(Code::kKeyTaken, "").advise("wait").next(), "wait");
}

TEST(Error, LineNamesCodeReasonPlaceAndState) {
  const Error error = Error(Code::kConstraintViolated, "check failed")
                          .at("legacy.main public.users")
                          .sql("23514", "update users")
                          .on_constraint("users_age");
  EXPECT_EQ(
      error.line(),
      "ATB-3002 the target's constraint refuses the row: check failed [legacy.main public.users] "
      "(SQLSTATE 23514 in update users)");
  EXPECT_EQ(error.constraint(), "users_age");
}

TEST(Error, TextShowsPlaceExcerptReasonCausesAndTheNextStep) {
  const Error error =
      Error(Code::kConfigUnreadable, "it is a folder")
          .at("atlas.yaml:1:1")
          .show("  1 | a: b")
          .because(Error(Code::kDiskFull, "EIO").because(Error(Code::kTimeout, "5 s")));
  EXPECT_EQ(error.text(),
            "error[ATB-2001] the configuration file cannot be read\n"
            "  --> atlas.yaml:1:1\n"
            "  1 | a: b\n"
            "  why: it is a folder\n"
            "  from: ATB-1011 a disk is full or an I/O error was reported: EIO\n"
            "  from: ATB-1006 a statement or lock timeout expired: 5 s\n"
            "  fix: check the path given with -c\n");
}

TEST(Error, TextLeavesOutWhatIsNotKnown) {
  EXPECT_THAT(Error(Code::kUsage, "").text(), Not(HasSubstr("-->")));
  EXPECT_THAT(Error(Code::kUsage, "").text(), Not(HasSubstr("why")));
}

TEST(Error, ACopyKeepsItsCause) {
  const Error error = Error(Code::kUsage, "a").because(Error(Code::kNotFound, "b"));
  const Error copy =
      error;  // NOLINT(performance-unnecessary-copy-initialization): the copy is tested
  ASSERT_NE(copy.cause(), nullptr);
  EXPECT_EQ(copy.cause()->code(), Code::kNotFound);
}

}  // namespace
}  // namespace atlas
