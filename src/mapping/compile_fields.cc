#include "mapping/compile_context.h"
#include "mapping/lens_trial.h"
#include "model/hashing.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace atlas {
namespace {

Policy default_policy(Phase phase) {
  switch (phase) {
    case Phase::kLegacyLeads:
      return Policy::kLegacy;
    case Phase::kDual:
      return Policy::kNewest;
    case Phase::kPlatformLeads:
    case Phase::kLegacyReadonly:
      return Policy::kPlatform;
  }
  return Policy::kNewest;
}

std::string_view law_text(LawClass law) {
  switch (law) {
    case LawClass::kBijection:
      return "bijection";
    case LawClass::kLegacyFiner:
      return "legacy finer";
    case LawClass::kPlatformFiner:
      return "platform finer";
    case LawClass::kQuotient:
      return "equal modulo canon";
    case LawClass::kOneWay:
      return "one-way";
  }
  return "?";
}

// One lens serves all kinds: their columns must be of one type. Lengths take the smallest.
bool join_types(Type& into, const Type& other) {
  const bool named = into.kind == TypeKind::kArray || into.kind == TypeKind::kOther ||
                     into.kind == TypeKind::kEnum;
  if (into.kind != other.kind || into.scale != other.scale || into.labels != other.labels)
    return false;
  if (named && into.name != other.name) return false;
  if (into.size == other.size) return true;
  const bool text = is_text(into.kind);
  if (!text) return false;
  if (into.size == 0 || (other.size != 0 && other.size < into.size)) into = other;
  return true;
}

class FieldCompiler {
 public:
  FieldCompiler(CompileContext& context, EntityBuild& build, const FieldDecl& decl)
      : context_(context), build_(build), decl_(decl) {}

  void run() {
    const std::size_t fatal_before = context_.problems.fatal_count();
    field_.line = decl_.line;
    field_.where = decl_.where;
    field_.direction = decl_.direction;
    field_.enforce = decl_.enforce;
    field_.name = decl_.name;
    field_.policy = decl_.conflict.value_or(
        build_.decl->conflict.value_or(default_policy(context_.document.phase)));
    find_kinds();
    if (!resolve_platform() || !resolve_legacy()) return excuse_columns();
    fingerprint();
    write_marks();
    if (decl_.ref)
      compile_ref(context_, build_, decl_, field_);
    else
      make_the_lens();
    check_nulls(context_, build_, decl_, field_);
    check_affinity();
    if (context_.problems.fatal_count() == fatal_before) report();
    build_.plan.fields.push_back(std::move(field_));
    build_.field_decls.push_back(&decl_);
  }

 private:
  bool applies(std::size_t kind) const { return ((field_.kinds >> kind) & 1U) != 0; }

  void find_kinds() {
    const std::size_t count = build_.kind_count();
    const std::uint64_t all = count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
    field_.kinds = all;
    if (const auto kind = build_.kind_index(decl_.kind)) field_.kinds = std::uint64_t{1} << *kind;
  }

  // The field is refused; what it names is meant to be mapped all the same.
  void excuse_columns() {
    for (const ColumnName& name : decl_.platform) {
      if (const auto part = build_.part_index(name.qualifier)) {
        excuse_column(context_, build_.platform[*part], name.column);
      }
    }
    for (TableUse& table : build_.legacy) {
      for (const ColumnName& name : decl_.legacy) excuse_column(context_, table, name.column);
    }
  }

  // Platform cells. A field that touches a part which some kinds do not have applies to the others
  // only.
  bool resolve_platform() {
    for (const ColumnName& name : decl_.platform) {
      const auto part = build_.part_index(name.qualifier);
      if (!part) return false;
      const auto& presence = build_.plan.parts[*part].presence;
      for (std::size_t k = 0; k < presence.size(); ++k) {
        if (presence[k] == Presence::kAbsent) field_.kinds &= ~(std::uint64_t{1} << k);
      }
      const auto column = use_column(context_, build_.platform[*part], name.column, name.where);
      if (!column) return false;
      field_.platform.push_back({static_cast<std::uint32_t>(*part + 1), *column});
      spec_.platform.push_back(lens_column(build_.platform[*part], name));
    }
    if (field_.kinds != 0) return true;
    context_.problems.refuse(
        Code::kFieldSyntax, decl_.where,
        fmt::format("`{}` have no row in `{}`", decl_.kind, decl_.platform.front().qualifier),
        "see the table's `presence`");
    return false;
  }

  bool resolve_legacy() {
    bool complete = true;
    field_.legacy_by_kind.resize(build_.kind_count());
    std::optional<std::size_t> first;
    for (std::size_t k = 0; k < build_.kind_count(); ++k) {
      if (!applies(k)) continue;
      TableUse& table = build_.legacy[k];
      for (const ColumnName& name : decl_.legacy) {
        const auto column = use_column(context_, table, name.column, name.where);
        if (!column) {
          complete = false;
          continue;
        }
        field_.legacy_by_kind[k].push_back(*column);
      }
      if (!complete) continue;
      if (!first) {
        first = k;
        for (const ColumnName& name : decl_.legacy)
          spec_.legacy.push_back(lens_column(table, name));
      } else {
        complete = join_kind(*first, k);
      }
    }
    return complete;
  }

  bool join_kind(std::size_t first, std::size_t kind) {
    for (std::size_t i = 0; i < decl_.legacy.size(); ++i) {
      const ColumnInfo& info = *column_info(build_.legacy[kind], decl_.legacy[i].column);
      LensColumn& column = spec_.legacy[i];
      column.not_null = column.not_null || info.not_null;
      if (join_types(column.type, info.type)) continue;
      const TableUse& a = build_.legacy[first];
      const TableUse& b = build_.legacy[kind];
      context_.problems.refuse(
          Code::kTypeMismatch, decl_.legacy[i].where,
          fmt::format("{} is {} and {} is {}", a.column_text(column.name), column.type.name,
                      b.column_text(info.name), info.type.name),
          fmt::format("write the field twice, under fields.{} and fields.{}", a.decl->name.text,
                      b.decl->name.text));
      return false;
    }
    return true;
  }

  static LensColumn lens_column(const TableUse& table, const ColumnName& name) {
    const ColumnInfo& info = *column_info(table, name.column);
    return {name.column, info.type, info.not_null, name.path};
  }

  void fingerprint() {
    std::string text =
        decl_.operators + "|" + columns_text(decl_.legacy) + "|" + columns_text(decl_.platform);
    field_.fingerprint = stable_hash(text);
  }

  void write_marks() {
    const std::string what = fmt::format("the field `{}`", decl_.line);
    const auto mark = [&](TableUse& table, const ColumnName& name, std::uint64_t kinds) {
      table.writers.push_back({.column = name.column,
                               .path = name.path,
                               .kinds = kinds,
                               .what = what,
                               .where = decl_.where,
                               .is_field = true});
    };
    if (decl_.direction != Direction::kToLegacy) {
      for (std::size_t i = 0; i < decl_.platform.size(); ++i)
        mark(build_.platform[field_.platform[i].part - 1], decl_.platform[i], field_.kinds);
    }
    if (decl_.direction == Direction::kToPlatform) return;
    for (std::size_t k = 0; k < build_.kind_count(); ++k) {
      if (!applies(k)) continue;
      for (const ColumnName& name : decl_.legacy)
        mark(build_.legacy[k], name, std::uint64_t{1} << k);
    }
  }

  void make_the_lens() {
    spec_.canon = decl_.canon;
    spec_.op = decl_.op;
    spec_.domain_legacy = decl_.domain[index(Side::kLegacy)];
    spec_.domain_platform = decl_.domain[index(Side::kPlatform)];
    spec_.keep = decl_.keep;
    prefer_first_codes();
    if (decl_.expressions && !compile_expressions(context_, decl_, spec_)) return;
    Result<std::unique_ptr<Lens>> lens = make_lens(spec_);
    if (!lens) {
      context_.problems.refuse(std::move(lens).error(), decl_.where);
      return;
    }
    field_.lens = std::move(*lens);
    check_keep();
    for (const std::string& remark : lens_remarks(spec_)) {
      // What only the unread side can hold does not matter.
      if (decl_.direction == Direction::kToPlatform && remark.starts_with("platform ")) continue;
      if (decl_.direction == Direction::kToLegacy && remark.starts_with("legacy ")) continue;
      losses_.push_back(remark);
      context_.problems.remark(Code::kRangeGap, decl_.where, remark);
    }
  }

  // Without the old cells only a bijection gives back what it read.
  void check_keep() {
    const LawClass law = field_.lens->law();
    if (decl_.keep || decl_.direction != Direction::kBoth || law == LawClass::kBijection) return;
    const bool legacy = law == LawClass::kLegacyFiner;
    const auto lost = lost_trip(*field_.lens, spec_, legacy ? Side::kLegacy : Side::kPlatform);
    if (!lost && law != LawClass::kQuotient) return;
    context_.problems.refuse(
        Code::kEditLost, decl_.where,
        law == LawClass::kQuotient
            ? fmt::format("`keep: false`: what was stored for `{}` does not survive a trip, only "
                          "its canonical form does",
                          decl_.line)
            : fmt::format("`keep: false`: {}", *lost),
        "remove `keep: false`  |  restrict the values with `domain:`  |  make it one-way with "
        "`loss: \"…\"`");
  }

  // A field to the platform never writes a legacy code: which of several it would choose does not
  // matter.
  void prefer_first_codes() {
    auto* op = std::get_if<EnumOp>(&spec_.op);
    if (op == nullptr || decl_.direction != Direction::kToPlatform) return;
    const auto given = [](const auto& list, const std::string& text) {
      return std::any_of(list.begin(), list.end(),
                         [&](const auto& pair) { return pair.first == text; });
    };
    for (const auto& [code, text] : op->codes) {
      if (!given(op->prefer, text)) op->prefer.emplace_back(text, code);
    }
  }

  // SQLite's NUMERIC affinity turns decimals into binary floating point.
  void check_affinity() {
    const auto check = [&](const TableUse& table, const ColumnName& name) {
      const ColumnInfo& info = *column_info(table, name.column);
      if (!info.numeric_affinity || info.type.kind != TypeKind::kNumeric || !name.path.empty())
        return;
      context_.problems.refuse(
          Code::kNumericAffinity, name.where,
          fmt::format("{} is declared {}", table.column_text(name.column), info.type.name),
          fmt::format("declare it decimal_text({},{}): the digits stay as they are",
                      info.type.size > 0 ? info.type.size : 18, info.type.scale));
    };
    for (std::size_t i = 0; i < decl_.platform.size(); ++i)
      check(build_.platform[field_.platform[i].part - 1], decl_.platform[i]);
    for (std::size_t k = 0; k < build_.kind_count(); ++k) {
      if (!applies(k)) continue;
      for (const ColumnName& name : decl_.legacy) check(build_.legacy[k], name);
    }
  }

  void report() {
    FieldReport out;
    out.entity = build_.decl->name.text;
    out.field = decl_.line;
    out.losses = losses_;
    out.loss_declared = !decl_.loss.empty();
    if (out.loss_declared) out.losses.push_back(decl_.loss);
    if (decl_.direction != Direction::kBoth)
      out.law = law_text(LawClass::kOneWay);
    else if (field_.ref)
      out.law = "bijection on links";
    else if (field_.lens != nullptr)
      out.law = law_text(field_.lens->law());
    const bool tried = !decl_.keep || (decl_.expressions && !decl_.expressions->derives);
    const bool script = std::holds_alternative<LuaOp>(spec_.op);
    out.evidence = decl_.direction != Direction::kBoth ? "declared"
                   : script                            ? "tested, unproven"
                   : tried                             ? "tested"
                                                       : "proven";
    context_.reports.push_back(std::move(out));
  }

  CompileContext& context_;
  EntityBuild& build_;
  const FieldDecl& decl_;
  FieldPlan field_;
  LensSpec spec_;
  std::vector<std::string> losses_;
};

// "status" where it is the only one, else "users.status", else the whole line.
void name_fields(EntityBuild& build) {
  const auto count = [&](const auto& name_of) {
    std::map<std::string, int> out;
    for (std::size_t i = 0; i < build.plan.fields.size(); ++i) ++out[name_of(i)];
    return out;
  };
  const auto qualified = [&](std::size_t i) {
    const FieldDecl& decl = *build.field_decls[i];
    return decl.kind.empty() ? decl.name : decl.kind + "." + decl.name;
  };
  const auto plain_counts = count([&](std::size_t i) { return build.field_decls[i]->name; });
  const auto qualified_counts = count(qualified);
  for (std::size_t i = 0; i < build.plan.fields.size(); ++i) {
    FieldPlan& field = build.plan.fields[i];
    const FieldDecl& decl = *build.field_decls[i];
    if (plain_counts.at(decl.name) == 1)
      field.name = decl.name;
    else if (qualified_counts.at(qualified(i)) == 1)
      field.name = qualified(i);
    else
      field.name = (decl.kind.empty() ? "" : decl.kind + ".") + decl.line;
  }
}

void mark_match_and_groups(CompileContext& context, EntityBuild& build) {
  std::uint64_t matched_kinds = 0;
  for (std::size_t i = 0; i < build.plan.fields.size(); ++i) {
    FieldPlan& field = build.plan.fields[i];
    const std::string& name = build.field_decls[i]->name;
    const auto named = [&](const Word& word) { return word.text == name; };
    if (std::any_of(build.decl->match.begin(), build.decl->match.end(), named)) {
      field.in_match = true;
      matched_kinds |= field.kinds;
    }
    for (std::size_t g = 0; g < build.decl->groups.size(); ++g) {
      const auto& group = build.decl->groups[g];
      if (std::any_of(group.begin(), group.end(), named))
        field.group = static_cast<std::int32_t>(g);
    }
  }
  build.plan.has_match = matched_kinds != 0;
  for (std::size_t k = 0; k < build.kind_count(); ++k) {
    if (!build.plan.has_match || ((matched_kinds >> k) & 1U) != 0) continue;
    context.problems.remark(
        Code::kNotAdopted, build.decl->match.front().where,
        fmt::format("`match` names no field of {}: its existing rows are never adopted",
                    build.plan.kinds[k].name));
  }
  // One policy a group: that of its first field.
  for (std::size_t g = 0; g < build.decl->groups.size(); ++g) {
    const FieldPlan* first = nullptr;
    for (FieldPlan& field : build.plan.fields) {
      if (field.group != static_cast<std::int32_t>(g)) continue;
      if (first == nullptr) first = &field;
      if (field.policy == first->policy) continue;
      context.problems.refuse(
          Code::kWrongShape, field.where,
          fmt::format("`{}` and `{}` are in one group and settle conflicts differently",
                      first->name, field.name),
          "fields of a group win or lose together: give them one `conflict`");
    }
  }
}

}  // namespace

void compile_fields(CompileContext& context, EntityBuild& build) {
  for (const FieldDecl& decl : build.decl->fields) {
    if (decl.direction != Direction::kBoth && decl.loss.empty() &&
        !derives_from_mapped(*build.decl, decl)) {
      context.problems.refuse(
          Code::kLossUndeclared, decl.where,
          fmt::format("`{}` goes one way: edits on the {} side are lost", decl.line,
                      decl.direction == Direction::kToPlatform ? "platform" : "legacy"),
          "add loss: \"why that is right\"");
    }
    FieldCompiler(context, build, decl).run();
  }
  name_fields(build);
  mark_match_and_groups(context, build);
}

}  // namespace atlas
