#pragma once

// Every change that was committed while a script played, and the laws that hold over them
// (RELIABILITY H1 to H8). A single pass; what users wrote tells on its own whose it is: a token is
// "<person><field><serial>", as 17n3.

#include "sim/virtual/company.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atlas::sim {

struct Token {
  std::int64_t person = 0;
  char field = '?';  // n name, c city, r remark, t team's name
  std::int64_t serial = 0;
  friend auto operator<=>(const Token&, const Token&) = default;
};
// Case does not matter: triggers may change it.
std::optional<Token> token_of(std::string_view text);

struct Event {
  Instant at;
  const Database* database = nullptr;
  std::optional<Epoch> bridge;
  std::uint64_t writer = 0;
  Change change;
};

// What a law's breach is: its name, and what was seen.
struct Violation {
  std::string law;
  std::string what;
};

// What a script did that a law has to allow for.
struct HistoryFacts {
  bool restored = false;  // a database was put back: what was held may come back
  bool triggers = false;  // values may come back changed
  bool clocks_stepped = false;
  bool recovered = false;  // of a write that was settled nobody knows the row's stamp
  bool adoptions = false;  // people are matched by mail
  bool remapped = false;   // bases were forgotten
  bool group = false;      // name and city win or lose together
  Policy city = Policy::kNewest, remark = Policy::kManual;
  Micros platform_ahead{};
};

class History {
 public:
  explicit History(Company& company) : company_(company) {}
  void record(const Commit& commit, Instant at);
  // A person acted on the bridge: what it wrote before may come again.
  void operator_acted() { events_.emplace_back(); }
  const std::vector<Event>& events() const { return events_; }
  std::size_t user_commits() const { return user_commits_; }

  // The first breach of a law.
  std::optional<Violation> breach(const HistoryFacts& facts) const;

 private:
  Company& company_;
  std::vector<Event> events_;
  std::size_t user_commits_ = 0;
};

}  // namespace atlas::sim
