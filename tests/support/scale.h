#pragma once

// What the tests at scale share: how large they are, users who never pause, memory that is held
// against its bound.

#include "tests/support/world.h"

#include <atomic>
#include <functional>
#include <memory>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace atlas::e2e {

// ATLAS_SCALE: percent of the full size, or "full" for 100. Without it 1, which suits every build.
//   throws std::runtime_error when it is anything but 1 to 100 or "full"
long scale_percent();
// That part of `full`, but `least` at the least.
long scaled(long full, long least = 1);
// Full: 100,000 users, 5,000 staff, 2,000 teams, 20,000 geofences, 150,000 members.
app::AtlasSize scaled_atlas();

// Resident memory that no run may exceed, whatever the size of the tables.
inline constexpr long kPeakKibMax = 64L * 1024;

// A run of the program that ends with `exit`; prints what it took, and fails the test where its
// memory exceeds kPeakKibMax (not in builds with sanitizers, whose memory is their own).
Finished measured(const Bridge& bridge, const std::vector<std::string>& words, int exit = 0);
// The same of a command that ends well and prints JSON.
Json measured_json(const Bridge& bridge, std::vector<std::string> words);

// Runs sync until a run writes nothing, as sync_until_quiet, measured.
void measured_until_quiet(const Bridge& bridge, int most = 6);

// Complete, nothing differs, nothing pending, nothing unlinked.
void expect_verified(const Bridge& bridge);

// The first column of each row.
std::set<std::string> column(Sql& sql, const std::string& query);

// `text` with `from`, which has to be in it once, replaced.
std::string with(std::string text, const std::string& from, const std::string& to);

// One session of a user that commits so many statements a second, whatever else goes on: each in a
// transaction of its own, the n-th (from 1) is statement(n). Works on a thread of its own.
class Writer {
 public:
  Writer(std::unique_ptr<Sql> sql, double per_second, std::function<std::string(long)> statement);
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // Ends it and gives how many it committed. Fails the test if a statement failed.
  long stop();
  long committed() const { return committed_; }

 private:
  void work(const std::stop_token& asked, double per_second);

  std::unique_ptr<Sql> sql_;
  std::function<std::string(long)> statement_;
  std::atomic<long> committed_{0};
  std::string error_;  // read once the thread has ended
  std::jthread thread_;
};

}  // namespace atlas::e2e
