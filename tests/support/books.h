#pragma once

// What both sides say, in words of neither: an oracle that knows the Atlas example by hand and
// nothing of the bridge. Rows are told by what they mean (a person by e-mail, a team by title), so
// a lost, doubled or mixed row shows as a line that one side has and the other has not.

#include "tests/support/world.h"

#include <string>
#include <vector>

namespace atlas::e2e {

// Sorted lines, one for each live row of the tenant that is expected on both sides.
struct Books {
  std::vector<std::string> lines;
  // Legacy rows that cannot be on the platform, or of which it can hold only one.
  std::size_t unmappable_people = 0, members_of_unmappable = 0, gap_stamps = 0;
  std::size_t orphan_geofences = 0, shared_emails = 0;
};

Books legacy_books(World& world);
// `leave_out`: e-mails that two legacy people share.
Books platform_books(World& world, const std::vector<std::string>& leave_out);

// The one check: no row lost, none doubled, both sides equal. Fails the test and names the first
// lines that only one side has.
//   returns the legacy books, for their figures
Books expect_sides_equal(World& world);

}  // namespace atlas::e2e
