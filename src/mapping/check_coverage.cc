#include "mapping/compile_context.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas {
namespace {

std::string describe(const ColumnInfo& column) {
  return fmt::format(
      "{}{}{}",
      column.type.name.empty() ? std::string(type_kind_name(column.type.kind)) : column.type.name,
      column.not_null ? " NOT NULL" : "", column.has_default ? ", has a default" : "");
}

// A column of the same name that nothing accounts for on the other side.
std::string partner_of(const CompileContext& context, const EntityBuild& build,
                       const TableUse& table, const std::string& column) {
  const std::vector<TableUse>& others = table.side == Side::kLegacy ? build.platform : build.legacy;
  for (const TableUse& other : others) {
    if (column_info(other, column) == nullptr) continue;
    const auto it = context.accounted.find({other.endpoint.value, other.info->table});
    if (it != context.accounted.end() && it->second.contains(column)) continue;
    return other.side == Side::kPlatform ? other.column_text(column) : column;
  }
  return {};
}

std::string mapping_line(const CompileContext& context, const EntityBuild& build,
                         const TableUse& table, const std::string& column) {
  const std::string partner = partner_of(context, build, table, column);
  if (table.side == Side::kLegacy) {
    return fmt::format("\"{} <-> {}\": copy", column,
                       partner.empty() ? build.platform.front().column_text("COLUMN") : partner);
  }
  return fmt::format("\"{} <-> {}\": copy", partner.empty() ? "COLUMN" : partner,
                     table.column_text(column));
}

// A constant as `create` takes it: what is no number or truth value stands in quotes of its own.
const char* example_of(TypeKind kind) {
  if (is_integer(kind) || kind == TypeKind::kNumeric || kind == TypeKind::kFloat4 ||
      kind == TypeKind::kFloat8)
    return "0";
  return kind == TypeKind::kBool ? "false" : "'VALUE'";
}

void check_table(CompileContext& context, const EntityBuild& build, const TableUse& table) {
  const auto& accounted = context.accounted[{table.endpoint.value, table.info->table}];
  for (const ColumnInfo& column : table.info->columns) {
    if (column.generated || accounted.contains(column.name)) continue;
    const std::string only =
        fmt::format("{}_only: {{{}: ", side_name(table.side), table.column_text(column.name));
    std::string fix = fmt::format("{}  |  {}{{create: \"{}\"}}}}",
                                  mapping_line(context, build, table, column.name), only,
                                  example_of(column.type.kind));
    // A new row of ours needs a value there.
    if (!column.not_null || column.has_default)
      fix += fmt::format("  |  {0}private}}  |  {0}{{ignore: \"why\"}}}}", only);
    context.problems.refuse(Code::kColumnUnmapped, table.decl->name.where,
                            fmt::format("the mapping says nothing about {} of {} ({})", column.name,
                                        table.text(), describe(column)),
                            std::move(fix));
  }
}

bool begins_with(const std::vector<std::string>& path, const std::vector<std::string>& start) {
  return start.size() <= path.size() && std::equal(start.begin(), start.end(), path.begin());
}

// Whether both write the same place in the same row.
bool collide(const Writer& a, const Writer& b, std::uint64_t all_kinds) {
  if (a.column != b.column || (a.kinds & b.kinds & all_kinds) == 0) return false;
  if (a.is_field && b.is_field) return begins_with(a.path, b.path) || begins_with(b.path, a.path);
  if (a.is_field == b.is_field) return true;
  const Writer& field = a.is_field ? a : b;
  const Writer& constant = a.is_field ? b : a;
  if (constant.what != "`create`") return true;
  // A default for what the field does not write: members outside its path, kinds it does not have.
  return field.path.empty() && (field.kinds & all_kinds) == all_kinds;
}

std::string kinds_text(const EntityBuild& build, const std::vector<std::size_t>& kinds) {
  std::string out;
  for (const std::size_t k : kinds)
    out += (out.empty() ? "" : ", ") + build.legacy[k].decl->name.text;
  return out;
}

void check_insert(CompileContext& context, const EntityBuild& build, const TableUse& table,
                  const std::vector<std::size_t>& kinds) {
  for (const ColumnInfo& column : table.info->columns) {
    if (!column.not_null || column.has_default || column.generated) continue;
    if (table.excused.contains(column.name)) continue;
    if (std::find(table.key.begin(), table.key.end(), column.name) != table.key.end()) continue;
    std::vector<std::size_t> without;
    for (const std::size_t k : kinds) {
      const auto writes = [&](const Writer& w) {
        return w.column == column.name && ((w.kinds >> k) & 1U) != 0;
      };
      if (std::none_of(table.writers.begin(), table.writers.end(), writes)) without.push_back(k);
    }
    if (without.empty()) continue;
    const auto account = context.accounted.find({table.endpoint.value, table.info->table});
    // A column nobody mentions was reported as unmapped: once is enough.
    if (account == context.accounted.end() || !account->second.contains(column.name)) continue;
    const bool some = table.side == Side::kPlatform && without.size() < build.kind_count();
    context.problems.refuse(
        Code::kNoDefault, table.decl->name.where,
        fmt::format("a new row of {}{} gets no value for {} ({})", table.text(),
                    some ? " of kind " + kinds_text(build, without) : "", column.name,
                    describe(column)),
        fmt::format("{}_only: {{{}: {{create: …}}}}, a two-way field, or a default in the database",
                    side_name(table.side), table.column_text(column.name)));
  }
}

}  // namespace

void check_coverage(CompileContext& context) {
  std::set<std::pair<std::uint32_t, TableName>> seen;
  for (EntityBuild& build : context.entities) {
    if (!build.usable) continue;
    for (const std::vector<TableUse>* tables : {&build.legacy, &build.platform}) {
      for (const TableUse& table : *tables) {
        if (seen.emplace(table.endpoint.value, table.info->table).second)
          check_table(context, build, table);
      }
    }
  }
}

void check_writers(CompileContext& context, EntityBuild& build) {
  const std::size_t count = build.kind_count();
  const std::uint64_t every = count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
  for (std::vector<TableUse>* tables : {&build.legacy, &build.platform}) {
    for (std::size_t t = 0; t < tables->size(); ++t) {
      const TableUse& table = (*tables)[t];
      const std::uint64_t all_kinds = table.side == Side::kLegacy ? std::uint64_t{1} << t : every;
      for (std::size_t i = 0; i < table.writers.size(); ++i) {
        const Writer& writer = table.writers[i];
        if (column_info(table, writer.column)->generated) {
          context.problems.refuse(
              Code::kTwoWriters, writer.where,
              fmt::format("{} writes {}, which the database computes itself", writer.what,
                          table.column_text(writer.column)),
              writer.is_field ? "read it only: make the field one-way" : "remove it");
        }
        for (std::size_t j = 0; j < i; ++j) {
          const Writer& earlier = table.writers[j];
          if (!collide(earlier, writer, all_kinds)) continue;
          const bool later_in_file = std::pair(writer.where.line, writer.where.column) >=
                                     std::pair(earlier.where.line, earlier.where.column);
          const Writer& second = later_in_file ? writer : earlier;
          const Writer& first = later_in_file ? earlier : writer;
          context.problems.refuse(
              Code::kTwoWriters, second.where,
              fmt::format("{} writes {}, and so does {} (line {})", second.what,
                          table.column_text(writer.column), first.what, first.where.line));
        }
      }
    }
  }
}

void check_inserts(CompileContext& context, EntityBuild& build) {
  for (std::size_t k = 0; k < build.legacy.size(); ++k)
    check_insert(context, build, build.legacy[k], {k});
  for (std::size_t p = 0; p < build.platform.size(); ++p) {
    std::vector<std::size_t> kinds;
    for (std::size_t k = 0; k < build.kind_count(); ++k) {
      if (build.plan.parts[p].presence[k] != Presence::kAbsent) kinds.push_back(k);
    }
    check_insert(context, build, build.platform[p], kinds);
  }
}

}  // namespace atlas
