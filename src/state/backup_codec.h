#pragma once

// The bytes of a state backup: records in blocks that are chained by their hashes.

#include "state/backup.h"

#include <cstdint>
#include <istream>
#include <ostream>
#include <string>
#include <string_view>

namespace atlas {

enum class BackupRecord : std::uint8_t {
  kHead = 1,
  kEntity,
  kLink,
  kPending,
  kCandidate,
  kConflict,
  kCursor,
  kIntent,
  kNote,
  kEnd,
};

// Fields of one record.
class RecordWriter {
 public:
  explicit RecordWriter(BackupRecord what) : bytes_(1, static_cast<char>(what)) {}
  RecordWriter& number(std::int64_t value);
  RecordWriter& number(std::uint64_t value) { return number(static_cast<std::int64_t>(value)); }
  RecordWriter& text(std::string_view value);
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

// Reads what RecordWriter wrote. A reading beyond the end gives 0 or nothing and is remembered.
class RecordReader {
 public:
  explicit RecordReader(std::string_view bytes);
  BackupRecord what() const { return what_; }
  std::int64_t number();
  std::string_view text();
  // Everything was there and nothing is left.
  bool complete() const { return ok_ && bytes_.empty(); }

 private:
  std::string_view bytes_;
  BackupRecord what_ = BackupRecord::kEnd;
  bool ok_ = true;
};

class BackupOut {
 public:
  explicit BackupOut(std::ostream& out);
  Result<> put(const RecordWriter& record);
  // After the last record.
  Result<> finish();
  std::int64_t records() const { return records_; }

 private:
  Result<> flush();

  std::ostream& out_;
  std::string block_;
  std::uint64_t chain_ = 0;
  std::int64_t records_ = 0;
};

class BackupIn {
 public:
  explicit BackupIn(std::istream& in) : in_(in) {}
  // The next record; its bytes are valid until the next call. The end is a record too.
  Result<RecordReader> next();

 private:
  Result<> read_block();

  std::istream& in_;
  std::string block_;
  std::size_t at_ = 0;
  std::uint64_t chain_ = 0;
  bool begun_ = false;
};

Error unusable_backup(std::string why);

}  // namespace atlas
