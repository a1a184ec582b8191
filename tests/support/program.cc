#include "tests/support/program.h"

#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace atlas::e2e {
namespace {

constexpr std::chrono::milliseconds kPoll{2};

// In memory where there is such a place: a killed process loses nothing there that a disk would
// have kept, and hundreds of small runs need not wait for a disk.
std::string make_folder() {
  for (const std::string_view below : {"/dev/shm", "/tmp"}) {
    std::string name = std::string(below) + "/atlas-e2eXXXXXX";
    if (::mkdtemp(name.data()) != nullptr) return name;
  }
  throw std::runtime_error("no temporary folder could be made");
}

void remove_folder(const std::string& path) {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

std::vector<std::string> merged(const Environment& extra) {
  std::vector<std::string> out;
  for (char** at = environ; *at != nullptr; ++at) {
    const std::string text = *at;
    if (!extra.contains(text.substr(0, text.find('=')))) out.push_back(text);
  }
  for (const auto& [name, value] : extra) out.push_back(name + "=" + value);
  return out;
}

// The most memory that the process has had resident since it was started; none once it has ended.
// What wait4 tells is no use here: it remembers what this process had when it forked.
std::optional<long> peak_kib_of(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stol(line.substr(6));
  }
  return std::nullopt;
}

void redirect(const std::string& file, int stream) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (fd >= 0) (void)::dup2(fd, stream);
}

}  // namespace

TemporaryFolder::TemporaryFolder() : path_(make_folder()) {}
TemporaryFolder::~TemporaryFolder() { remove_folder(path_); }

std::string read_text(const std::string& file) {
  const std::ifstream in(file, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

void write_text(const std::string& file, const std::string& text) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out << text;
  if (!out.flush()) throw std::runtime_error(file + " cannot be written");
}

Program::Program(const std::vector<std::string>& arguments, const Environment& environment)
    : folder_(make_folder()), started_(std::chrono::steady_clock::now()) {
  // Only that build of the program has a hook at its fault points.
  const bool faults =
      environment.contains("ATLAS_FAULT") || environment.contains("ATLAS_FAULT_COUNT_FILE");
  std::vector<std::string> words = {ATLAS_TEST_BINARY + std::string(faults ? "-faults" : "")};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> variables = merged(environment);
  const std::vector<char*> argv = pointers(words);
  const std::vector<char*> envp = pointers(variables);
  const std::string out = folder_ + "/out";
  const std::string err = folder_ + "/err";
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ > 0) return;
  (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
  redirect("/dev/null", STDIN_FILENO);
  redirect(out, STDOUT_FILENO);
  redirect(err, STDERR_FILENO);
  (void)::execve(argv.front(), argv.data(), envp.data());
  ::_exit(127);
}

Program::~Program() {
  if (!ended_) {
    (void)::kill(pid_, SIGKILL);
    (void)reap(0);
  }
  remove_folder(folder_);
}

bool Program::reap(int options) {
  if (ended_) return true;
  if (const auto peak = peak_kib_of(pid_)) peak_kib_ = *peak;
  int status = 0;
  if (::waitpid(pid_, &status, options) != pid_ || WIFSTOPPED(status)) return false;
  ended_ = true;
  status_ = status;
  return true;
}

void Program::send(int signal) const { (void)::kill(pid_, signal); }

bool Program::running() { return !reap(WNOHANG); }

bool Program::stopped(std::chrono::seconds within) {
  const auto until = std::chrono::steady_clock::now() + within;
  while (std::chrono::steady_clock::now() < until) {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG | WUNTRACED) == pid_) {
      if (WIFSTOPPED(status)) return true;
      ended_ = true;
      status_ = status;
      return false;
    }
    std::this_thread::sleep_for(kPoll);
  }
  return false;
}

Finished Program::finish(std::chrono::seconds within) {
  const auto until = std::chrono::steady_clock::now() + within;
  bool late = false;
  while (!reap(WNOHANG)) {
    if (!late && std::chrono::steady_clock::now() > until) {
      late = true;
      send(SIGKILL);
    }
    std::this_thread::sleep_for(kPoll);
  }
  Finished done;
  done.took = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - started_);
  done.peak_kib = peak_kib_;
  done.out = read_text(folder_ + "/out");
  done.err = read_text(folder_ + "/err");
  if (late) throw std::runtime_error("the program did not end in time: " + done.out + done.err);
  if (WIFEXITED(status_)) done.exit = WEXITSTATUS(status_);
  if (WIFSIGNALED(status_)) done.signal = WTERMSIG(status_);
  return done;
}

}  // namespace atlas::e2e
