#pragma once

// Answers as text that equal engines spell equally: versions and stamps of clocks are ordinals of
// their first appearance.

#include "endpoint/endpoint.h"

#include <map>
#include <set>
#include <string>
#include <utility>

namespace atlas::agree {

class Canon {
 public:
  std::string value(const Value& value);
  std::string cells(std::span<const Value> cells);
  // "v2@now1" for the row's second version and its stamp.
  std::string version(const std::string& table, KeyView key, RowVersion version);
  static std::string error(const Error& error);
  // `alone`: the write is all of its instance.
  std::string result(const std::string& table, KeyView key, bool alone, const WriteResult& result);
  // The first version that version() saw of the row; none if it saw none.
  RowVersion first(const std::string& table, KeyView key) const;

 private:
  using RowId = std::pair<std::string, Key>;
  std::string moment(std::int64_t us);

  std::map<std::int64_t, std::size_t> moments_;
  std::map<RowId, std::map<std::uint64_t, std::size_t>> versions_;
  std::map<RowId, RowVersion> first_;
};

std::string_view status_name(WriteStatus status);

}  // namespace atlas::agree
