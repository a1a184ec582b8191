#pragma once

// How points in time are spelled in text columns, so that the order of the texts is the order of
// the times. We write 'YYYY-MM-DD HH:MM:SS.ffffff', with "+00" for instants; applications may leave
// the fraction short or out.

#include "model/type.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace atlas::sqlite {

// The spelling that we write. `kind` is kTimestamp or kTimestampTz.
std::string stamp_text(std::int64_t micros, TypeKind kind);

// The time of a text whose spelling keeps the order: the one above, with zero to six digits of
// fraction, with the offset ("+00", "+00:00") or without it; or an infinity. nullopt for every
// other spelling, though it may be a time.
std::optional<std::int64_t> sortable_stamp(std::string_view text, TypeKind kind);

// All sortable spellings of one time lie between `lowest` and `highest`, and no sortable spelling
// of another time does.
struct StampRange {
  std::string lowest;
  std::string written;  // stamp_text
  std::string highest;
  bool covers(std::string_view text) const { return text >= lowest && text <= highest; }
};
StampRange stamp_range(std::int64_t micros, TypeKind kind);

}  // namespace atlas::sqlite
