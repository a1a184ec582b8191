#pragma once

// What SQLite tells of its schema only as the text of CREATE statements.

#include <string>
#include <string_view>
#include <vector>

namespace atlas::sqlite {

// The conditions of CHECK constraints in a CREATE TABLE statement, in order.
std::vector<std::string> check_conditions(std::string_view create_table);
// True when words follow each other in the statement, outside of strings, names in quotes and
// comments: {"on", "conflict"}.
bool has_words(std::string_view sql, std::initializer_list<std::string_view> words);

// When a trigger acts.
enum class TriggerTime : std::uint8_t { kBefore, kAfter, kInsteadOf };
TriggerTime trigger_time(std::string_view create_trigger);

}  // namespace atlas::sqlite
