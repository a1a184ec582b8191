#pragma once

// Northwind on real databases: the sample as it comes, prepared for syncing, and a platform of
// three services that was designed without it. The sample itself is no part of this project: it is
// read from the folder that ATLAS_SHARED_DATA names.

#include "tests/support/bridge.h"
#include "tests/support/quiet.h"
#include "tests/support/sql.h"

#include <memory>
#include <optional>
#include <string>

namespace atlas {
class PostgresServer;
}

namespace atlas::e2e::northwind {

// The sample's text; nothing where the variable is unset.
std::optional<std::string> sample();

enum class Rows : std::uint8_t { kAll, kNone };

// Two servers, a database of each service, the mapping. Everything throws std::runtime_error when
// it fails. One thread.
class Company final : public Bridge {
 public:
  // With Rows::kNone the legacy tables are as in the sample, and empty.
  explicit Company(const std::string& sample, Rows rows = Rows::kAll);

  Sql& legacy() { return *legacy_; }
  Sql& people() { return *people_; }
  Sql& catalog() { return *catalog_; }
  Sql& sales() { return *sales_; }

  // Takes over all rows of the other's platform. Ours has to be empty.
  void copy_platform(Company& other);

  // As if there had never been a bridge: its state, fences and witnesses are gone, the rows stay.
  void forget_bridge();

  RowVersions versions();

 private:
  std::unique_ptr<Sql> open(PostgresServer& server, const std::string& variable);

  std::unique_ptr<Sql> legacy_, people_, catalog_, sales_;
};

}  // namespace atlas::e2e::northwind
