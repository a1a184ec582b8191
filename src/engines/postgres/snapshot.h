#pragma once

#include "endpoint/endpoint.h"
#include "engines/postgres/pool.h"

#include <memory>
#include <string>

namespace atlas::postgres {

// A REPEATABLE READ READ ONLY transaction. After an error the snapshot is dead: open another.
class PostgresSnapshot final : public Snapshot {
 public:
  // The moment is fixed when this returns, not at the first read.
  static Result<std::unique_ptr<PostgresSnapshot>> open(ConnectionPool& pool);

  Result<KeyPage> changed(const TableShape& shape, const StampPosition& from,
                          std::size_t limit) override;
  Result<KeyPage> keys(const TableShape& shape, KeyView after, std::size_t limit) override;
  Result<Rows> read(const TableShape& shape, std::span<const KeyView> keys) override;
  Result<Rows> scan(const TableShape& shape, KeyView after, std::size_t limit) override;
  Result<std::vector<std::size_t>> referred(const TableShape& shape,
                                            std::span<const KeyView> values,
                                            std::optional<std::uint32_t> alive) override;

 private:
  explicit PostgresSnapshot(Borrowed connection) : connection_(std::move(connection)) {}

  // One statement under plans that suit it: pages of a table in order, or rows by keys.
  enum class Access : std::uint8_t { kUnset, kPages, kKeys };
  Result<Rowset> ask(std::string_view label, Access access, const TableShape& shape,
                     std::string_view sql, const Params& params);
  Result<KeyPage> key_page(std::string_view label, const TableShape& shape,
                           const std::string& condition, const std::string& order, Params& params,
                           std::size_t limit);
  Result<> append_rows(std::string_view label, Access access, const TableShape& shape,
                       const std::string& sql, const Params& params, Rows& into);

  Borrowed connection_;
  Access planned_ = Access::kUnset;
  TableName planned_for_;  // kPages
};

}  // namespace atlas::postgres
