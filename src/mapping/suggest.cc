#include "mapping/suggest.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace atlas {
namespace {

constexpr std::size_t kNameBytesMax = 64;  // longer names are not compared

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

// Optimal string alignment distance (Damerau 1964, restricted): two for a change, one for a change
// of case only.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = 2 * i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = 2 * j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      std::size_t replace = 0;
      if (a[i - 1] != b[j - 1]) replace = lower(a[i - 1]) == lower(b[j - 1]) ? 1 : 2;
      d[i][j] = std::min({d[i - 1][j] + 2, d[i][j - 1] + 2, d[i - 1][j - 1] + replace});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 2);
      }
    }
  }
  return d[a.size()][b.size()];
}

}  // namespace

std::string nearest(std::string_view wrong, std::span<const std::string> candidates) {
  if (wrong.empty() || wrong.size() > kNameBytesMax) return {};
  std::string best;
  std::size_t best_distance = 0;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > kNameBytesMax) continue;
    const std::size_t shorter = std::min(wrong.size(), candidate.size());
    const std::size_t allowed = 2 * std::max<std::size_t>(1, shorter / 3);
    const std::size_t found = distance(wrong, candidate);
    if (found > allowed || found >= 2 * shorter) continue;
    if (best.empty() || found < best_distance) {
      best = candidate;
      best_distance = found;
    }
  }
  return best;
}

std::string suggestion(std::string_view wrong, std::span<const std::string> candidates) {
  const std::string near = nearest(wrong, candidates);
  if (!near.empty()) return fmt::format("did you mean `{}`?", near);
  if (candidates.empty()) return {};
  return fmt::format("one of: {}", name_list(candidates));
}

std::string name_list(std::span<const std::string> names, std::size_t limit) {
  std::string out;
  for (std::size_t i = 0; i < names.size() && i < limit; ++i) {
    if (i > 0) out += ", ";
    out += names[i];
  }
  if (names.size() > limit) out += ", …";
  return out;
}

}  // namespace atlas
