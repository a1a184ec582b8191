// Level 3 remarks: what one side can hold and the other cannot.

#include "mapping/lens.h"

namespace atlas {

std::vector<std::string> lens_remarks(const LensSpec&) { return {}; }

}  // namespace atlas
