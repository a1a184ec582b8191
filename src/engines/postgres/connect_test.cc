// What is said of connections that cannot begin. No server is needed.

#include "engines/postgres/connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::postgres {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

Error refused(const std::string& dsn) {
  ConnectionOptions options;
  options.dsn = Secret(dsn);
  options.where = "legacy.main";
  auto opened = Connection::open(options);
  if (opened) return Error(Code::kInternal, "it was opened");
  return std::move(opened).error();
}

TEST(Connect, TellsTheReasonButNoSecret) {
  const Error error = refused("host=127.0.0.1 port=1 user=u password=hunter2");
  EXPECT_EQ(error.code(), Code::kUnreachable);
  EXPECT_THAT(error.text(), AllOf(HasSubstr("Connection refused"), HasSubstr("127.0.0.1"),
                                  HasSubstr("legacy.main"), Not(HasSubstr("hunter2"))));
}

TEST(Connect, AConnectionStringThatCannotBeReadIsForAPerson) {
  for (const char* dsn : {"host=127.0.0.1 hunter2", "postgres://u:hunter2@h:port/db?x",
                          "postgres://u:x/hunter2@127.0.0.1/db", "host=127.0.0.1 hunter2=x",
                          "host=127.0.0.1 port=hunter2", "host=127.0.0.1 sslmode=hunter2"}) {
    const Error error = refused(dsn);
    EXPECT_EQ(error.code(), Code::kBadAddress) << dsn << error.text();
    EXPECT_EQ(error.exit(), ExitCode::kPersonNeeded);
    EXPECT_THAT(error.text(), Not(HasSubstr("hunter2")));
  }
}

}  // namespace
}  // namespace atlas::postgres
