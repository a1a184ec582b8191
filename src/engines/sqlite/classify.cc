#include "engines/sqlite/classify.h"

#include <sqlite3.h>

namespace atlas::sqlite {
namespace {

Code constraint(int extended) {
  switch (extended) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
      return Code::kUniqueTaken;
    case SQLITE_CONSTRAINT_TRIGGER:
      return Code::kTriggerRaised;
    case SQLITE_CONSTRAINT_DATATYPE:
      return Code::kOutsideDomain;
    default:
      return Code::kConstraintViolated;
  }
}

// SQLite has no codes for what a statement names in vain.
Code plain_error(std::string_view message) {
  if (message.starts_with("no such table")) return Code::kTableMissing;
  if (message.starts_with("no such column")) return Code::kColumnMissing;
  return Code::kDatabaseFailed;
}

}  // namespace

Code classify(int extended, std::string_view message, Code damaged) {
  switch (extended & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_INTERRUPT:
      return Code::kTimeout;
    case SQLITE_SCHEMA:
    case SQLITE_PROTOCOL:
      return Code::kSerialization;
    case SQLITE_FULL:
    case SQLITE_IOERR:
      return Code::kDiskFull;
    case SQLITE_CANTOPEN:
      return Code::kDatabaseMissing;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return damaged;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return Code::kPrivilegeMissing;
    case SQLITE_CONSTRAINT:
      return constraint(extended);
    case SQLITE_MISMATCH:
      return Code::kOutsideDomain;
    case SQLITE_TOOBIG:
      return Code::kRowTooLarge;
    case SQLITE_ERROR:
      return plain_error(message);
    default:
      return Code::kDatabaseFailed;
  }
}

std::string_view constraint_of(std::string_view message) {
  // The one kind that SQLite does not name.
  if (message == "FOREIGN KEY constraint failed") return kForeignKey;
  constexpr std::string_view kMark = "constraint failed: ";
  const auto at = message.find(kMark);
  return at == std::string_view::npos ? std::string_view{} : message.substr(at + kMark.size());
}

}  // namespace atlas::sqlite
