#include "foundation/clock.h"

#include <thread>

namespace atlas {
namespace {

class SystemClock final : public Clock {
 public:
  Instant now() override {
    return std::chrono::time_point_cast<Micros>(std::chrono::system_clock::now());
  }
  Micros monotonic() override {
    return std::chrono::duration_cast<Micros>(std::chrono::steady_clock::now().time_since_epoch());
  }
  void sleep(Micros span) override { std::this_thread::sleep_for(span); }
};

}  // namespace

Clock& system_clock() {
  static SystemClock clock;
  return clock;
}

}  // namespace atlas
