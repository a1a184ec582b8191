// Runs a command and tells what it took.
//
//   measure REPORT COMMAND [ARGUMENT...]
//
// Writes one line to the file REPORT: wall, user and system seconds, and peak resident KiB. CPU
// time is that of the command and of all its children; the peak is that of the largest of them.
// Exits as the command does. Debian's shells cannot tell the peak, and /usr/bin/time need not be
// installed.
#include <chrono>
#include <cstdio>
#include <fstream>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

constexpr int kUsage = 64;
constexpr int kCannotRun = 127;
constexpr int kSignalBase = 128;

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("usage: measure REPORT COMMAND [ARGUMENT...]\n", stderr);
    return kUsage;
  }
  const auto start = std::chrono::steady_clock::now();
  const pid_t child = fork();
  if (child == 0) {
    execvp(argv[2], argv + 2);
    std::perror(argv[2]);
    _exit(kCannotRun);
  }
  int status = 0;
  rusage usage{};
  if (child < 0 || wait4(child, &status, 0, &usage) != child) {
    std::perror("measure");
    return kCannotRun;
  }
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  std::ofstream(argv[1]) << wall.count() << ' ' << seconds(usage.ru_utime) << ' '
                         << seconds(usage.ru_stime) << ' ' << usage.ru_maxrss << '\n';
  return WIFEXITED(status) ? WEXITSTATUS(status) : kSignalBase + WTERMSIG(status);
}
