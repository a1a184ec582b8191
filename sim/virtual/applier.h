#pragma once

// How a batch of writes comes into a virtual database: as the PostgreSQL engine does it, so that
// both say the same of every row. All of a group is one statement; when one fails, the instances
// are halved until those that fail stand alone.

#include "sim/virtual/work.h"

#include <vector>

namespace atlas::sim {

class Applier {
 public:
  using Results = std::vector<std::vector<WriteResult>>;

  // Both outlive it.
  Applier(Work& work, std::span<const WriteGroup> groups);
  //   errors  as Work::lock: the transaction is dead
  Result<Results> run();

 private:
  struct Place {
    std::uint32_t instance = 0;
    std::size_t group = 0, row = 0;
    auto operator<=>(const Place&) const = default;
  };
  // A row's fault, and the group whose statement it ended; -1: the end of the attempt.
  struct Failure {
    std::ptrdiff_t group = -1;
    Error error;
    bool reference = false;
  };
  using Set = std::vector<std::uint32_t>;  // instances, ascending

  WriteResult& result(const Place& place) { return results_[place.group][place.row]; }
  std::span<const Place> places(std::uint32_t instance) const;
  Result<> apply_set(Set set);
  Result<> retry_references();
  Result<std::optional<Failure>> attempt(const Set& set);
  // What it changed is added to `changed`.
  Result<std::optional<Failure>> statement(std::size_t group, const std::vector<std::size_t>& rows,
                                           std::vector<Change>& changed);
  Result<std::optional<Error>> write(std::size_t group, std::size_t row,
                                     std::vector<Change>& changed);
  bool guarded(std::size_t group, std::size_t row);
  Result<> look_whom_removes_take_along(std::size_t group, const std::vector<std::size_t>& rows);
  Set whole_instances(const Set& set, bool& mixed);
  void reject(std::uint32_t instance, Failure failure);

  Work& work_;
  Database& database_;
  std::span<const WriteGroup> groups_;
  Results results_;
  std::vector<Place> places_;        // by instance
  std::vector<std::size_t> begins_;  // of each instance's places, and the end
  Set missing_references_;           // refused by a foreign key
};

}  // namespace atlas::sim
