#pragma once

// Errors are values. Result<T> is a value or an Error; ATLAS_TRY unwraps one or returns the error.

#include "foundation/error_codes.h"

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace atlas {

// One error. Never holds cell values or secrets (RELIABILITY Q10).
class [[nodiscard]] Error {
 public:
  Error(Code code, std::string why) : code_(code), why_(std::move(why)) {}

  Code code() const { return code_; }
  ErrorKind kind() const { return info(code_).kind; }
  ExitCode exit() const { return info(code_).exit; }
  // What happened here, one line.
  const std::string& why() const { return why_; }
  // Where: "atlas.yaml:12:5", or "legacy.main public.users". May be empty.
  const std::string& where() const { return where_; }
  // The next step; the table's advice unless a better one was given.
  std::string next() const { return next_.empty() ? std::string(info(code_).advice) : next_; }
  const std::string& sqlstate() const { return sqlstate_; }
  const std::string& statement() const { return statement_; }
  // Constraint or trigger that refused, when the database names one.
  const std::string& constraint() const { return constraint_; }
  const Error* cause() const { return cause_.get(); }

  Error&& at(std::string where) && {
    where_ = std::move(where);
    return std::move(*this);
  }
  Error&& advise(std::string next) && {
    next_ = std::move(next);
    return std::move(*this);
  }
  Error&& sql(std::string sqlstate, std::string statement) && {
    sqlstate_ = std::move(sqlstate);
    statement_ = std::move(statement);
    return std::move(*this);
  }
  Error&& on_constraint(std::string name) && {
    constraint_ = std::move(name);
    return std::move(*this);
  }
  Error&& show(std::string excerpt) && {
    excerpt_ = std::move(excerpt);
    return std::move(*this);
  }
  Error&& because(Error cause) && {
    cause_ = std::make_shared<const Error>(std::move(cause));
    return std::move(*this);
  }

  // One line: "ATB-1001 title: why (where, SQLSTATE …)".
  std::string line() const;
  // Several lines for a terminal: error[ATB-nnnn], where, why, next.
  std::string text() const;

 private:
  Code code_;
  std::string why_, where_, next_, sqlstate_, statement_, constraint_, excerpt_;
  std::shared_ptr<const Error> cause_;  // shared: an error is copied into reports of several rows
};

template <class T = void>
class [[nodiscard]] Result : public std::expected<T, Error> {
 public:
  using std::expected<T, Error>::expected;
  // NOLINTNEXTLINE(google-explicit-constructor): an Error is a Result
  Result(Error error) : std::expected<T, Error>(std::unexpect, std::move(error)) {}
};

}  // namespace atlas

#define ATLAS_CONCAT_INNER(a, b) a##b
#define ATLAS_CONCAT(a, b) ATLAS_CONCAT_INNER(a, b)
// ATLAS_TRY(auto rows, read(keys)); declares `rows` or returns the error.
#define ATLAS_TRY(variable, expression) \
  ATLAS_TRY_INNER(ATLAS_CONCAT(result_, __COUNTER__), variable, expression)
#define ATLAS_TRY_INNER(name, variable, expression) \
  auto name = (expression);                         \
  if (!name) return std::move(name).error();        \
  variable = std::move(*name)
// ATLAS_OK(write(rows)); returns the error of a Result<void>.
#define ATLAS_OK(expression)                                         \
  do {                                                               \
    auto atlas_ok_result = (expression);                             \
    if (!atlas_ok_result) return std::move(atlas_ok_result).error(); \
  } while (false)
