#pragma once

// Users of both sides at work, round after round, and what each round leaves behind: every value
// they write is a token of its own, so that a lost or doubled edit can be told.

#include "tests/support/books.h"
#include "tests/support/world.h"

#include <map>
#include <string>

namespace atlas::e2e {

// Needs a world that holds at least 20 rows of each generated table and was synced once.
class Rounds {
 public:
  explicit Rounds(World& world) : world_(world) {}

  // Creates, updates, deletes on both sides: rows of one and of two parts, references, two edits
  // of different fields of one person.
  void play();
  // Of every token that is still in force one line says it; what was deleted is in no line.
  void expect_kept(const Books& books) const;

 private:
  void create();
  void change();
  void remove();
  std::string token(const std::string& what) const;
  // `place` is what the token overwrites: a row and field.
  std::string token_at(const std::string& place, const std::string& what);

  World& world_;
  int round_ = 0;
  std::map<std::string, std::string> in_force_;  // place to token
  std::map<std::string, int> lines_;             // further texts to how many lines have them
};

// Runs sync until a run writes nothing: at most `most` runs.
//   returns how many runs there were; fails the test when the last still wrote
int sync_until_quiet(World& world, int most = 6);

}  // namespace atlas::e2e
