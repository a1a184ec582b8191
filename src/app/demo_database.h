#pragma once

#include "app/atlas_generator.h"
#include "foundation/result.h"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace atlas::app {

// A database as its applications use it, beside the bridge: what the demo's users do. One thread.
class DemoDatabase {
 public:
  using Row = std::vector<std::string>;  // cells as text, null as ""

  virtual ~DemoDatabase() = default;
  // One or several statements without parameters; the rows of the last.
  virtual Result<std::vector<Row>> run(const std::string& sql) = 0;

  // Bulk load: rows of one table after the other. Foreign keys are checked by end_load, which also
  // moves the sequences past the loaded keys.
  virtual Result<> begin_load() = 0;
  virtual Result<> put(const AtlasTable& table,
                       std::span<const std::optional<std::string_view>> cells) = 0;
  virtual Result<> end_load() = 0;

  // What a SELECT needs beside `*` to show that a row was not even rewritten: "xmin, ", or nothing.
  virtual std::string_view version_column() const = 0;
};

// Makes the file.
Result<std::unique_ptr<DemoDatabase>> open_demo_sqlite(const std::string& path);
Result<std::unique_ptr<DemoDatabase>> open_demo_postgres(const std::string& dsn);

}  // namespace atlas::app
