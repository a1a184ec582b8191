#pragma once

// One mapping and the built program: what a user of the bridge types, and what comes back.

#include "tests/support/program.h"

#include <nlohmann/json.hpp>

#include <memory>
#include <string>
#include <vector>

namespace atlas::e2e {

using Json = nlohmann::json;

// What `verify` says, summed over the entities.
struct Verdict {
  bool complete = true;
  long equal = 0, different = 0, drift = 0, pending = 0, known = 0, unlinked = 0;
  Json report;
  // "person users/14: quarantined: ...", a line for each row that stands aside and is known to.
  std::vector<std::string> aside;
};

// Everything throws std::runtime_error when it fails. One thread.
class Bridge {
 public:
  // The mapping in use; a test may replace it.
  std::string mapping() const { return read_text(mapping_file()); }
  void set_mapping(const std::string& text) const { write_text(mapping_file(), text); }
  std::string mapping_file() const { return folder_.path() + "/atlas.yaml"; }
  Environment environment;

  std::unique_ptr<Program> start(std::vector<std::string> arguments,
                                 const Environment& extra = {}) const;
  Finished run(std::vector<std::string> arguments, const Environment& extra = {}) const;
  // run() of a command that has to succeed and prints JSON.
  Json json(std::vector<std::string> arguments) const;
  // `check`, which has to pass.
  void check() const;
  // One `sync`, which has to end well: its report.
  Json sync(const std::vector<std::string>& options = {}) const;
  Verdict verify() const;

 protected:
  Bridge() = default;
  ~Bridge() = default;
  const std::string& folder() const { return folder_.path(); }

 private:
  TemporaryFolder folder_;
};

}  // namespace atlas::e2e
