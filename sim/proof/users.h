#pragma once

// What users of both sides do: steps of a script as transactions on the virtual databases.

#include "sim/proof/script.h"
#include "sim/virtual/company.h"
#include "sim/virtual/work.h"

#include <memory>
#include <vector>

namespace atlas::sim {

class Users {
 public:
  Users(Company& company, const Script& script) : company_(company), script_(script) {}

  // Carries a step out, waiting for rows as a user does; a statement that is refused is given up.
  void act(const Step& step);
  // Transactions that stay open until `round`.
  struct Open {
    std::unique_ptr<Work> work;
    std::uint8_t until = 0;
    bool prepared = false;
  };
  std::vector<Open> open;
  // Commits those that are due, all if `everything`.
  void commit_open(std::uint8_t round, bool everything);
  // The database is put back: what was open there is gone.
  void forget(const Database& database) {
    std::erase_if(open, [&](const Open& one) { return &one.work->database() == &database; });
  }
  // Moves everybody out of teams whose deletion waits for that; whether there were any.
  bool leave_held_teams();
  // Gives poisoned rows a status again.
  void cure();
  std::size_t most_equal_stamps() const { return most_equal_stamps_; }

 private:
  using Cells = Database::Cells;
  Database& people_of(Side side) const {
    return side == Side::kLegacy ? company_.legacy : company_.identity;
  }
  TableName table_of(Side side, std::uint32_t which) const;
  Key pick(const Database& database, const TableName& table, std::uint32_t which) const;
  Key pick_team(Side side, std::uint32_t which) const;
  bool leave_closed_teams();
  bool leave_closed_teams(Database& database, const TableName& table, Side side);
  std::int64_t person_at(const Database& database, const TableName& table, KeyView key) const;
  std::string token(std::int64_t person, char field);
  // One statement; false: it was refused or gave up.
  static bool write(Work& work, const TableName& table, WriteKind kind, KeyView key, Cells cells);
  bool once(Database& database, const TableName& table, WriteKind kind, KeyView key, Cells cells);
  void edit(const Step& step);
  void write_over(const Step& step, std::string_view column, char field);
  void edit_city(const Step& step);
  void add_person(Side side, std::uint32_t a, std::uint32_t b, std::int64_t person, bool with_team);
  void add_team(const Step& step);
  void hire(const Step& step);
  void hire_twice(const Step& step);
  void remove(const Step& step);
  void revive(const Step& step);
  void move(const Step& step);
  void pair(const Step& step);
  void bulk(const Step& step);
  void stay_open(const Step& step);
  void close_team(const Step& step);
  void pause(std::uint32_t calls) const;

  Company& company_;
  const Script& script_;
  std::int64_t people_ = 0;  // persons and teams so far
  std::int64_t serials_ = 0;
  std::uint64_t uuids_ = 0;
  std::size_t most_equal_stamps_ = 0;
};

}  // namespace atlas::sim
