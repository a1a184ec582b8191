#include "engines/postgres/transaction.h"

#include "engines/postgres/catalog.h"
#include "engines/postgres/fence.h"
#include "engines/postgres/plans.h"
#include "engines/postgres/pooler.h"
#include "engines/postgres/sql_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas::postgres {
namespace {

// Positions of begin's steps in its pipeline.
enum Position : std::uint8_t { kBegin, kBackend, kFence, kWitness, kLock, kFingerprints };

std::vector<TableName> names_of(std::span<const TableShape* const> tables) {
  std::vector<TableName> names;
  for (const TableShape* shape : tables) names.push_back(shape->table);
  return names;
}

std::string lock_sql(std::vector<TableName> names) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::string list;
  for (const TableName& name : names) list += (list.empty() ? "" : ", ") + quote_table(name);
  return fmt::format("lock table {} in row exclusive mode", list);
}

Result<> compare_fence(const Connection& connection, const Rowset& answer,
                       const ApplyTicket& ticket) {
  const std::int64_t epoch = answer.size() == 0 ? 0 : answer.integer(0, 0);
  if (epoch == ticket.epoch.value) return {};
  const std::string why =
      fmt::format("the fence stands at epoch {}, this run's is {}", epoch, ticket.epoch.value);
  // Below: nobody lowers a fence, so the target lost it (E9).
  return Error(epoch > ticket.epoch.value ? Code::kFenceStale : Code::kTargetRewound, why)
      .at(connection.options().where);
}

// The document has a line for each column, which begins with its name.
std::string what_changed(const TableShape& shape, std::string_view document) {
  if (document.empty()) return fmt::format("table {} is gone", shape.table.text());
  for (const ShapeColumn& column : shape.columns) {
    if (document.find(fmt::format("\n{}\x01", column.name)) == std::string_view::npos)
      return fmt::format("column {} of table {} is gone", column.name, shape.table.text());
  }
  return fmt::format("table {} changed", shape.table.text());
}

// Compares the catalog with the shapes.
Result<TableTraits> compare_fingerprints(const Connection& connection, const Rowset& documents,
                                         std::span<const TableShape* const> tables) {
  std::vector<std::uint64_t> found(tables.size(), 0);
  std::vector<std::string_view> texts(tables.size());
  TableTraits traits;
  for (std::size_t i = 0; i < documents.size(); ++i) {
    const auto position = static_cast<std::size_t>(documents.integer(i, 0)) - 1;
    texts[position] = documents.bytes(i, 1);
    found[position] = fingerprint_of(texts[position]);
    if (documents.boolean(i, 2)) traits.partitioned.push_back(tables[position]->table);
    if (documents.boolean(i, 3)) traits.may_be_referred.push_back(tables[position]->table);
  }
  for (std::size_t i = 0; i < tables.size(); ++i) {
    if (tables[i]->fingerprint == 0 || tables[i]->fingerprint == found[i]) continue;
    return Error(Code::kSchemaDrift, what_changed(*tables[i], texts[i]))
        .at(connection.options().where);
  }
  return traits;
}

// All in one round trip; the server skips what follows a failure, and nothing of it outlives the
// transaction.
Result<TableTraits> open_transaction(Connection& connection, const ApplyTicket& ticket,
                                     std::span<const TableShape* const> tables) {
  const std::vector<TableName> names = names_of(tables);
  const std::string lock = names.empty() ? "select 1" : lock_sql(names);
  Params tenant, witness;
  tenant.text(ticket.tenant);
  witness.text(ticket.tenant).int8(ticket.batch.value);
  const Params bound = bind_tables(names);
  std::vector<Step> steps = {
      Step{.label = "begin", .sql = "begin isolation level read committed", .prepared = false},
      Step{.label = "begin", .sql = kBackendSql},
      Step{.label = "fence", .sql = kShareFenceSql, .params = &tenant},
      Step{.label = "witness", .sql = kWitnessSql, .params = &witness},
      Step{.label = "lock", .sql = lock},
      Step{.label = "drift", .sql = fingerprint_sql(), .params = &bound},
      Step{.label = "plans", .sql = kGenericPlansSql, .prepared = false},
  };
  // Statements of users' triggers are planned as users planned them.
  const bool triggers = std::any_of(tables.begin(), tables.end(), [](const TableShape* shape) {
    return shape->rewrites || shape->after_effects;
  });
  if (!triggers) steps.push_back({.label = "plans", .sql = kKeyedPlansSql});
  PipelineAnswer answer = connection.pipeline(steps);
  if (answer.results.size() > kBackend)
    ATLAS_OK(check_backend(connection, answer.results[kBackend]));
  if (answer.results.size() > kFence)
    ATLAS_OK(compare_fence(connection, answer.results[kFence], ticket));
  if (answer.error) {
    const bool in_schema = answer.failed == kFence || answer.failed == kWitness;
    if (in_schema && answer.error->code() == Code::kUniqueTaken) {
      return Error(Code::kFenceStale, "the intent was settled by another run")
          .at(connection.options().where);
    }
    return in_schema ? witness_error(connection, std::move(*answer.error))
                     : std::move(*answer.error);
  }
  return compare_fingerprints(connection, answer.results[kFingerprints], tables);
}

}  // namespace

Result<std::unique_ptr<PostgresTransaction>> PostgresTransaction::begin(
    ConnectionPool& pool, const ApplyTicket& ticket, std::span<const TableShape* const> tables) {
  TableTraits traits;
  ATLAS_TRY(Borrowed connection, pool.take_started([&](Connection& fresh) -> Result<> {
    auto opened = open_transaction(fresh, ticket, tables);
    if (!opened) {
      fresh.rollback();
      return std::move(opened).error();
    }
    traits = std::move(*opened);
    return {};
  }));
  std::unique_ptr<PostgresTransaction> out(new PostgresTransaction(std::move(connection), ticket));
  out->traits_ = std::move(traits);
  return out;
}

Result<std::vector<std::vector<WriteResult>>> PostgresTransaction::apply(
    std::span<const WriteGroup> groups) {
  ATLAS_TRY(ApplyResults results, Applier(*connection_, groups, traits_).run());
  ATLAS_OK(witness(groups, results));
  return results;
}

// Recovery must learn which writes were not applied although the transaction was (E3).
Result<> PostgresTransaction::witness(std::span<const WriteGroup> groups,
                                      const std::vector<std::vector<WriteResult>>& results) {
  Params params;
  params.text(ticket_.tenant).int8(ticket_.batch.value);
  std::size_t count = 0;
  {
    ArrayWriter ordinals = params.array(kInt4Oid);
    for (std::size_t g = 0; g < groups.size(); ++g) {
      for (std::size_t r = 0; r < results[g].size(); ++r) {
        if (results[g][r].status == WriteStatus::kApplied) continue;
        ordinals.int4(static_cast<std::int32_t>(groups[g].ordinals[r]));
        ++count;
      }
    }
  }
  if (count == 0) return {};
  ATLAS_TRY([[maybe_unused]] const Rowset rows, connection_->run("witness", kUnappliedSql, params));
  return {};
}

CommitAnswer PostgresTransaction::commit() { return connection_->commit(); }

}  // namespace atlas::postgres
