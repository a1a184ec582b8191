#pragma once

// Lists of texts in one cell: PostgreSQL's one-dimensional arrays ({a,"two words"}) and JSON arrays
// of strings.

#include "mapping/lens.h"

#include <string>
#include <string_view>

namespace atlas {

enum class ListForm : std::uint8_t { kArray, kJson };

// Steps over the elements of a list. A null element, another dimension and anything that is no text
// make it bad.
class ListScan {
 public:
  enum class Step : std::uint8_t { kElement, kEnd, kBad };

  ListScan(ListForm form, std::string_view text);
  // The next element's text, borrowed from the list or the arena.
  Step next(Arena& arena, std::string_view& element);

 private:
  Step next_of_array(Arena& arena, std::string_view& element);
  Step next_of_json(Arena& arena, std::string_view& element);
  void skip_space();
  bool at(char c) const { return at_ < text_.size() && text_[at_] == c; }
  Step quoted(Arena& arena, std::string_view& element);

  ListForm form_;
  std::string_view text_;
  std::size_t at_ = 0;
  bool first_ = true;
};

// An element as the list spells it; PostgreSQL's own quoting, so that what is read back is equal.
std::string list_element(ListForm form, std::string_view text);

}  // namespace atlas
