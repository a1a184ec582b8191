#include "foundation/planted.h"

#ifdef ATLAS_PLANT

namespace atlas {
namespace {

Plant& chosen() {
  static Plant value = Plant::kNone;
  return value;
}

}  // namespace

bool planted(Plant which) { return chosen() == which; }
void plant(Plant which) { chosen() = which; }

}  // namespace atlas

#endif
