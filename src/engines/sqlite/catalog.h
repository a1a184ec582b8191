#pragma once

// The schema of one file, table by table.

#include "engines/sqlite/connection.h"
#include "engines/sqlite/declared_type.h"
#include "model/table.h"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace atlas::sqlite {

// What TableInfo does not say because other products have no such thing.
struct StoredColumn {
  std::string name;
  Affinity affinity = Affinity::kBlob;
  bool computed = false;     // its content follows from the other columns
  bool binary_order = true;  // compares by bytes: declared without another collation
};

struct StoredTable {
  TableInfo info;
  std::vector<StoredColumn> columns;  // as info.columns
  bool autoincrement = false;
  // The table answers a broken constraint by replacing or ignoring rows unless the statement says
  // otherwise.
  bool resolves_conflicts = false;
};

// Answers from memory until the schema changes. One thread.
class Catalog {
 public:
  // Errors: kTableMissing. The table lives until the next call after a change of the schema.
  Result<std::shared_ptr<const StoredTable>> table(Connection& connection, const TableName& name);

 private:
  std::int64_t schema_version_ = -1;
  std::map<std::string, std::shared_ptr<const StoredTable>, std::less<>> tables_;
};

}  // namespace atlas::sqlite
