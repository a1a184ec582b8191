#pragma once

// Reading: one read transaction over one file.

#include "endpoint/endpoint.h"
#include "engines/sqlite/pool.h"
#include "engines/sqlite/table_plan.h"

namespace atlas::sqlite {

class SqliteSnapshot final : public Snapshot {
 public:
  static Result<std::unique_ptr<Snapshot>> open(std::shared_ptr<Pool> pool);

  Result<KeyPage> changed(const TableShape& shape, const StampPosition& from,
                          std::size_t limit) override;
  Result<KeyPage> keys(const TableShape& shape, KeyView after, std::size_t limit) override;
  Result<Rows> read(const TableShape& shape, std::span<const KeyView> keys) override;
  Result<Rows> scan(const TableShape& shape, KeyView after, std::size_t limit) override;
  Result<std::vector<std::size_t>> referred(const TableShape& shape,
                                            std::span<const KeyView> values,
                                            std::optional<std::uint32_t> alive) override;
  Result<std::int64_t> unnamed(const TableShape& shape) override;

 private:
  explicit SqliteSnapshot(Loan loan)
      : loan_(std::move(loan)), plans_(loan_.connection(), loan_.catalog()) {}
  Result<const TablePlan*> plan_for(const TableShape& shape);

  Loan loan_;
  TablePlans plans_;
};

}  // namespace atlas::sqlite
