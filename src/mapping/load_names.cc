#include "mapping/load_names.h"

#include "mapping/suggest.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas {
namespace {

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// "lat,lng" → "lat, lng".
std::string normal_list(std::string_view text) {
  std::string out;
  bool pending = false;
  for (const char c : text) {
    if (c == ' ' || c == '\t') continue;
    if (pending) out += ", ";
    pending = c == ',';
    if (!pending) out += c;
  }
  return out;
}

class NameChecker {
 public:
  NameChecker(EntityDecl& entity, const std::vector<std::string>& entity_names,
              LoadContext& context)
      : entity_(entity),
        entity_names_(entity_names),
        context_(context),
        problems_(context.problems),
        kinds_(names_of(entity.legacy)),
        aliases_(names_of(entity.platform)) {}

  void run() {
    for (FieldDecl& field : entity_.fields) check_field(field);
    if (entity_.kind.column) platform(*entity_.kind.column);
    for (auto& [kind, value] : entity_.kind.values) kind_name(kind);
    for (TableDecl& table : entity_.legacy) {
      for (Equality& row : table.when) {
        platform(row.column);
        variable(row.value);
      }
    }
    for (TableDecl& table : entity_.platform) {
      for (const Word& kind : table.required_for) kind_name(kind);
    }
    for (ColumnName& column : entity_.stamp.legacy) legacy(column);
    for (ColumnName& column : entity_.stamp.platform) platform(column);
    if (auto& flag = entity_.deletes[0].flag) legacy(*flag);
    if (auto& flag = entity_.deletes[1].flag) platform(*flag);
    for (NoteDecl& note : entity_.notes[0]) check_note(note, Side::kLegacy);
    for (NoteDecl& note : entity_.notes[1]) check_note(note, Side::kPlatform);
    for (const Side side : {Side::kLegacy, Side::kPlatform})
      check_scope(entity_.scope[index(side)], side);
    check_match();
    check_groups();
  }

 private:
  void unknown(const SourcePosition& where, std::string why, std::string_view name,
               const std::vector<std::string>& names) {
    if (problems_.full()) return;
    problems_.refuse(Code::kUnknownName, where, std::move(why), suggestion(name, names));
  }
  void kind_name(const Word& kind) {
    if (!contains(kinds_, kind.text))
      unknown(kind.where,
              fmt::format("`{}` has no legacy table `{}`", entity_.name.text, kind.text), kind.text,
              kinds_);
  }
  // An unqualified legacy column means every table.
  void legacy(const ColumnName& column) {
    if (column.qualifier.empty() || contains(kinds_, column.qualifier)) return;
    unknown(column.where,
            fmt::format("`{}` has no legacy table `{}`", entity_.name.text, column.qualifier),
            column.qualifier, kinds_);
  }
  void platform(ColumnName& column) {
    if (column.qualifier.empty() && aliases_.size() == 1) column.qualifier = aliases_.front();
    if (contains(aliases_, column.qualifier)) return;
    if (aliases_.empty()) return;  // reported with the table
    if (column.qualifier.empty()) {
      problems_.refuse(Code::kUnknownName, column.where,
                       fmt::format("`{}` does not say in which platform table", column.column),
                       fmt::format("write {}.{}; tables: {}", aliases_.front(), column.column,
                                   name_list(aliases_)));
      return;
    }
    unknown(column.where,
            fmt::format("`{}` has no platform table `{}`", entity_.name.text, column.qualifier),
            column.qualifier, aliases_);
  }
  void variable(const Literal& value) {
    if (value.kind != Literal::Kind::kVariable || context_.document.variable(value.text) != nullptr)
      return;
    const std::vector<std::string> names = names_of(context_.document.variables);
    std::string fix = suggestion(value.text, names);
    if (fix.empty())
      fix = fmt::format("vars: {{{}: {{type: int4, value: \"${{{}}}\"}}}}", value.text, value.text);
    problems_.refuse(Code::kUnknownName, value.where,
                     fmt::format("there is no variable `{}`", value.text), std::move(fix));
  }

  void check_field(FieldDecl& field) {
    for (ColumnName& column : field.legacy) {
      if (column.qualifier.empty()) continue;
      const bool redundant = column.qualifier == field.kind ||
                             (kinds_.size() == 1 && column.qualifier == kinds_.front());
      if (!redundant) {
        problems_.refuse(
            Code::kFieldSyntax, column.where,
            fmt::format("`{}` names a table on the legacy side of a field", column.text()),
            contains(kinds_, column.qualifier)
                ? fmt::format("write the field under `fields.{}:` with `{}` alone",
                              column.qualifier, column.column)
                : fmt::format("legacy columns stand alone: `{}`", column.column));
      }
      column.qualifier.clear();
    }
    field.name = columns_text(field.legacy);
    for (ColumnName& column : field.platform) platform(column);
    if (field.ref) check_ref(*field.ref);
  }

  void check_ref(const RefDecl& ref) {
    if (!contains(entity_names_, ref.entity)) {
      unknown(ref.where, fmt::format("there is no entity `{}`", ref.entity), ref.entity,
              entity_names_);
      return;
    }
    const EntityDecl* parent =
        ref.entity == entity_.name.text ? &entity_ : context_.document.entity(ref.entity);
    if (parent == nullptr) return;
    const std::vector<std::string> kinds = names_of(parent->legacy);
    if (ref.kind.empty() && kinds.size() > 1) {
      problems_.refuse(
          Code::kUnknownName, ref.where,
          fmt::format("`{}` is several legacy tables; the reference does not say which",
                      ref.entity),
          fmt::format("ref: {}/{}; tables: {}", ref.entity, kinds.front(), name_list(kinds)));
    } else if (!ref.kind.empty() && !contains(kinds, ref.kind)) {
      unknown(ref.where, fmt::format("`{}` has no legacy table `{}`", ref.entity, ref.kind),
              ref.kind, kinds);
    }
  }

  void check_note(NoteDecl& note, Side side) {
    if (side == Side::kLegacy)
      legacy(note.column);
    else
      platform(note.column);
    variable(note.value);
  }

  void check_scope(ScopeDecl& scope, Side side) {
    for (Equality& row : scope.rows) {
      variable(row.value);
      if (row.column.qualifier.empty()) continue;  // every table that has it
      if (side == Side::kLegacy)
        legacy(row.column);
      else
        platform(row.column);
    }
  }

  void check_match() {
    const std::vector<std::string> names = names_of(entity_.fields);
    for (Word& word : entity_.match) {
      word.text = normal_list(word.text);
      bool found = false;
      for (const FieldDecl& field : entity_.fields) {
        if (field.name != word.text) continue;
        found = true;
        if (field.direction != Direction::kBoth) {
          problems_.refuse(
              Code::kWrongShape, word.where,
              fmt::format("`{}` is a one-way field and cannot match rows of both sides",
                          word.text));
        }
      }
      if (!found)
        unknown(word.where, fmt::format("`match` names `{}`, which is no field", word.text),
                word.text, names);
    }
  }

  void check_groups() {
    const std::vector<std::string> names = names_of(entity_.fields);
    std::vector<std::string> seen;
    for (std::vector<Word>& group : entity_.groups) {
      for (Word& word : group) {
        word.text = normal_list(word.text);
        if (!contains(names, word.text))
          unknown(word.where, fmt::format("a group names `{}`, which is no field", word.text),
                  word.text, names);
        if (contains(seen, word.text)) {
          problems_.refuse(Code::kWrongShape, word.where,
                           fmt::format("`{}` is in two groups", word.text),
                           "a field belongs to one group");
        }
        seen.push_back(word.text);
      }
    }
  }

  EntityDecl& entity_;
  const std::vector<std::string>& entity_names_;
  LoadContext& context_;
  ProblemList& problems_;
  std::vector<std::string> kinds_, aliases_;
};

}  // namespace

void check_names(LoadContext& context) {
  const std::vector<std::string> names = names_of(context.document.entities);
  for (EntityDecl& entity : context.document.entities) NameChecker(entity, names, context).run();
}

}  // namespace atlas
