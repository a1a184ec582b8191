#include "engines/postgres/rowset.h"

#include "engines/postgres/wire.h"

#include <libpq-fe.h>

#include <utility>

namespace atlas::postgres {

Rowset::~Rowset() { PQclear(result_); }

Rowset& Rowset::operator=(Rowset&& other) noexcept {
  std::swap(result_, other.result_);
  return *this;
}

std::size_t Rowset::size() const {
  return result_ == nullptr ? 0 : static_cast<std::size_t>(PQntuples(result_));
}

Oid Rowset::type(std::size_t column) const { return PQftype(result_, static_cast<int>(column)); }

bool Rowset::is_null(std::size_t row, std::size_t column) const {
  return PQgetisnull(result_, static_cast<int>(row), static_cast<int>(column)) != 0;
}

std::string_view Rowset::bytes(std::size_t row, std::size_t column) const {
  const int r = static_cast<int>(row);
  const int c = static_cast<int>(column);
  return {PQgetvalue(result_, r, c), static_cast<std::size_t>(PQgetlength(result_, r, c))};
}

std::int64_t Rowset::integer(std::size_t row, std::size_t column) const {
  const std::string_view cell = bytes(row, column);
  switch (cell.size()) {
    case 0:
      return 0;
    case 2:
      return static_cast<std::int16_t>(load_big<std::uint16_t>(cell));
    case 4:
      return static_cast<std::int32_t>(load_big<std::uint32_t>(cell));
    default:
      return static_cast<std::int64_t>(load_big<std::uint64_t>(cell));
  }
}

std::uint32_t Rowset::id(std::size_t row, std::size_t column) const {
  return is_null(row, column) ? 0 : load_big<std::uint32_t>(bytes(row, column));
}

bool Rowset::boolean(std::size_t row, std::size_t column) const {
  const std::string_view cell = bytes(row, column);
  return !cell.empty() && cell.front() != '\0';
}

std::string_view Rowset::command() const { return result_ == nullptr ? "" : PQcmdStatus(result_); }

}  // namespace atlas::postgres
