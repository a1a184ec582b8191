#pragma once

#include "app/demo_database.h"
#include "app/temporary_postgres.h"
#include "mapping/compile.h"

#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace atlas::app {

// The demo's four databases: a legacy monolith and three services.
enum class DemoPlace : std::uint8_t { kLegacy, kIdentity, kOrg, kGeo };
inline constexpr std::size_t kDemoPlaces = 4;

struct DemoWorldOptions {
  std::string folder;     // absolute, exists, empty
  bool postgres = false;  // two temporary servers instead of SQLite files
};

class DemoWorld {
 public:
  // Makes the databases with their tables, and the mapping file.
  static Result<std::unique_ptr<DemoWorld>> make(const DemoWorldOptions& options);

  DemoDatabase& at(DemoPlace place) { return *databases_[static_cast<std::size_t>(place)]; }
  // A table as its database names it: "identity.users" on PostgreSQL, "users" in SQLite.
  std::string table(DemoPlace place, const std::string& name) const;
  // The mapping file.
  const std::string& config() const { return config_; }
  // What the mapping's ${...} stand for.
  Variables variables() const;

  // Fills the legacy side with the generator's rows.
  Result<AtlasAwkward> load(const AtlasSize& size, std::int64_t now_us);
  // All tables of both sides.
  struct Content {
    std::int64_t tables = 0;
    std::int64_t rows = 0;
    std::uint64_t digest = 0;  // of every cell, with row versions where the database shows them
    bool operator==(const Content&) const = default;
  };
  Result<Content> content();
  // What to type in a shell before `atlas-bridge ... -c config()`; one command a line, may be
  // empty.
  std::vector<std::string> shell_preparation() const;

 private:
  explicit DemoWorld(DemoWorldOptions options) : options_(std::move(options)) {}
  Result<> make_files();
  Result<> make_servers();
  Result<> write_config(std::string_view text);

  DemoWorldOptions options_;
  std::string config_;
  std::map<std::string, std::string> variables_;
  std::vector<std::unique_ptr<TemporaryPostgres>> servers_;  // outlive the databases
  std::array<std::unique_ptr<DemoDatabase>, kDemoPlaces> databases_;
};

}  // namespace atlas::app
