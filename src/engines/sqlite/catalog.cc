#include "engines/sqlite/catalog.h"

#include "engines/sqlite/ddl.h"
#include "model/hashing.h"

#include <algorithm>

namespace atlas::sqlite {
namespace {

std::string text_of(const Query& query, int column) { return std::string(query.bytes(column)); }

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return std::ranges::equal(a, b, [&](char x, char y) { return lower(x) == lower(y); });
}

// "users.tenant_id, users.email": how SQLite's messages name a unique constraint that has no name.
std::string unique_name(const std::string& table, const std::vector<std::string>& columns) {
  std::string out;
  for (const std::string& column : columns) {
    if (!out.empty()) out += ", ";
    out.append(table).append(".").append(column);
  }
  return out;
}

struct Head {
  std::string sql;
  bool without_rowid = false;
};

class TableReader {
 public:
  TableReader(Connection& connection, StoredTable& into) : connection_(connection), into_(into) {}

  Result<> read(const TableName& name) {
    ATLAS_OK(read_head(name));
    ATLAS_OK(read_columns());
    mark_rowid_alias();
    ATLAS_OK(read_indexes());
    ATLAS_OK(read_foreign_keys());
    ATLAS_OK(read_cascades());
    ATLAS_OK(read_triggers());
    ATLAS_OK(read_collations());
    into_.info.checks = check_conditions(head_.sql);
    into_.autoincrement = has_words(head_.sql, {"autoincrement"});
    into_.resolves_conflicts = has_words(head_.sql, {"on", "conflict"});
    into_.info.fingerprint = fingerprint();
    return {};
  }

 private:
  TableInfo& info() { return into_.info; }

  Result<Query> about(std::string_view label, const std::string& sql) {
    ATLAS_TRY(Query query, connection_.prepare(label, sql));
    query.text(0, info().table.name);
    return query;
  }

  Result<> read_head(const TableName& name) {
    info().table = name;
    // Only the file itself is ours: neither attached files nor temporary tables.
    ATLAS_TRY(Query query,
              about("table",
                    "SELECT s.name, s.sql, l.wr FROM sqlite_schema s "
                    "JOIN pragma_table_list l ON l.name = s.name AND l.schema = 'main' "
                    "WHERE s.type = 'table' AND s.name = ?1 COLLATE NOCASE"));
    ATLAS_TRY(const bool found, name.schema.empty() || same_name(name.schema, "main")
                                    ? query.step()
                                    : Result<bool>(false));
    if (!found) {
      return Error(Code::kTableMissing, name.text() + " does not exist")
          .at(connection_.options().where);
    }
    real_name_ = text_of(query, 0);
    head_ = {text_of(query, 1), query.integer(2) != 0};
    return {};
  }

  Result<> read_columns() {
    ATLAS_TRY(Query query, about("columns",
                                 "SELECT name, type, \"notnull\", dflt_value, pk, hidden "
                                 "FROM pragma_table_xinfo(?1) WHERE hidden <> 1 ORDER BY cid"));
    std::vector<std::pair<std::int64_t, std::string>> key;
    for (;;) {
      ATLAS_TRY(const bool row, query.step());
      if (!row) break;
      ColumnInfo column;
      column.name = text_of(query, 0);
      const std::string declared = text_of(query, 1);
      const Affinity affinity = affinity_of(declared);
      column.type = type_of(declared);
      const bool in_key = query.integer(4) > 0;
      column.not_null = query.integer(2) != 0 || (in_key && head_.without_rowid);
      column.has_default = query.storage(3) != Storage::kNull;
      column.generated = query.integer(5) != 0;
      column.numeric_affinity =
          column.type.kind == TypeKind::kNumeric && affinity != Affinity::kText;
      if (in_key) key.emplace_back(query.integer(4), column.name);
      into_.columns.push_back({column.name, affinity, column.generated, true});
      info().columns.push_back(std::move(column));
    }
    std::ranges::sort(key);
    for (auto& [position, name] : key) info().primary_key.push_back(std::move(name));
    return {};
  }

  // A single key column declared INTEGER is the row's number, and SQLite gives it out.
  void mark_rowid_alias() {
    if (info().primary_key.size() != 1 || head_.without_rowid) return;
    for (ColumnInfo& column : info().columns) {
      if (column.name != info().primary_key.front() || !same_name(column.type.name, "integer"))
        continue;
      column.not_null = true;
      column.has_default = true;
      column.sequence = "rowid";
      info().uniques.push_back(
          {unique_name(real_name_, info().primary_key), info().primary_key, true});
      info().indexes.push_back({"rowid", info().primary_key});
    }
  }

  Result<> read_indexes() {
    ATLAS_TRY(Query query, about("indexes",
                                 "SELECT name, \"unique\", origin, partial "
                                 "FROM pragma_index_list(?1) ORDER BY name"));
    for (;;) {
      ATLAS_TRY(const bool row, query.step());
      if (!row) return {};
      const std::string name = text_of(query, 0);
      ATLAS_TRY(const IndexColumns index, index_columns(name));
      const bool partial = query.integer(3) != 0;
      if (!partial) info().indexes.push_back({name, index.columns});
      if (query.integer(1) == 0) continue;
      UniqueInfo unique;
      unique.columns = index.columns;
      unique.name = query.bytes(2) == "c" ? name : unique_name(real_name_, index.columns);
      unique.primary = query.bytes(2) == "pk";
      unique.plain = index.plain && !partial;
      info().uniques.push_back(std::move(unique));
    }
  }

  struct IndexColumns {
    std::vector<std::string> columns;
    bool plain = true;  // no expressions, compared by bytes
  };

  Result<IndexColumns> index_columns(const std::string& index) {
    ATLAS_TRY(Query query, connection_.prepare("index columns",
                                               "SELECT name, cid, coll FROM pragma_index_xinfo(?1) "
                                               "WHERE key ORDER BY seqno"));
    query.text(0, index);
    IndexColumns out;
    for (;;) {
      ATLAS_TRY(const bool row, query.step());
      if (!row) return out;
      const bool expression = query.integer(1) == -2;
      if (expression || !same_name(query.bytes(2), "binary")) out.plain = false;
      if (expression) return out;
      out.columns.push_back(text_of(query, 0));
    }
  }

  Result<> read_foreign_keys() {
    ATLAS_TRY(Query query, about("foreign keys",
                                 "SELECT id, \"table\", \"from\", \"to\", on_update, on_delete "
                                 "FROM pragma_foreign_key_list(?1) ORDER BY id, seq"));
    std::int64_t last = -1;
    for (;;) {
      ATLAS_TRY(const bool row, query.step());
      if (!row) break;
      if (query.integer(0) != last) {
        last = query.integer(0);
        ForeignKeyInfo key;
        key.target.name = text_of(query, 1);
        const auto acts = [&](int column) {
          return query.bytes(column) != "NO ACTION" && query.bytes(column) != "RESTRICT";
        };
        key.cascades = acts(4) || acts(5);
        info().foreign_keys.push_back(std::move(key));
      }
      ForeignKeyInfo& key = info().foreign_keys.back();
      key.columns.push_back(text_of(query, 2));
      if (query.storage(3) != Storage::kNull) key.target_columns.push_back(text_of(query, 3));
    }
    for (ForeignKeyInfo& key : info().foreign_keys) {
      key.name = unique_name(real_name_, key.columns) + " -> " + key.target.name;
      if (key.target_columns.empty()) ATLAS_OK(refer_to_primary_key(key));
    }
    return {};
  }

  Result<> refer_to_primary_key(ForeignKeyInfo& key) {
    return primary_key_of(key.target.name, key.target_columns);
  }

  Result<> primary_key_of(const std::string& table, std::vector<std::string>& into) {
    ATLAS_TRY(Query query, connection_.prepare("referred key",
                                               "SELECT name FROM pragma_table_xinfo(?1) "
                                               "WHERE pk > 0 ORDER BY pk"));
    query.text(0, table);
    for (;;) {
      ATLAS_TRY(const bool row, query.step());
      if (!row) return {};
      into.push_back(text_of(query, 0));
    }
  }

  // Foreign keys of other tables that refer here and act when a row is deleted.
  Result<> read_cascades() {
    {
      ATLAS_TRY(Query query, about("cascades",
                                   "SELECT s.name, k.id, k.\"from\", k.\"to\" FROM sqlite_schema s "
                                   "JOIN pragma_foreign_key_list(s.name) k WHERE s.type = 'table' "
                                   "AND k.\"table\" = ?1 COLLATE NOCASE "
                                   "AND k.on_delete NOT IN ('NO ACTION', 'RESTRICT') "
                                   "ORDER BY s.name, k.id, k.seq"));
      std::int64_t last = -1;
      for (;;) {
        ATLAS_TRY(const bool row, query.step());
        if (!row) break;
        // A table that refers to itself keeps the caller's spelling, as everywhere in `info`.
        const std::string name = text_of(query, 0);
        const std::string table = name == real_name_ ? info().table.name : name;
        std::vector<CascadeInfo>& all = info().cascades;
        if (all.empty() || all.back().table.name != table || query.integer(1) != last)
          all.push_back(
              {.table = {.schema = {}, .name = table}, .columns = {}, .target_columns = {}});
        last = query.integer(1);
        all.back().columns.push_back(text_of(query, 2));
        if (query.storage(3) != Storage::kNull)
          all.back().target_columns.push_back(text_of(query, 3));
      }
    }
    for (CascadeInfo& cascade : info().cascades) {
      if (cascade.target_columns.empty())
        ATLAS_OK(primary_key_of(info().table.name, cascade.target_columns));
    }
    return {};
  }

  Result<> read_triggers() {
    ATLAS_TRY(Query query, about("triggers",
                                 "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' "
                                 "AND tbl_name = ?1 COLLATE NOCASE ORDER BY name"));
    for (;;) {
      ATLAS_TRY(const bool row, query.step());
      if (!row) return {};
      const std::string sql = text_of(query, 1);
      const TriggerTime time = trigger_time(sql);
      info().triggers.push_back(
          {text_of(query, 0), time == TriggerTime::kBefore, time == TriggerTime::kAfter});
      trigger_sql_ += sql + '\0';
    }
  }

  Result<> read_collations() {
    for (StoredColumn& column : into_.columns) {
      ATLAS_TRY(column.binary_order, connection_.compares_bytes(real_name_, column.name));
    }
    return {};
  }

  // Everything that a write depends on; plain indexes do not count.
  std::uint64_t fingerprint() {
    std::string all = head_.without_rowid ? "w" : "r";
    const auto put = [&](std::string_view text) { all.append(text).push_back('\0'); };
    for (const ColumnInfo& column : info().columns) {
      put(column.name);
      put(column.type.name);
      all +=
          static_cast<char>('0' + column.not_null + 2 * column.has_default + 4 * column.generated);
    }
    for (const std::string& column : info().primary_key) put(column);
    for (const UniqueInfo& unique : info().uniques) {
      put(unique.name);
      for (const std::string& column : unique.columns) put(column);
      all += unique.plain ? 'p' : 'e';
    }
    for (const ForeignKeyInfo& key : info().foreign_keys) {
      put(key.name);
      for (const std::string& column : key.target_columns) put(column);
      all += key.cascades ? 'c' : '-';
    }
    for (const std::string& check : info().checks) put(check);
    all += trigger_sql_;
    return stable_hash(all);
  }

  Connection& connection_;
  StoredTable& into_;
  Head head_;
  std::string real_name_;
  std::string trigger_sql_;
};

}  // namespace

Result<std::shared_ptr<const StoredTable>> Catalog::table(Connection& connection,
                                                          const TableName& name) {
  ATLAS_TRY(const std::int64_t version, connection.schema_version());
  if (version != schema_version_) {
    tables_.clear();
    schema_version_ = version;
  }
  if (auto found = tables_.find(name.text()); found != tables_.end()) return found->second;
  auto table = std::make_shared<StoredTable>();
  ATLAS_OK(TableReader(connection, *table).read(name));
  // A name in other letters is the same table here; it keeps the caller's spelling in `info`.
  tables_.emplace(name.text(), table);
  return std::shared_ptr<const StoredTable>(std::move(table));
}

}  // namespace atlas::sqlite
