#pragma once

// The built binary as users start it: a process with arguments, an environment and two streams.

#include <chrono>
#include <map>
#include <string>
#include <sys/types.h>
#include <vector>

namespace atlas::e2e {

using Environment = std::map<std::string, std::string>;

struct Finished {
  int exit = -1;   // -1: ended by a signal, or it had to be killed for being late
  int signal = 0;  // that ended it
  std::string out, err;
  std::chrono::milliseconds took{};
  long peak_kib = 0;  // the most memory that it had resident, as last looked at
};

// Throws std::runtime_error when it cannot be started or does not end in time. One thread. A
// program that still runs is killed with the object.
class Program {
 public:
  // `environment` comes on top of this process's own.
  Program(const std::vector<std::string>& arguments, const Environment& environment);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  pid_t pid() const { return pid_; }
  void send(int signal) const;
  // Waits until a SIGSTOP has taken hold. False when it ended or went on to `within`.
  bool stopped(std::chrono::seconds within);
  bool running();
  Finished finish(std::chrono::seconds within = std::chrono::seconds(180));

 private:
  bool reap(int options);

  pid_t pid_ = 0;
  bool ended_ = false;
  int status_ = 0;
  long peak_kib_ = 0;
  std::string folder_;
  std::chrono::steady_clock::time_point started_;
};

// A folder that goes with the object.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string read_text(const std::string& file);
void write_text(const std::string& file, const std::string& text);

}  // namespace atlas::e2e
