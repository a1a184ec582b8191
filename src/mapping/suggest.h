#pragma once

// "Did you mean": the nearest of the names that would have been right.

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace atlas {

// The candidate nearest to `wrong` by edit distance (insert, delete, replace, swap of neighbours;
// case counts little), empty when none is near.
std::string nearest(std::string_view wrong, std::span<const std::string> candidates);
// "did you mean `users`?", or the list of candidates when none is near and they are few. Empty when
// there are none.
std::string suggestion(std::string_view wrong, std::span<const std::string> candidates);
// "a, b, c"; at most `limit` names, then "…".
std::string name_list(std::span<const std::string> names, std::size_t limit = 12);

}  // namespace atlas
