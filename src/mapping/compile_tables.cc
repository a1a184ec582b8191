#include "mapping/compile_context.h"
#include "mapping/suggest.h"
#include "model/decimal.h"
#include "model/json_hash.h"
#include "model/text_form.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas {

std::string TableUse::text() const {
  if (side == Side::kLegacy) return fmt::format("the legacy table {}", decl->table.text());
  return fmt::format("the platform table {} ({})", decl->table.text(), decl->name.text);
}

std::string TableUse::column_text(std::string_view column) const {
  return fmt::format("{}.{}", decl->name.text, column);
}

namespace {

std::optional<std::size_t> position_of(const std::vector<TableUse>& tables, std::string_view name) {
  for (std::size_t i = 0; i < tables.size(); ++i) {
    if (tables[i].decl->name.text == name) return i;
  }
  return std::nullopt;
}

const TableInfo* find_table(const CompileContext& context, std::size_t endpoint,
                            const TableName& table) {
  if (endpoint >= context.catalogs.size()) return nullptr;
  for (const TableInfo& info : context.catalogs[endpoint]) {
    if (info.table == table && !info.columns.empty()) return &info;
  }
  return nullptr;
}

// The unique constraint whose columns are the key's; null when there is none that an insert can
// name.
bool is_unique_key(const TableInfo& info, std::vector<std::string> key) {
  const auto same = [&](std::vector<std::string> columns) {
    std::sort(columns.begin(), columns.end());
    return columns == key;
  };
  std::sort(key.begin(), key.end());
  for (const UniqueInfo& unique : info.uniques) {
    if (unique.plain && same(unique.columns)) return !unique.deferrable;
  }
  return same(info.primary_key);
}

bool can_be_key(TypeKind kind) {
  switch (kind) {
    case TypeKind::kFloat4:
    case TypeKind::kFloat8:
    case TypeKind::kJson:
    case TypeKind::kJsonb:
    case TypeKind::kInterval:
    case TypeKind::kTime:
    case TypeKind::kArray:
      return false;
    case TypeKind::kBool:
    case TypeKind::kInt2:
    case TypeKind::kInt4:
    case TypeKind::kInt8:
    case TypeKind::kNumeric:
    case TypeKind::kText:
    case TypeKind::kVarchar:
    case TypeKind::kChar:
    case TypeKind::kBytea:
    case TypeKind::kDate:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampTz:
    case TypeKind::kUuid:
    case TypeKind::kEnum:
    case TypeKind::kOther:
      return true;
  }
  return false;
}

void compile_key(CompileContext& context, TableUse& table) {
  const TableDecl& decl = *table.decl;
  std::vector<Word> key = decl.key;
  if (key.empty()) {
    for (const std::string& column : table.info->primary_key)
      key.push_back({column, decl.name.where});
    if (key.empty()) {
      context.problems.refuse(Code::kKeyUnsupported, decl.name.where,
                              fmt::format("{} has no primary key", table.text()),
                              "name unique columns: {key: [column]}");
      return;
    }
  }
  bool complete = true;
  for (const Word& word : key) {
    const auto column = use_column(context, table, word.text, word.where);
    complete = complete && column.has_value();
    if (!column) continue;
    if (std::find(table.key.begin(), table.key.end(), word.text) != table.key.end()) {
      context.problems.refuse(Code::kKeyUnsupported, word.where,
                              fmt::format("`{}` is twice in the key", word.text));
      complete = false;
      continue;
    }
    table.shape->key.push_back(*column);
    table.key.push_back(word.text);
    const ColumnInfo& info = *column_info(table, word.text);
    if (!can_be_key(info.type.kind)) {
      context.problems.refuse(Code::kKeyUnsupported, word.where,
                              fmt::format("{} is {}, which cannot be a key",
                                          table.column_text(word.text), info.type.name),
                              "integer, uuid, text, date and timestamp columns can");
    }
    const auto& primary = table.info->primary_key;
    if (!info.not_null && std::find(primary.begin(), primary.end(), word.text) == primary.end()) {
      context.problems.refuse(
          Code::kKeyUnsupported, word.where,
          fmt::format("the key column {} may be null", table.column_text(word.text)),
          "declare it NOT NULL, or use the primary key");
    }
  }
  if (complete && !is_unique_key(*table.info, table.key)) {
    context.problems.refuse(
        Code::kKeyUnsupported, key.front().where,
        fmt::format("{} has no unique constraint (immediate, without predicate) on ({})",
                    table.text(), name_list(table.key)),
        table.info->primary_key.empty()
            ? "add one, or name the columns of another"
            : fmt::format("the primary key is ({})", name_list(table.info->primary_key)));
  }
}

void prepare_shape(const EntityBuild& build, TableUse& table) {
  TableShape& shape = *table.shape;
  shape.table = table.info->table;
  shape.stamp_touched = !build.decl->stamp.preserve;
  shape.stamp_zone = build.decl->stamp.zone;
  shape.rewrites = table.info->has_before_triggers();
  shape.after_effects = table.info->has_after_effects();
  shape.fingerprint = table.info->fingerprint;
  shape.row_bytes_max = build.decl->limits.row_bytes;
}

bool open_table(CompileContext& context, TableUse& use) {
  const TableDecl& decl = *use.decl;
  use.endpoint = EndpointIndex{static_cast<std::uint32_t>(decl.endpoint)};
  use.info = find_table(context, decl.endpoint, decl.table);
  if (use.info != nullptr) return true;
  context.problems.refuse(Code::kTableMissing, decl.name.where,
                          fmt::format("{} does not exist at {}", use.text(),
                                      context.connections.endpoints[decl.endpoint].name));
  return false;
}

// Parts other than the root have the root's key under other names.
void check_part_keys(CompileContext& context, EntityBuild& build) {
  const TableUse& root = build.platform.front();
  for (std::size_t i = 1; i < build.platform.size(); ++i) {
    const TableUse& part = build.platform[i];
    const SourcePosition& where =
        part.decl->key.empty() ? part.decl->name.where : part.decl->key.front().where;
    if (part.key.size() != root.key.size()) {
      context.problems.refuse(
          Code::kKeyUnsupported, where,
          fmt::format("the key of {} has {} columns and that of {} has {}", part.decl->name.text,
                      part.key.size(), root.decl->name.text, root.key.size()),
          "all platform tables of an entity share the key of the first");
      continue;
    }
    for (std::size_t k = 0; k < part.key.size(); ++k) {
      const Type& a = column_info(root, root.key[k])->type;
      const Type& b = column_info(part, part.key[k])->type;
      if (a.kind == b.kind || (is_integer(a.kind) && is_integer(b.kind)) ||
          (is_text(a.kind) && is_text(b.kind)))
        continue;
      context.problems.refuse(
          Code::kKeyUnsupported, where,
          fmt::format("{} is {} and {} is {}: one instance's rows must have one key",
                      root.column_text(root.key[k]), a.name, part.column_text(part.key[k]),
                      b.name));
    }
  }
}

}  // namespace

std::optional<std::size_t> EntityBuild::kind_index(std::string_view name) const {
  return position_of(legacy, name);
}
std::optional<std::size_t> EntityBuild::part_index(std::string_view alias) const {
  return position_of(platform, alias);
}

const ColumnInfo* column_info(const TableUse& table, std::string_view name) {
  return table.info->column(name);
}

void excuse_column(CompileContext& context, TableUse& table, const std::string& name) {
  if (column_info(table, name) == nullptr) return;
  context.account(table, name);
  table.excused.insert(name);
}

void report_missing_column(CompileContext& context, TableUse& table, const std::string& name,
                           const SourcePosition& where) {
  std::vector<std::string> names;
  for (const ColumnInfo& column : table.info->columns) names.push_back(column.name);
  context.problems.refuse(Code::kColumnMissing, where,
                          fmt::format("{} has no column `{}`", table.text(), name),
                          suggestion(name, names));
  excuse_column(context, table, nearest(name, names));
}

std::optional<std::uint32_t> use_column(CompileContext& context, TableUse& table,
                                        const std::string& name, const SourcePosition& where) {
  const ColumnInfo* info = column_info(table, name);
  if (info == nullptr) {
    report_missing_column(context, table, name, where);
    return std::nullopt;
  }
  context.account(table, name);
  std::vector<ShapeColumn>& columns = table.shape->columns;
  for (std::uint32_t i = 0; i < columns.size(); ++i) {
    if (columns[i].name == name) return i;
  }
  columns.push_back({name, info->type});
  return static_cast<std::uint32_t>(columns.size() - 1);
}

namespace {

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

bool is_json_text(std::string_view text) {
  const JsonHashing none{
      nullptr, [](const void*, JsonHashing::Part, std::string_view) -> std::uint64_t { return 1; }};
  return json_hash(text, none).has_value();
}

// What parse_value leaves to the database: lengths, digits, the form of JSON.
bool fits_column(std::string_view text, const Type& type) {
  if (type.kind == TypeKind::kVarchar || type.kind == TypeKind::kChar) {
    return type.size == 0 || characters(text) <= static_cast<std::size_t>(type.size);
  }
  if (type.kind == TypeKind::kJson || type.kind == TypeKind::kJsonb) return is_json_text(text);
  if (type.kind != TypeKind::kNumeric || type.size == 0) return true;
  const auto number = Decimal::parse(text);
  return number && number->scale_needed() <= type.scale &&
         number->integer_digits() <= type.size - type.scale;
}

}  // namespace

std::optional<Value> typed_constant(CompileContext& context, const Literal& literal,
                                    TableUse& table, const ColumnInfo& column) {
  const auto mismatch = [&](const std::string& what) -> std::optional<Value> {
    context.problems.refuse(Code::kTypeMismatch, literal.where,
                            fmt::format("{} is {} and cannot hold {}",
                                        table.column_text(column.name), column.type.name, what));
    excuse_column(context, table, column.name);
    return std::nullopt;
  };
  const TypeKind kind = column.type.kind;
  const bool number_column = is_integer(kind) || kind == TypeKind::kNumeric ||
                             kind == TypeKind::kFloat4 || kind == TypeKind::kFloat8;
  std::string text = literal.text;
  switch (literal.kind) {
    case Literal::Kind::kNull:
      if (column.not_null) return mismatch("null");
      return Value::null();
    case Literal::Kind::kNow:
      if (!is_stamp(kind) && kind != TypeKind::kDate) return mismatch("now()");
      return Value::null();
    case Literal::Kind::kNumber:
      if (!number_column) return mismatch(fmt::format("the number {}", text));
      break;
    case Literal::Kind::kBool:
      if (kind != TypeKind::kBool) return mismatch(text);
      break;
    case Literal::Kind::kText:
      if (number_column || kind == TypeKind::kBool)
        return mismatch(fmt::format("the text '{}'", text));
      break;
    case Literal::Kind::kVariable: {
      const VariableDecl* variable = context.document.variable(literal.text);
      if (variable == nullptr) return std::nullopt;  // reported by the loader
      text = variable->value;
      break;
    }
  }
  auto value = parse_value(text, column.type, *context.plan.arena);
  if (!value || !fits_column(text, column.type)) {
    return mismatch(literal.kind == Literal::Kind::kVariable
                        ? fmt::format("the value of var.{}", literal.text)
                        : fmt::format("`{}`", text));
  }
  return value->copy_to(*context.plan.arena);
}

void open_tables(CompileContext& context) {
  context.entities.resize(context.document.entities.size());
  for (std::size_t i = 0; i < context.entities.size(); ++i) {
    EntityBuild& build = context.entities[i];
    const EntityDecl& decl = context.document.entities[i];
    build.decl = &decl;
    build.usable = true;
    EntityPlan& plan = build.plan;
    plan.name = decl.name.text;
    plan.index = EntityIndex{static_cast<std::uint32_t>(i)};
    plan.where = decl.name.where;
    plan.kinds.resize(decl.legacy.size());
    plan.parts.resize(decl.platform.size());
    for (std::size_t k = 0; k < decl.legacy.size(); ++k) {
      TableUse use{.decl = &decl.legacy[k], .side = Side::kLegacy, .shape = &plan.kinds[k].shape};
      build.usable = open_table(context, use) && build.usable;
      plan.kinds[k].name = decl.legacy[k].name.text;
      plan.kinds[k].endpoint = use.endpoint;
      build.legacy.push_back(std::move(use));
    }
    for (std::size_t p = 0; p < decl.platform.size(); ++p) {
      TableUse use{
          .decl = &decl.platform[p], .side = Side::kPlatform, .shape = &plan.parts[p].shape};
      build.usable = open_table(context, use) && build.usable;
      plan.parts[p].alias = decl.platform[p].name.text;
      plan.parts[p].endpoint = use.endpoint;
      build.platform.push_back(std::move(use));
    }
    if (!build.usable) continue;
    for (std::vector<TableUse>* tables : {&build.legacy, &build.platform}) {
      for (TableUse& table : *tables) {
        prepare_shape(build, table);
        compile_key(context, table);
      }
    }
    check_part_keys(context, build);
  }
}

}  // namespace atlas
