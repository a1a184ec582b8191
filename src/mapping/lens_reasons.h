#pragma once

// Why a value does not fit: every reason a lens gives, in one place. docs/operators.md explains
// each of them (a test compares). They name no value and no column: the caller knows both.

#include <string_view>

namespace atlas::reason {

// Whether a lens gave this reason. By content: each file that names a reason may have its own copy.
inline bool is(const char* given, std::string_view wanted) {
  return given != nullptr && std::string_view(given) == wanted;
}

// Any column.
inline constexpr const char* kWrongTag = "the cell is not of its column's type";
inline constexpr const char* kNull = "null, and the column may not be null";
inline constexpr const char* kOutsideDomain = "outside the declared domain";
inline constexpr const char* kLost = "the value does not survive the way there and back";

// Text.
inline constexpr const char* kNotUtf8 = "the text is not valid UTF-8";
inline constexpr const char* kZeroCharacter = "the text contains the character U+0000";
inline constexpr const char* kTooLong = "the text is longer than the column";
inline constexpr const char* kNoLabel = "the enum type has no such label";
inline constexpr const char* kNotThatType = "the text is not a value of the other side's type";

inline constexpr const char* kNotSplit = "no split of the text joins to it again";

// Numbers.
inline constexpr const char* kNotZeroOne = "neither 0 nor 1";
inline constexpr const char* kNotFinite = "not a finite number";
inline constexpr const char* kNotWhole = "not a whole number";
inline constexpr const char* kIntegerRange = "outside the range of the integer column";
inline constexpr const char* kDigits = "more digits before the point than the column holds";
inline constexpr const char* kPlaces = "more digits after the point than the column holds";
inline constexpr const char* kFloatInexact = "the floating-point column cannot hold it exactly";
inline constexpr const char* kEndless = "the quotient has no exact decimal form";

// Time.
inline constexpr const char* kStampRange = "outside the range of timestamps";
inline constexpr const char* kGap = "this local time was skipped when the clock went forward";
inline constexpr const char* kAmbiguous =
    "this local time was shown twice when the clock went back";
inline constexpr const char* kEndlessTime = "infinity has no epoch number";
inline constexpr const char* kEpochIsNull =
    "the epoch itself is written as 0, which stands for null";

// Code tables.
inline constexpr const char* kNoEntry = "no entry for this code";
inline constexpr const char* kNoCode = "no code for this value";

// Flags.
inline constexpr const char* kHalfFlags = "some of the flags are null and others are not";
inline constexpr const char* kNotNames = "not a list of names";
inline constexpr const char* kNoFlag = "no bit for this name";

// JSON.
inline constexpr const char* kNotJson = "not valid JSON";
inline constexpr const char* kNotObject = "the path leads through a JSON value that is no object";
inline constexpr const char* kOtherJsonType = "the JSON value has another type than declared";
inline constexpr const char* kHalfSurrogate = "the JSON string has half of a surrogate pair";
inline constexpr const char* kJsonNumber = "the JSON number is too long";
inline constexpr const char* kNotJsonb = "jsonb cannot hold this JSON";

// Points.
inline constexpr const char* kHalfPoint = "one coordinate is null and the other is not";
inline constexpr const char* kNotPoint = "not a GeoJSON point";
inline constexpr const char* kLatitude = "the latitude is outside -90 to 90";
inline constexpr const char* kLongitude = "the longitude is outside -180 to 180";

// Expressions.
inline constexpr const char* kNotUndone = "the expressions do not undo each other for this value";
inline constexpr const char* kOneWayOnly = "the field goes one way and has no value for this side";
inline constexpr const char* kDivisionByZero = "a division by zero";
inline constexpr const char* kNegativeCount = "a count or position below what is possible";
inline constexpr const char* kMadeTooLong = "the expression makes a text of more than 1 MiB";
inline constexpr const char* kBadReplacement = "the replacement names a group that is not there";
inline constexpr const char* kEndlessDate = "infinity has no parts";
inline constexpr const char* kNoDate = "not a date";
// Circles.
inline constexpr const char* kHalfCircle = "a part of the circle is null and another is not";
inline constexpr const char* kRadius = "the radius is negative";
inline constexpr const char* kCircleEdge = "the circle reaches a pole or the 180th meridian";
inline constexpr const char* kCustomShape = "the shape is not the circle of its centre";

// Patterns.
inline constexpr const char* kNoMatch = "the text does not match the pattern";

// One-way operators.
inline constexpr const char* kOneWay = "the operator goes one way: nothing is written back";

// Lua.
inline constexpr const char* kLuaError = "the script ends with an error for this value";
inline constexpr const char* kLuaBudget = "the script takes too many instructions for this value";
inline constexpr const char* kLuaMemory = "the script takes too much memory for this value";
inline constexpr const char* kLuaImpure = "the script answers differently when it is asked again";
inline constexpr const char* kLuaAnswer = "the script's answer is not a value of the column's type";

}  // namespace atlas::reason
