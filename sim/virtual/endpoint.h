#pragma once

// The virtual database as the engine sees it.

#include "sim/virtual/work.h"

namespace atlas::sim {

// A connection. Port names are "<database>.<method>": "legacy.begin", "legacy.commit".
class VirtualEndpoint final : public Endpoint {
 public:
  explicit VirtualEndpoint(Database& database);

  const Capabilities& capabilities() const override { return capabilities_; }
  Result<Probe> probe(std::span<const TableName> tables) override;
  Result<std::vector<TableInfo>> describe(std::span<const TableName> tables) override;
  Result<Horizon> horizon() override;
  Result<std::unique_ptr<Snapshot>> snapshot() override;
  Result<> install() override;
  Result<Fence> fence(const std::string& tenant) override;
  Result<std::string> raise_fence(const std::string& tenant, const Fence& to) override;
  Result<Settlement> settle(const ApplyTicket& ticket) override;
  Result<> purge_witnesses(const std::string& tenant, BatchNumber upto) override;
  Result<std::vector<std::int64_t>> reserve(const TableShape& shape, std::size_t n) override;
  Result<std::unique_ptr<Transaction>> begin(const ApplyTicket& ticket,
                                             std::span<const TableShape* const> tables) override;

 private:
  // Lost with a crash; the next call connects anew.
  Result<> connected();
  // A replica refuses every write, and we refuse to read from it.
  Result<> writable() const;
  Result<> primary() const;
  template <class Effect>
  auto call(std::string_view method, const Effect& effect) -> decltype(effect()) {
    return database_.world().call(database_.port(method), [&]() -> decltype(effect()) {
      ATLAS_OK(connected());
      return effect();
    });
  }

  Database& database_;
  std::uint64_t incarnation_;
  Capabilities capabilities_;
};

class VirtualTransaction final : public Transaction {
 public:
  VirtualTransaction(Database& database, ApplyTicket ticket);
  ~VirtualTransaction() override = default;
  VirtualTransaction(const VirtualTransaction&) = delete;
  VirtualTransaction& operator=(const VirtualTransaction&) = delete;

  Result<std::vector<std::vector<WriteResult>>> apply(std::span<const WriteGroup> groups) override;
  CommitAnswer commit() override;

  Database& database() const { return database_; }
  // Done together with the commit, or not at all: a store of the same database joins.
  void on_commit(std::function<void()> effect) { effects_.push_back(std::move(effect)); }

 private:
  using Results = std::vector<std::vector<WriteResult>>;
  Error lost() const;
  void take_effect();

  Database& database_;
  ApplyTicket ticket_;
  std::unique_ptr<Work> work_;
  Database::Witness witness_;
  std::int64_t written_ = 0;
  std::vector<std::function<void()>> effects_;
};

}  // namespace atlas::sim
