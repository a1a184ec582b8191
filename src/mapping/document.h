#pragma once

// A mapping file as read: typed, in source order, with positions; names within the file already
// checked, nothing known of the databases yet. Made by load(), never changed afterwards. Grammar:
// docs/formats/mapping.md.

#include "mapping/expression.h"
#include "mapping/expression_tree.h"
#include "mapping/lens.h"
#include "mapping/plan.h"
#include "mapping/source_text.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace atlas {

inline constexpr std::size_t kKindsMax = 64;         // legacy tables of one entity
inline constexpr std::size_t kFieldColumnsMax = 16;  // columns of one field on one side

// A name or text with its place.
struct Word {
  std::string text;
  SourcePosition where;
};

struct VariableDecl {
  Word name;
  Type type;
  std::string value;
};

struct EndpointDecl {
  Word name;  // "main", "identity"
  Side side = Side::kLegacy;
  EngineKind engine = EngineKind::kPostgres;
  Secret address;
};

// One table: a legacy table (= kind) or a platform part.
struct TableDecl {
  Word name;                 // kind name or alias
  std::size_t endpoint = 0;  // index into Document::endpoints
  TableName table;
  std::vector<Word> key;           // empty: the primary key
  std::vector<Equality> when;      // legacy: the platform rows of this kind
  bool optional = false;           // platform: presence: optional
  std::vector<Word> required_for;  // platform: kinds; empty = all
};

// `use:`, tz, ambiguous, gap: how naive local time becomes an instant.
struct StampDecl {
  SourcePosition where;
  std::vector<ColumnName> legacy, platform;
  ZoneRule zone;
  bool zone_given = false;
  bool preserve = false;
};

struct DeleteDecl {
  SourcePosition where;
  DeleteKind kind = DeleteKind::kNone;
  std::optional<ColumnName> flag;
};

struct KindDecl {
  SourcePosition where;
  std::optional<ColumnName> column;
  std::vector<std::pair<Word, Word>> values;  // kind → value
  bool quarantine_change = true;
  bool others_ignored = false;  // rows of no kind are not ours
};

struct RefDecl {
  std::string entity;
  std::string kind;  // empty: the entity's only table
  OnMissing on_missing = OnMissing::kWait;
  bool defer = false;
  SourcePosition where;
};

// `derive`, or `to_platform` and `to_legacy`: for each column of the side that it leads to. The
// name is empty where a field has one column there and the expression stands alone.
struct ExpressionDecl {
  std::vector<std::pair<ColumnName, ExpressionNode>> to_platform, to_legacy;
  bool derives = false;
};

struct FieldDecl {
  std::string line;  // as written
  std::string name;  // legacy side: "lat, lng"
  SourcePosition where;
  std::string kind;  // fields.<kind>; empty: all
  Direction direction = Direction::kBoth;
  std::vector<ColumnName> legacy, platform;
  std::vector<Canon> canon;
  ValueOp op;
  std::optional<ExpressionDecl> expressions;
  std::optional<RefDecl> ref;
  std::vector<DomainSpec> domain[2];  // by index(Side)
  bool unique = false;
  bool enforce = false;
  bool keep = true;
  std::optional<Policy> conflict;
  std::string loss;
  std::string operators;  // canonical text of what changes meaning: for the fingerprint (E15)
};

enum class NoteKind : std::uint8_t { kPrivate, kIgnore, kCreate, kConst };

// platform_only and legacy_only: columns without a partner.
struct NoteDecl {
  ColumnName column;  // qualifier empty on the legacy side: every table that has it
  NoteKind kind = NoteKind::kPrivate;
  Literal value;       // kCreate, kConst
  std::string reason;  // kIgnore
};

struct ScopeDecl {
  bool given = false;
  std::vector<Equality> rows;  // empty: every row
  SourcePosition where;
};

struct EntityDecl {
  Word name;
  std::vector<TableDecl> legacy, platform;
  KindDecl kind;
  std::vector<Word> match;  // names of fields
  StampDecl stamp;
  DeleteDecl deletes[2];  // by index(Side)
  ScopeDecl scope[2];     // by index(Side); the document's where the entity says nothing
  std::optional<Policy> conflict;
  OnDelete on_delete = OnDelete::kUpdateWins;
  std::vector<std::vector<Word>> groups;
  std::vector<FieldDecl> fields;
  std::vector<NoteDecl> notes[2];  // by index(Side)
  CapturePlan capture;
  LimitsPlan limits;
  std::string text;  // canonical text of the entity and its defaults: for the fingerprint
};

// One cell of a case; no text is null.
struct TestCell {
  Word column;
  std::optional<std::string> text;
};

// One case of `tests:`.
struct TestDecl {
  SourcePosition where;
  std::string name;  // empty: it has none
  std::string entity;
  std::string kind;  // empty: the entity's only table
  Side from = Side::kLegacy;
  std::vector<TestCell> given, old;  // old: of the other side
  std::vector<TestCell> expected;    // of the other side
  bool refused = false;              // expected instead
  std::string reason;                // of the refusal; empty: any
};

class Document {
 public:
  std::string file;
  std::string tenant_name = "default";
  std::string tenant_id;  // canonical UUID text
  std::vector<VariableDecl> variables;
  std::vector<EndpointDecl> endpoints;  // legacy first
  std::optional<EndpointDecl> state;
  Phase phase = Phase::kDual;
  std::vector<EntityDecl> entities;
  std::vector<TestDecl> tests;
  std::string text;  // canonical text without connection strings: for the hash
  std::shared_ptr<const SourceText> source;  // shared: compile() shows excerpts too

  const EntityDecl* entity(std::string_view name) const;
  const VariableDecl* variable(std::string_view name) const;
};

// Names as strings, for suggestions.
std::vector<std::string> names_of(const std::vector<TableDecl>& tables);
std::vector<std::string> names_of(const std::vector<EntityDecl>& entities);
std::vector<std::string> names_of(const std::vector<VariableDecl>& variables);
std::vector<std::string> names_of(const std::vector<FieldDecl>& fields);

}  // namespace atlas
