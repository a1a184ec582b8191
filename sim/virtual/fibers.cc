#include "sim/virtual/fibers.h"

#include "foundation/assert.h"

#include <boost/context/fiber.hpp>
#include <boost/context/fixedsize_stack.hpp>

#include <algorithm>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

namespace atlas::sim {
namespace {

constexpr std::size_t kStackBytes = std::size_t{1}
                                    << 20U;  // sanitized frames of a debug build are large

// The address sanitizer must know on which stack we are; otherwise exceptions look like overflows
// to it.
struct StackBounds {
  const void* bottom = nullptr;
  std::size_t size = 0;
};

void before_switch([[maybe_unused]] void** own_fake_stack, [[maybe_unused]] const StackBounds& to) {
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_start_switch_fiber(own_fake_stack, to.bottom, to.size);
#endif
}

void after_switch([[maybe_unused]] void* own_fake_stack, [[maybe_unused]] StackBounds* from) {
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(own_fake_stack, from == nullptr ? nullptr : &from->bottom,
                                  from == nullptr ? nullptr : &from->size);
#endif
}

}  // namespace

struct Fibers::Fiber {
  Process process = 0;
  std::uint64_t priority = 0;  // kPct
  std::function<void()> body;
  std::function<bool()> ready;  // set while it waits
  std::uint64_t until = 0;      // the port call that ends its pause
  boost::context::fiber context;
  boost::context::fiber scheduler;
  StackBounds own, home;
  void* fake = nullptr;  // the sanitizer's second stack of this fiber while it is away
  bool done = false;
  bool unwinding = false;
};

class Fibers::FiberExecutor final : public Executor {
 public:
  explicit FiberExecutor(Fibers& fibers) : fibers_(fibers) {}
  void run(std::vector<std::function<void()>> tasks) override {
    ATLAS_ASSERT(fibers_.running_ != nullptr, "tasks are run outside of any fiber");
    std::vector<Fiber*> children;
    for (auto& task : tasks) {
      fibers_.start(fibers_.running_->process, std::move(task));
      children.push_back(fibers_.fibers_.back().get());
    }
    auto joined = [&] {
      return std::all_of(children.begin(), children.end(), [](const Fiber* f) { return f->done; });
    };
    Fiber& self = *fibers_.running_;
    // Children look into our frame: even when we are killed they end before it does.
    bool killed = false;
    while (!joined()) {
      self.ready = joined;
      try {
        fibers_.yield();
      } catch (const Killed&) {
        killed = true;
      }
    }
    self.ready = nullptr;
    fibers_.forget(children);
    if (killed) throw Killed();
  }

 private:
  Fibers& fibers_;
};

Fibers::Fibers(World& world, std::uint64_t seed, Scheduling scheduling)
    : world_(world),
      rng_(seed),
      switches_(seed != 0),
      scheduling_(scheduling),
      executor_(std::make_unique<FiberExecutor>(*this)) {
  constexpr std::size_t kDrops = 3;
  constexpr std::uint64_t kCalls = 600;  // about as long as a run
  if (scheduling_ == Scheduling::kPct) {
    for (std::size_t i = 0; i < kDrops; ++i) drops_.push_back(1 + (rng_.next() % kCalls));
  }
  world_.hook = [this](std::string_view port, Moment moment) { return port_call(port, moment); };
  world_.wait = [this](const std::function<bool()>& ready) {
    ATLAS_ASSERT(running_ != nullptr, "somebody waits outside of any fiber");
    running_->ready = ready;
    yield();
    running_->ready = nullptr;
  };
  world_.idle = [this](std::uint32_t calls) { idle(calls); };
}

Fibers::~Fibers() {
  world_.hook = nullptr;
  world_.wait = nullptr;
  world_.idle = nullptr;
}

Executor& Fibers::executor() { return *executor_; }

Fibers::Process Fibers::spawn(std::function<void()> body) {
  const Process process = killed_.size();
  killed_.push_back(0);
  asleep_.push_back(0);
  start(process, std::move(body));
  return process;
}

void Fibers::start(Process process, std::function<void()> body) {
  auto fiber = std::make_unique<Fiber>();
  Fiber* self = fiber.get();
  self->process = process;
  self->body = std::move(body);
  if (scheduling_ == Scheduling::kPct) self->priority = (1U << 20U) + (rng_.next() % (1U << 20U));
  boost::context::fixedsize_stack stacks(kStackBytes);
  const auto stack = stacks.allocate();
  self->own = {static_cast<const char*>(stack.sp) - stack.size, stack.size};
  self->context = boost::context::fiber(std::allocator_arg,
                                        boost::context::preallocated(stack.sp, stack.size, stack),
                                        stacks, [this, self](boost::context::fiber&& scheduler) {
                                          after_switch(nullptr, &self->home);
                                          self->scheduler = std::move(scheduler);
                                          try {
                                            if (killed_[self->process] == 0) self->body();
                                          } catch (const Killed&) {
                                            self->body = nullptr;  // it ends here
                                          }
                                          self->done = true;
                                          self->body = nullptr;
                                          before_switch(nullptr, self->home);
                                          return std::move(self->scheduler);
                                        });
  fibers_.push_back(std::move(fiber));
}

void Fibers::forget(const std::vector<Fiber*>& ended) {
  std::erase_if(fibers_, [&](const std::unique_ptr<Fiber>& fiber) {
    return std::ranges::find(ended, fiber.get()) != ended.end();
  });
}

void Fibers::resume(Fiber& fiber) {
  Fiber* before = running_;
  running_ = &fiber;
  void* fake = nullptr;
  before_switch(&fake, fiber.own);
  fiber.context = std::move(fiber.context).resume();
  after_switch(fake, nullptr);
  running_ = before;
}

void Fibers::yield() {
  Fiber& self = *running_;
  before_switch(&self.fake, self.home);
  self.scheduler = std::move(self.scheduler).resume();
  after_switch(self.fake, &self.home);
  // Not a second time while the stack already unwinds.
  if (killed_[self.process] != 0 && !self.unwinding) {
    self.unwinding = true;
    throw Killed();
  }
}

std::size_t Fibers::choice() {
  if (!switches_ || able_.size() == 1) return able_.size() - 1;
  if (scheduling_ == Scheduling::kUniform) return rng_.next() % able_.size();
  const auto highest = std::ranges::max_element(able_, {}, &Fiber::priority);
  return static_cast<std::size_t>(highest - able_.begin());
}

// Newest first: of a killed process the children end before the fiber that waits for them.
void Fibers::find_able() {
  able_.clear();
  for (auto it = fibers_.rbegin(); it != fibers_.rend(); ++it) {
    Fiber& fiber = **it;
    if (fiber.done) continue;
    if (killed_[fiber.process] != 0) {
      if (fiber.unwinding && fiber.ready && !fiber.ready()) continue;
      able_.assign(1, &fiber);
      return;
    }
    if (asleep_[fiber.process] == 0 && fiber.until <= calls_ && (!fiber.ready || fiber.ready()))
      able_.push_back(&fiber);
  }
}

// Everybody who is not paused waits: the shortest pause is over.
bool Fibers::end_idleness() {
  Fiber* first = nullptr;
  for (const auto& fiber : fibers_) {
    const bool paused = !fiber->done && asleep_[fiber->process] == 0 && fiber->until > calls_;
    if (paused && (first == nullptr || fiber->until < first->until)) first = fiber.get();
  }
  if (first != nullptr) first->until = 0;
  return first != nullptr;
}

void Fibers::run() {
  ATLAS_ASSERT(running_ == nullptr, "a scheduler is run from one of its own fibers");
  while (true) {
    find_able();
    if (able_.empty()) {
      if (std::ranges::all_of(fibers_, [](const auto& fiber) { return fiber->done; })) break;
      const bool helped = end_idleness() || (stuck && stuck());
      ATLAS_ASSERT(helped, "every fiber waits: a deadlock");
      continue;
    }
    resume(*able_[choice()]);
  }
  fibers_.clear();
}

// Others have about as many turns as it passes over.
void Fibers::idle(std::uint32_t calls) {
  if (running_ == nullptr || running_->unwinding || calls == 0) return;
  constexpr std::uint64_t kAtOnce = 3;  // fibers that are able at a time, about
  world_.pass(Micros(calls));
  running_->until = calls_ + (switches_ ? calls * kAtOnce : 0);
  yield();
}

void Fibers::kill(Process process) { killed_[process] = 1; }
void Fibers::sleep(Process process) { asleep_[process] = 1; }
void Fibers::wake(Process process) { asleep_[process] = 0; }
bool Fibers::alive(Process process) const {
  return std::any_of(fibers_.begin(), fibers_.end(),
                     [&](const auto& f) { return f->process == process && !f->done; });
}
Fibers::Process Fibers::current() const { return running_->process; }

std::optional<Error> Fibers::port_call(std::string_view port, Moment moment) {
  if (running_ == nullptr || running_->unwinding)
    return std::nullopt;  // the test itself, or destructors
  std::optional<Error> error;
  ++calls_;
  if (std::ranges::find(drops_, calls_) != drops_.end()) running_->priority = --lowest_;
  if (at_port) error = at_port(running_->process, port, moment);
  if (killed_[running_->process] != 0) {
    running_->unwinding = true;
    throw Killed();
  }
  if (switches_ || asleep_[running_->process] != 0) yield();
  return error;
}

}  // namespace atlas::sim
