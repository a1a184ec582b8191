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

  // About so many rows are in the entity's root tables; tells how long a first load goes on.
  void expect(const std::string& entity, std::int64_t legacy_rows, std::int64_t platform_rows);

  void first_load(const std::string& entity, std::int64_t links) override;
  void page_done(const std::string& entity, const Counts& so_far) override;
  void entity_done(const std::string& entity, const Counts& counts, const Error* error) override;

  void page_done(const std::string& entity, const VerifyCounts& so_far) override;
  void entity_done(const EntityVerdict& verdict) override;

 private:
  struct Load {
    std::int64_t legacy_rows = -1, platform_rows = -1;  // estimates; -1: none
    std::int64_t to_do = 0;                             // rows to be captured; 0: no first load
    Micros begun{};
  };
  std::string load_text() const;
  void seen(const std::string& entity, std::int64_t rows, bool done);
  void show();
  void erase();

  Terminal& terminal_;
  Clock& clock_;
  const std::string verb_;
  const std::size_t entities_;
  std::mutex mutex_;  // guards everything below
  std::map<std::string, std::int64_t> rows_;
  std::map<std::string, Load> loads_;
  std::size_t done_ = 0;
  std::string latest_;
  Micros begun_;
  Micros shown_;
  bool drawn_ = false;
};

}  // namespace atlas::app
