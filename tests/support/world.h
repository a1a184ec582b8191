#pragma once

// The Atlas example on real databases: a legacy system and the three services of a platform, made
// from examples/atlas, filled by the generator, synced by the built binary.

#include "app/atlas_generator.h"
#include "tests/support/program.h"
#include "tests/support/sql.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace atlas {
class PostgresServer;
}

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

enum class Place : std::uint8_t { kLegacy, kIdentity, kOrg, kGeo, kState };

// The slice of both sides that the example's mapping selects.
inline constexpr std::string_view kOrgId = "0b9b3f5e-8a51-4f0e-a6c7-42d1c0ffee42";

// Everything throws std::runtime_error when it fails. One thread.
class World {
 public:
  virtual ~World() = default;

  virtual bool is_postgres() const = 0;
  virtual std::unique_ptr<Sql> session(Place place) const = 0;
  // An SQL expression for this moment, as an application there stamps its rows.
  virtual std::string now(Place place) const = 0;
  // The lease of a run that was killed is over, as if its time had passed.
  void expire_lease();

  // One session a place, for users who do one thing after the other.
  Sql& at(Place place);

  app::AtlasAwkward load(const app::AtlasSize& size, std::uint64_t seed = 1);

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
  World();
  const std::string& folder() const { return folder_.path(); }
  static std::string example(const std::string& file);

 private:
  TemporaryFolder folder_;
  std::vector<std::unique_ptr<Sql>> sessions_;
};

// Two servers: one of the legacy system, one of the platform.
class PostgresWorld final : public World {
 public:
  // The servers of this test process; databases of its own.
  PostgresWorld();
  PostgresWorld(PostgresServer& legacy, PostgresServer& platform);

  bool is_postgres() const override { return true; }
  std::unique_ptr<Sql> session(Place place) const override;
  std::string now(Place place) const override;
  std::string dsn(Place place) const;

  static PostgresServer& legacy_server();
  static PostgresServer& platform_server();

 private:
  std::string legacy_, identity_, org_, geo_;
};

// Five files.
class SqliteWorld final : public World {
 public:
  SqliteWorld();

  bool is_postgres() const override { return false; }
  std::unique_ptr<Sql> session(Place place) const override;
  std::string now(Place place) const override;
};

}  // namespace atlas::e2e
