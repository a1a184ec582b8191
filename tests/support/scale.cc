#include "tests/support/scale.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace atlas::e2e {
namespace {

constexpr long kDefaultPercent = 1;
constexpr std::chrono::minutes kRunMax{30};

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kMemoryIsOurs = false;
#else
constexpr bool kMemoryIsOurs = true;
#endif

}  // namespace

long scale_percent() {
  const char* const text = std::getenv("ATLAS_SCALE");
  if (text == nullptr || *text == '\0') return kDefaultPercent;
  if (std::string_view(text) == "full") return 100;
  char* end = nullptr;
  const long percent = std::strtol(text, &end, 10);
  if (*end != '\0' || percent < 1 || percent > 100)
    throw std::runtime_error("ATLAS_SCALE is a percentage from 1 to 100, or full");
  return percent;
}

long scaled(long full, long least) { return std::max(full * scale_percent() / 100, least); }

app::AtlasSize scaled_atlas() {
  return {.users = scaled(100'000, 200),
          .staff = scaled(5'000, 100),
          .teams = scaled(2'000, 80),
          .geofences = scaled(20'000, 100),
          .members = scaled(150'000, 200),
          .categories = 20};
}

Finished measured(const Bridge& bridge, const std::vector<std::string>& words, int exit) {
  std::string command;
  for (const std::string& word : words) command += (command.empty() ? "" : " ") + word;
  Finished done = bridge.start(words)->finish(kRunMax);
  fmt::print("  {}: {:.1f} s, {:.1f} MiB\n", command,
             std::chrono::duration<double>(done.took).count(),
             static_cast<double>(done.peak_kib) / 1024);
  (void)std::fflush(stdout);
  EXPECT_EQ(done.exit, exit) << command << ", signal " << done.signal << ": " << done.err
                             << done.out.substr(0, 2000);
  if (kMemoryIsOurs) {
    EXPECT_LT(done.peak_kib, kPeakKibMax) << command;
  }
  return done;
}

Json measured_json(const Bridge& bridge, std::vector<std::string> words) {
  words.insert(words.end(), {"-o", "json"});
  const Finished done = measured(bridge, words);
  if (done.exit != 0) throw std::runtime_error(words.front() + " did not end well");
  return Json::parse(done.out);
}

void measured_until_quiet(const Bridge& bridge, int most) {
  for (int run = 0; run < most; ++run) {
    const Json report = measured_json(bridge, {"sync"});
    EXPECT_EQ(report["outcome"], "done") << report.dump(1);
    if (report["total"]["rows_written"] == 0) return;
  }
  ADD_FAILURE() << "still writing after " << most << " runs";
}

void expect_verified(const Bridge& bridge) {
  const Json report = measured_json(bridge, {"verify"});
  for (const Json& entity : report["entities"]) {
    EXPECT_TRUE(entity["complete"].get<bool>()) << entity["entity"];
    for (const char* name :
         {"different", "drift", "pending", "unlinked_legacy", "unlinked_platform"})
      EXPECT_EQ(entity["counts"][name], 0) << name << " " << entity.dump(1).substr(0, 4000);
  }
}

std::set<std::string> column(Sql& sql, const std::string& query) {
  std::set<std::string> out;
  for (const SqlRow& row : sql.query(query)) out.insert(row.at(0).value_or(""));
  return out;
}

std::string with(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  if (at == std::string::npos) throw std::runtime_error("there is no '" + from + "'");
  return text.replace(at, from.size(), to);
}

Writer::Writer(std::unique_ptr<Sql> sql, double per_second,
               std::function<std::string(long)> statement)
    : sql_(std::move(sql)),
      statement_(std::move(statement)),
      thread_([this, per_second](const std::stop_token& asked) { work(asked, per_second); }) {}

Writer::~Writer() = default;

void Writer::work(const std::stop_token& asked, double per_second) {
  using Clock = std::chrono::steady_clock;
  const auto pause =
      std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / per_second));
  auto next = Clock::now();
  try {
    while (!asked.stop_requested()) {
      (void)sql_->query(statement_(committed_ + 1));
      ++committed_;
      next += pause;
      std::this_thread::sleep_until(next);
    }
  } catch (const std::exception& failed) {
    error_ = failed.what();
  }
}

long Writer::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
  EXPECT_EQ(error_, "") << "after " << committed_ << " statements";
  return committed_;
}

}  // namespace atlas::e2e
