#include "foundation/error_codes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string_view>

namespace atlas {
namespace {

TEST(ErrorCodes, NumbersAscendAndAreUnique) {
  int before = 0;
  for (const CodeInfo& row : all_codes()) {
    EXPECT_LT(before, static_cast<int>(row.code)) << row.name;
    before = static_cast<int>(row.code);
  }
}

TEST(ErrorCodes, NamesAndTitlesAreUnique) {
  std::set<std::string_view> names;
  std::set<std::string_view> titles;
  for (const CodeInfo& row : all_codes()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_TRUE(titles.insert(row.title).second) << row.name << ": " << row.title;
  }
}

TEST(ErrorCodes, EveryCodeHasATitleAndAdviceOfOneLine) {
  for (const CodeInfo& row : all_codes()) {
    SCOPED_TRACE(row.name);
    EXPECT_FALSE(row.title.empty());
    EXPECT_FALSE(row.advice.empty());
    EXPECT_EQ(row.title.find('\n'), std::string_view::npos);
    EXPECT_EQ(row.advice.find('\n'), std::string_view::npos);
    EXPECT_FALSE(row.title.ends_with('.'));
  }
}

TEST(ErrorCodes, EveryCodeIsFoundByItself) {
  for (const CodeInfo& row : all_codes()) EXPECT_EQ(&info(row.code), &row) << row.name;
}

TEST(ErrorCodes, EveryNumberIsInTheGroupOfItsKind) {
  for (const CodeInfo& row : all_codes()) {
    SCOPED_TRACE(row.name);
    const int group = static_cast<int>(row.code) / 100;
    if (group == 30) {
      EXPECT_EQ(row.kind, ErrorKind::kRejected);
      EXPECT_EQ(row.exit, ExitCode::kHeldRows);
    } else {
      EXPECT_NE(row.kind, ErrorKind::kRejected);
    }
    if (row.kind == ErrorKind::kDrift) {
      EXPECT_EQ(row.exit, ExitCode::kPersonNeeded);
    }
  }
}

TEST(ErrorCodes, TextHasFourDigits) {
  EXPECT_EQ(code_text(Code::kUnreachable), "ATB-1001");
  EXPECT_EQ(code_text(Code::kInternal), "ATB-9001");
}

TEST(ErrorCodes, KindsHaveDifferentNames) {
  std::set<std::string_view> names;
  for (const ErrorKind kind :
       {ErrorKind::kRetry, ErrorKind::kInDoubt, ErrorKind::kRejected, ErrorKind::kDrift,
        ErrorKind::kRefused, ErrorKind::kCorrupt, ErrorKind::kStopped}) {
    EXPECT_NE(kind_name(kind), "?");
    EXPECT_TRUE(names.insert(kind_name(kind)).second);
  }
}

}  // namespace
}  // namespace atlas
