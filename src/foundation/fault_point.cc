#include "foundation/fault_point.h"

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <string>
#include <unistd.h>

namespace atlas {
namespace {

std::atomic<FaultHook> g_hook{nullptr};

struct Plan {
  std::string point;  // empty: any
  long at = 0;
  std::string action;
  std::atomic<long> reached{0};
};

Plan& plan() {
  static Plan value;
  return value;
}

// Kept only while someone asks for the counts.
struct Census {
  std::mutex mutex;
  std::map<std::string, long, std::less<>> times;
};

Census& census() {
  static Census value;
  return value;
}

void take_down(std::string_view point) {
  if (std::getenv("ATLAS_FAULT_COUNT_FILE") == nullptr) return;
  Census& c = census();
  const std::scoped_lock lock(c.mutex);
  ++c.times.try_emplace(std::string(point)).first->second;
}

Fault act(std::string_view point) {
  take_down(point);
  Plan& p = plan();
  if (!p.point.empty() && p.point != point) return Fault::kNone;
  const long n = p.reached.fetch_add(1) + 1;
  if (n != p.at) return Fault::kNone;
  if (p.action == "kill") (void)::kill(::getpid(), SIGKILL);
  if (p.action == "stop") (void)::kill(::getpid(), SIGSTOP);
  if (p.action == "fail") return Fault::kFail;
  return Fault::kNone;
}

void write_count() {
  const char* file = std::getenv("ATLAS_FAULT_COUNT_FILE");
  if (file == nullptr) return;
  if (std::FILE* out = std::fopen(file, "w")) {
    (void)std::fprintf(out, "%ld\n", plan().reached.load());
    for (const auto& [name, times] : census().times)
      (void)std::fprintf(out, "%s %ld\n", name.c_str(), times);
    (void)std::fclose(out);
  }
}

}  // namespace

void set_fault_hook(FaultHook hook) { g_hook = hook; }

bool fault_hook_installed() { return g_hook.load(std::memory_order_relaxed) != nullptr; }

Fault fault_point(std::string_view point) {
  FaultHook hook = g_hook;
  return hook == nullptr ? Fault::kNone : hook(point);
}

void install_fault_hook_from_environment() {
  const char* text = std::getenv("ATLAS_FAULT");
  if (text == nullptr && std::getenv("ATLAS_FAULT_COUNT_FILE") == nullptr) return;
  std::string spec = text == nullptr ? "0:none" : text;
  Plan& p = plan();
  const auto last = spec.rfind(':');
  p.action = spec.substr(last + 1);
  spec = spec.substr(0, last);
  const auto colon = spec.rfind(':');
  if (colon != std::string::npos) {
    p.point = spec.substr(0, colon);
    spec = spec.substr(colon + 1);
  }
  p.at = std::strtol(spec.c_str(), nullptr, 10);
  (void)census();  // made before the exit function, so gone after it
  (void)std::atexit(write_count);
  set_fault_hook(act);
}

}  // namespace atlas
