#pragma once

// The Atlas example on real databases: a legacy system and the three services of a platform, made
// from examples/atlas, filled by the generator, synced by the built binary.

#include "app/atlas_generator.h"
#include "tests/support/bridge.h"
#include "tests/support/sql.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace atlas {
class PostgresServer;
}

namespace atlas::e2e {

enum class Place : std::uint8_t { kLegacy, kIdentity, kOrg, kGeo, kState };

// The slice of both sides that the example's mapping selects.
inline constexpr std::string_view kOrgId = "0b9b3f5e-8a51-4f0e-a6c7-42d1c0ffee42";

// Everything throws std::runtime_error when it fails. One thread.
class World : public Bridge {
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
  void close(Place place);  // that session; at() opens another

  app::AtlasAwkward load(const app::AtlasSize& size, std::uint64_t seed = 1);

 protected:
  World();
  static std::string example(const std::string& file);

 private:
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
