#pragma once

#include "app/terminal.h"
#include "flow/observer.h"
#include "foundation/clock.h"
#include "verify/verify.h"

#include <map>
#include <mutex>
#include <string>

namespace atlas::app {

// Shows on `err` how far a run is: a bar redrawn in place for a person, else a plain line every
// 10 s. Any thread. Erases its bar when destroyed.
class Progress final : public RunObserver, public VerifyObserver {
 public:
  //   verb      "sync": what the line begins with
  //   entities  how many there are to do
  Progress(Terminal& terminal, Clock& clock, std::string verb, std::size_t entities);
  ~Progress() override;
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void page_done(const std::string& entity, const Counts& so_far) override;
  void entity_done(const std::string& entity, const Counts& counts, const Error* error) override;
  void note(const std::string& line) override;

  void page_done(const std::string& entity, const VerifyCounts& so_far) override;
  void entity_done(const EntityVerdict& verdict) override;

 private:
  void seen(const std::string& entity, std::int64_t rows, bool done);
  void show();
  void erase();

  Terminal& terminal_;
  Clock& clock_;
  const std::string verb_;
  const std::size_t entities_;
  std::mutex mutex_;  // guards everything below
  std::map<std::string, std::int64_t> rows_;
  std::size_t done_ = 0;
  std::string latest_;
  Micros begun_;
  Micros shown_;
  bool drawn_ = false;
};

}  // namespace atlas::app
