#include "sim/virtual/endpoint.h"

#include "foundation/planted.h"
#include "sim/virtual/snapshot.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas::sim {
namespace {

Error other_epoch(const Database& database, std::int64_t stands, std::int64_t ours) {
  // Below: nobody lowers a fence, so the database lost it (E9).
  return Error(stands > ours ? Code::kFenceStale : Code::kTargetRewound,
               fmt::format("the fence stands at epoch {}, ours is {}", stands, ours))
      .at(database.name());
}

Error settled_already(const Database& database, BatchNumber batch) {
  return Error(Code::kFenceStale, fmt::format("intent {} was settled already", batch.value))
      .at(database.name());
}

}  // namespace

VirtualEndpoint::VirtualEndpoint(Database& database)
    : database_(database), incarnation_(database.incarnation()) {
  capabilities_.database_stamps = true;
  capabilities_.tokens_name_writers = database.tokens() == TokenStyle::kWriter;
}

Result<> VirtualEndpoint::connected() {
  if (incarnation_ == database_.incarnation()) return {};
  incarnation_ = database_.incarnation();
  return Error(Code::kConnectionLost, "the server went down").at(database_.name());
}

Result<> VirtualEndpoint::writable() const {
  if (!database_.led_to) return {};
  return Error(Code::kReadOnlyServer, "the server is a replica").at(database_.name());
}

Result<> VirtualEndpoint::primary() const {
  if (planted(Plant::kReplicaAccepted)) return {};
  return writable();
}

Result<Probe> VirtualEndpoint::probe(std::span<const TableName> /*tables*/) {
  return call("probe", [&]() -> Result<Probe> {
    Probe out;
    out.product = "virtual";
    out.server_now = database_.now();
    out.identity = "virtual:" + database_.name();
    return out;
  });
}

Result<std::vector<TableInfo>> VirtualEndpoint::describe(std::span<const TableName> tables) {
  return call("describe", [&]() -> Result<std::vector<TableInfo>> {
    std::vector<TableInfo> out;
    for (const TableName& name : tables) {
      const Table* table = database_.find(name);
      if (table == nullptr)
        return Error(Code::kTableMissing, "there is no " + name.text()).at(database_.name());
      out.push_back(database_.describe(*table));
    }
    return out;
  });
}

Result<Horizon> VirtualEndpoint::horizon() {
  return call("horizon", [&]() -> Result<Horizon> {
    ATLAS_OK(primary());
    const Instant now = database_.now();
    const Instant oldest = database_.open_since.empty() ? now : *database_.open_since.begin();
    return Horizon{std::min(now, oldest), now, database_.prepared > 0, {}};
  });
}

Result<std::unique_ptr<Snapshot>> VirtualEndpoint::snapshot() {
  return call("snapshot", [&]() -> Result<std::unique_ptr<Snapshot>> {
    ATLAS_OK(primary());
    return std::unique_ptr<Snapshot>(std::make_unique<VirtualSnapshot>(
        database_, database_.led_to ? database_.led_to->tables : database_.moment()));
  });
}

Result<> VirtualEndpoint::install() {
  return call("install", [&]() -> Result<> {
    ATLAS_OK(writable());
    database_.installed = true;
    return {};
  });
}

Result<Fence> VirtualEndpoint::fence(const std::string& tenant) {
  return call("fence", [&]() -> Result<Fence> {
    ATLAS_OK(primary());
    const auto& fences = database_.led_to ? database_.led_to->fences : database_.fences;
    const auto it = fences.find(tenant);
    return it == fences.end() ? Fence{} : it->second;
  });
}

Result<std::string> VirtualEndpoint::raise_fence(const std::string& tenant, const Fence& to) {
  return call("raise_fence", [&]() -> Result<std::string> {
    ATLAS_OK(writable());
    database_.finish_commits();
    // Applies in flight hold the fence row.
    database_.world().wait_for([&] { return !database_.applies_in_flight(); });
    Fence& stands = database_.fences[tenant];
    if (stands.epoch > to.epoch) return other_epoch(database_, stands.epoch.value, to.epoch.value);
    stands.epoch = to.epoch;
    if (stands.mark.empty()) stands.mark = to.mark;
    return stands.mark;
  });
}

Result<Settlement> VirtualEndpoint::settle(const ApplyTicket& ticket) {
  return call("settle", [&]() -> Result<Settlement> {
    ATLAS_OK(writable());
    // Inserting the same key waits for whoever holds it uncommitted.
    database_.finish_commits();
    const auto [at, added] = database_.witnesses.try_emplace({ticket.tenant, ticket.batch.value});
    database_.settled_applied |= at->second.applied;
    return Settlement{at->second.applied, at->second.unapplied, at->second.stamp_us};
  });
}

Result<> VirtualEndpoint::purge_witnesses(const std::string& tenant, BatchNumber upto) {
  return call("purge_witnesses", [&]() -> Result<> {
    ATLAS_OK(writable());
    std::erase_if(database_.witnesses, [&](const auto& w) {
      return w.first.first == tenant && w.first.second <= upto.value;
    });
    return {};
  });
}

Result<std::vector<std::int64_t>> VirtualEndpoint::reserve(const TableShape& shape, std::size_t n) {
  return call("reserve", [&]() -> Result<std::vector<std::int64_t>> {
    ATLAS_OK(writable());
    std::vector<std::int64_t> out;
    out.reserve(n);
    for (std::size_t i = 0; i < n; ++i) out.push_back(database_.next_of(shape.key_sequence));
    return out;
  });
}

Result<std::unique_ptr<Transaction>> VirtualEndpoint::begin(
    const ApplyTicket& ticket, std::span<const TableShape* const> tables) {
  return call("begin", [&]() -> Result<std::unique_ptr<Transaction>> {
    ATLAS_OK(writable());
    const std::int64_t fence = database_.fences[ticket.tenant].epoch.value;
    if (fence != ticket.epoch.value) return other_epoch(database_, fence, ticket.epoch.value);
    if (database_.witnesses.contains({ticket.tenant, ticket.batch.value}))
      return settled_already(database_, ticket.batch);
    for (const TableShape* shape : tables) {
      const Table* table = database_.find(shape->table);
      if (table == nullptr)
        return Error(Code::kTableMissing, "there is no " + shape->table.text())
            .at(database_.name());
      if (shape->fingerprint != 0 && shape->fingerprint != table->info().fingerprint) {
        return Error(Code::kSchemaDrift,
                     shape->table.text() + " is not what it was when the mapping was checked")
            .at(database_.name());
      }
    }
    return std::unique_ptr<Transaction>(std::make_unique<VirtualTransaction>(database_, ticket));
  });
}

}  // namespace atlas::sim
