#pragma once

// The small part of the expression language that a plan needs: conjunctions of `column == constant`
// (scope, when), constants (create, const), and column names with a JSON path (field lines).

#include "mapping/plan.h"
#include "mapping/source_text.h"
#include "mapping/yaml_tree.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atlas {

// "u.contact$.phone": qualifier u, column contact, path {phone}. Names of unusual letters stand in
// `backticks`.
struct ColumnName {
  std::string qualifier;  // alias or table; empty when not written
  std::string column;
  std::vector<std::string> path;
  SourcePosition where;
  std::string text() const;
};

struct Literal {
  enum class Kind : std::uint8_t { kText, kNumber, kBool, kNull, kVariable, kNow };
  Kind kind = Kind::kNull;
  std::string text;  // content, digits, "true", or the variable's name
  SourcePosition where;
};

struct Equality {
  ColumnName column;
  Literal value;
};

// Which arrow a field line has, and what stands on both sides of it. A side may be empty
// (constants).
struct FieldLine {
  std::vector<ColumnName> legacy, platform;
  Direction direction = Direction::kBoth;
};

// Each reads the whole scalar; a problem is reported (kBadExpression, kFieldSyntax) and nullopt
// returned.
std::optional<std::vector<Equality>> parse_conjunction(const YamlNode& node, ProblemList& problems);
std::optional<Literal> parse_literal(const YamlNode& node, ProblemList& problems);
std::optional<ColumnName> parse_column(const YamlNode& node, ProblemList& problems);
std::optional<FieldLine> parse_field_line(const YamlNode& node, ProblemList& problems);

// "lat, lng": how a field's legacy side is named everywhere else.
std::string columns_text(const std::vector<ColumnName>& columns);

}  // namespace atlas
