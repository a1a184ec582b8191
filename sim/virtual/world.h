#pragma once

// The virtual machine that a run lives on: one clock, and one place where every port call passes
// by.

#include "foundation/clock.h"
#include "foundation/result.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace atlas::sim {

// What ends a run in the middle of a port call: its stack is unwound, its connections close.
struct Killed {};

enum class Moment : unsigned char { kBefore, kAfter };  // of the call's effect

// One thread; fibers of one scheduler may share it.
class World {
 public:
  // Called at every port call, twice. May throw Killed, may switch fibers; an error is given to the
  // caller instead of the call's answer (at kBefore: nothing happened; at kAfter: it happened and
  // the answer is lost).
  std::function<std::optional<Error>(std::string_view port, Moment moment)> hook;
  // Lets others run until `ready`; set by a scheduler of fibers. Without one, waiting is a deadlock
  // and a defect.
  std::function<void(const std::function<bool()>& ready)> wait;
  // Lets others make about `calls` port calls; set by a scheduler of fibers.
  std::function<void(std::uint32_t calls)> idle;

  Instant now() const { return now_; }
  void pass(Micros span) { now_ += span; }
  void set(Instant now) { now_ = now; }
  void wait_for(const std::function<bool()>& ready) const;
  // Somebody does nothing while others may.
  void pause(std::uint32_t calls) const {
    if (idle) idle(calls);
  }

  // One port call.
  template <class Effect>
  auto call(std::string_view port, Effect&& effect) -> decltype(effect()) {
    if (auto error = at_port(port, Moment::kBefore)) return std::move(*error);
    auto out = std::forward<Effect>(effect)();
    if (auto error = at_port(port, Moment::kAfter)) return std::move(*error);
    return out;
  }
  // A microsecond passes at each call, so that no two moments are equal by accident.
  std::optional<Error> at_port(std::string_view port, Moment moment);

 private:
  Instant now_{std::chrono::sys_days{std::chrono::year{2026} / 1 / 2}};
};

// Not a port: reading it costs nothing and fails never.
class VirtualClock final : public Clock {
 public:
  explicit VirtualClock(World& world) : world_(world) {}
  Instant now() override { return world_.now(); }
  Micros monotonic() override { return world_.now().time_since_epoch(); }
  void sleep(Micros span) override { world_.pass(span); }

 private:
  World& world_;
};

}  // namespace atlas::sim
