#pragma once

// Text forms of dates, times and intervals. Part of text_form.h's promises; nothing else includes
// this.

#include "model/value.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace atlas {

std::optional<std::int64_t> parse_date(std::string_view text);
std::optional<std::int64_t> parse_time(std::string_view text);
// Naive microseconds; text with an offset is no timestamp.
std::optional<std::int64_t> parse_timestamp(std::string_view text);
// UTC microseconds; without an offset the text is read as UTC.
std::optional<std::int64_t> parse_instant(std::string_view text);
std::optional<Interval> parse_interval(std::string_view text);

void append_date(std::string& out, std::int64_t days);
void append_time(std::string& out, std::int64_t micros);
void append_timestamp(std::string& out, std::int64_t micros);
void append_instant(std::string& out, std::int64_t micros);
void append_interval(std::string& out, const Interval& interval);

}  // namespace atlas
