#include "app/signals.h"

#include <atomic>
#include <csignal>

namespace atlas::app {
namespace {

// A signal handler reaches nothing but globals.
volatile std::sig_atomic_t received = 0;
std::atomic<int> listeners = 0;

extern "C" void on_signal(int number) { received = number; }

void handle(int number) {
  struct ::sigaction action{};
  action.sa_handler = on_signal;
  // No SA_RESTART: a wait for the server ends early. Once only: the second signal kills.
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  ::sigemptyset(&action.sa_mask);
  ::sigaction(number, &action, nullptr);
}

}  // namespace

StopSignals::StopSignals() {
  if (listeners.fetch_add(1) > 0) return;
  received = 0;
  handle(SIGTERM);
  handle(SIGINT);
}

StopSignals::~StopSignals() {
  if (listeners.fetch_sub(1) > 1) return;
  std::signal(SIGTERM, SIG_DFL);
  std::signal(SIGINT, SIG_DFL);
}

bool StopSignals::asked() const { return received != 0; }

ExitCode StopSignals::exit() {
  return received == SIGTERM ? ExitCode::kTerminated : ExitCode::kInterrupted;
}

std::function<Ports::Stop()> stop_when(const StopSignals& signals, Clock& clock,
                                       std::optional<Micros> deadline) {
  return [&signals, &clock, deadline] {
    if (signals.asked()) return Ports::Stop::kInterrupted;
    if (deadline && clock.monotonic() >= *deadline) return Ports::Stop::kDeadline;
    return Ports::Stop::kNone;
  };
}

}  // namespace atlas::app
