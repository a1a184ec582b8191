#pragma once

// The rows that one statement gave, in binary form.

#include "engines/postgres/oids.h"

#include <cstdint>
#include <string>
#include <string_view>

struct pg_result;

namespace atlas::postgres {

// Owns libpq's result; the views live as long as it does. Moving keeps them. One thread.
class Rowset {
 public:
  Rowset() = default;
  explicit Rowset(pg_result* result) : result_(result) {}
  ~Rowset();
  Rowset(Rowset&& other) noexcept : result_(other.result_) { other.result_ = nullptr; }
  Rowset& operator=(Rowset&& other) noexcept;

  std::size_t size() const;
  Oid type(std::size_t column) const;
  bool is_null(std::size_t row, std::size_t column) const;
  // The cell's bytes as sent; empty for null.
  std::string_view bytes(std::size_t row, std::size_t column) const;
  std::string text(std::size_t row, std::size_t column) const {
    return std::string(bytes(row, column));
  }
  // int2, int4, int8, timestamps (raw), by the length sent. 0 for null.
  std::int64_t integer(std::size_t row, std::size_t column) const;
  // xid and oid.
  std::uint32_t id(std::size_t row, std::size_t column) const;
  bool boolean(std::size_t row, std::size_t column) const;
  // "COMMIT", "UPDATE 5".
  std::string_view command() const;

 private:
  pg_result* result_ = nullptr;
};

}  // namespace atlas::postgres
