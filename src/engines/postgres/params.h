#pragma once

// Parameters of one statement, all in binary form. Reusable: clear() keeps the memory.

#include "engines/postgres/oids.h"
#include "engines/postgres/wire.h"

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace atlas::postgres {

// Appends cells as arrays and COPY rows hold them: a length word and the binary form.
class CellWriter {
 public:
  explicit CellWriter(std::string& out) : out_(out) {}

  void null();
  void boolean(bool value) { store_big(element(1), static_cast<std::uint8_t>(value ? 1 : 0)); }
  void int2(std::int16_t value) { store_big(element(2), static_cast<std::uint16_t>(value)); }
  void int4(std::int32_t value) { store_big(element(4), static_cast<std::uint32_t>(value)); }
  void uint4(std::uint32_t value) { store_big(element(4), value); }
  void int8(std::int64_t value) { store_big(element(8), static_cast<std::uint64_t>(value)); }
  void raw(std::string_view bytes);
  // Room for one element of `size` bytes, to be filled by the caller before the next call.
  char* element(std::size_t size);

 protected:
  std::string& out_;
  std::uint32_t count_ = 0;
  bool nulls_ = false;
};

// Writes a one-dimensional array into a parameter. The array is complete when the writer is
// destroyed.
class ArrayWriter : public CellWriter {
 public:
  ArrayWriter(std::string& out, Oid element);
  ~ArrayWriter();
  ArrayWriter(const ArrayWriter&) = delete;
  ArrayWriter& operator=(const ArrayWriter&) = delete;
  ArrayWriter(ArrayWriter&&) = delete;
  ArrayWriter& operator=(ArrayWriter&&) = delete;

 private:
  Oid type_;
};

class Params {
 public:
  Params() = default;

  void clear() { used_ = 0; }
  std::size_t size() const { return used_; }

  Params& text(std::string_view value);  // text and bytea: the same bytes in both forms
  Params& boolean(bool value);
  Params& int2(std::int16_t value);
  Params& int4(std::int32_t value);
  Params& int8(std::int64_t value);
  Params& null();
  ArrayWriter array(Oid element) { return {next(), element}; }
  Params& texts(const std::vector<std::string>& values);
  // An empty buffer for one binary value.
  std::string& value() { return next(); }

  // For libpq; valid until the next change.
  void arrange(std::vector<const char*>& values, std::vector<int>& lengths,
               std::vector<int>& formats) const;

 private:
  std::string& next();

  std::deque<std::string> buffers_;
  std::deque<bool> nulls_;
  std::size_t used_ = 0;
};

}  // namespace atlas::postgres
