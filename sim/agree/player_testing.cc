#include "sim/agree/player_testing.h"

#include "sim/agree/session_testing.h"

namespace atlas::agree {

Transcript play(const Script& script, Place& place) {
  Session session(place);
  Transcript out;
  for (const Step& step : script.steps) out.push_back(session.play(step));
  return out;
}

}  // namespace atlas::agree
