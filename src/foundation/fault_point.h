#pragma once

// Fault points stand at every commit, send, receive and file write. They do nothing until a hook is
// installed, which only tests do, and programs built with ATLAS_CHAOS: the `chaos` preset's
// atlas-bridge, and the atlas-bridge-faults that tests kill.

#include <string_view>

namespace atlas {

// What a fault point does when it is hit. kNone goes on; kFail makes the caller behave as if the
// connection broke there; killing and stopping happen inside the hook.
enum class Fault : unsigned char { kNone, kFail };

// Called at each point with its name. Installed by tests or from ATLAS_FAULT (see
// docs/reliability.md).
using FaultHook = Fault (*)(std::string_view point);

void set_fault_hook(FaultHook hook);
bool fault_hook_installed();
Fault fault_point(std::string_view point);
// Reads ATLAS_FAULT="<n>:<kill|fail|stop>" or "<name>:<k>:<kill|fail|stop>": acts at the n-th point
// reached, or at the k-th time the named point is reached; at exit the number of points reached
// goes to ATLAS_FAULT_COUNT_FILE, then a line `<name> <times>` for each of them.
void install_fault_hook_from_environment();

}  // namespace atlas
