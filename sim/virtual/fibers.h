#pragma once

// Processes in fibers: a seeded scheduler switches at port calls and can kill a process at any of
// them.

#include "foundation/executor.h"
#include "foundation/rng.h"
#include "sim/virtual/world.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace atlas::sim {

// Who goes on at a port call. kPct: the able fiber of the highest priority, where priorities are
// drawn and the running one drops to the lowest at a few drawn moments (Burckhardt et al., A
// Randomized Scheduler with Probabilistic Guarantees of Finding Bugs, 2010).
enum class Scheduling : std::uint8_t { kUniform, kPct };

// One thread. Installs itself as the world's hook and wait while it runs.
class Fibers {
 public:
  using Process = std::size_t;

  // Seed 0 never switches but where somebody waits: processes run one after another.
  Fibers(World& world, std::uint64_t seed, Scheduling scheduling = Scheduling::kUniform);
  ~Fibers();
  Fibers(const Fibers&) = delete;
  Fibers& operator=(const Fibers&) = delete;

  // A process of its own; it starts when run() is called.
  Process spawn(std::function<void()> body);
  // Runs all processes to their ends.
  void run();
  // Unwinds every fiber of `process` at the port call it stands at, or never starts it. From inside
  // of a fiber of another process or from `at_port`.
  void kill(Process process);
  // Keeps `process` from running until wake().
  void sleep(Process process);
  void wake(Process process);
  bool alive(Process process) const;
  // The process that runs now.
  Process current() const;

  // Called at each port call before a switch. May kill() any process, also the current one; an
  // error goes to the caller.
  std::function<std::optional<Error>(Process, std::string_view port, Moment)> at_port;

  // Asked when every fiber waits or sleeps: wakes somebody and says true, or the test has a
  // deadlock.
  std::function<bool()> stuck;

  // Tasks as fibers of the calling process.
  Executor& executor();

 private:
  struct Fiber;
  class FiberExecutor;
  class Machinery;

  std::size_t choice();
  void start(Process process, std::function<void()> body);
  void forget(const std::vector<Fiber*>& ended);
  void resume(Fiber& fiber);
  void yield();
  void idle(std::uint32_t calls);
  void find_able();
  bool end_idleness();
  std::optional<Error> port_call(std::string_view port, Moment moment);

  World& world_;
  SeededRng rng_;
  bool switches_;
  Scheduling scheduling_;
  std::vector<std::uint64_t> drops_;  // kPct: port calls at which the running fiber drops
  std::uint64_t calls_ = 0;
  std::uint64_t lowest_ = 1U << 20U;
  std::vector<std::unique_ptr<Fiber>> fibers_;
  std::vector<Fiber*> able_;           // of the present step
  std::vector<char> killed_, asleep_;  // by process
  Fiber* running_ = nullptr;
  std::unique_ptr<FiberExecutor> executor_;
};

}  // namespace atlas::sim
