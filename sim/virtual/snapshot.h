#pragma once

#include "sim/virtual/database.h"

namespace atlas::sim {

// What stood at a moment.
class VirtualSnapshot final : public Snapshot {
 public:
  VirtualSnapshot(const Database& database, Moments rows);

  Result<KeyPage> changed(const TableShape& shape, const StampPosition& from,
                          std::size_t limit) override;
  Result<KeyPage> keys(const TableShape& shape, KeyView after, std::size_t limit) override;
  Result<Rows> read(const TableShape& shape, std::span<const KeyView> keys) override;
  Result<Rows> scan(const TableShape& shape, KeyView after, std::size_t limit) override;
  Result<std::vector<std::size_t>> referred(const TableShape& shape,
                                            std::span<const KeyView> values,
                                            std::optional<std::uint32_t> alive) override;

 private:
  // A shape's columns among the table's, and its scope.
  struct View;
  Result<View> view(const TableShape& shape) const;
  void add(const View& view, const Key& key, const Row& row, Rows& out) const;

  const Database& database_;
  std::uint64_t incarnation_;
  Moments rows_;
};

}  // namespace atlas::sim
