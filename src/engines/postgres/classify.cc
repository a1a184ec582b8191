#include "engines/postgres/classify.h"

#include <algorithm>

namespace atlas::postgres {
namespace {

struct Row {
  std::string_view sqlstate;  // five characters, or a class of two
  Code code;
};

// Exact states come before their class. PostgreSQL manual, appendix A.
constexpr Row kTable[] = {
    {"08", Code::kConnectionLost},
    {"0A", Code::kSchemaDrift},  // "cached plan must not change result type"
    {"21", Code::kInternal},
    {"22021", Code::kEncoding},
    {"22P05", Code::kEncoding},
    {"2200H", Code::kDatabaseFailed},  // a sequence is exhausted: not this row's fault
    {"22", Code::kOutsideDomain},
    {"23505", Code::kUniqueTaken},
    {"23", Code::kConstraintViolated},
    {"25006", Code::kReadOnlyServer},
    {"25P03", Code::kTimeout},
    {"25", Code::kInternal},
    {"26", Code::kPoolerRefused},  // our prepared statement is not on this server connection
    {"27", Code::kTriggerRaised},
    {"28", Code::kLoginRefused},
    {"2F", Code::kTriggerRaised},
    {"38", Code::kTriggerRaised},
    {"39", Code::kTriggerRaised},
    {"3D", Code::kDatabaseMissing},
    {"3F", Code::kTableMissing},
    {"40", Code::kSerialization},
    {"42501", Code::kPrivilegeMissing},
    {"42P01", Code::kTableMissing},
    {"42703", Code::kColumnMissing},
    {"428C9", Code::kSchemaDrift},  // the column became a generated one
    {"42", Code::kSchemaDrift},
    {"44", Code::kConstraintViolated},
    {"53100", Code::kDiskFull},
    {"53300", Code::kUnreachable},
    {"53", Code::kDatabaseFailed},
    {"54", Code::kOutsideDomain},  // an index row or a document beyond the server's limits
    {"55P03", Code::kTimeout},
    {"55", Code::kDatabaseFailed},
    {"57014", Code::kTimeout},
    {"57P", Code::kConnectionLost},
    {"57", Code::kDatabaseFailed},
    {"58030", Code::kDiskFull},
    {"58", Code::kDatabaseFailed},
    {"72", Code::kDatabaseFailed},
    {"F0", Code::kDatabaseFailed},
    {"HV", Code::kDatabaseFailed},
    {"P0", Code::kTriggerRaised},
    {"XX", Code::kDatabaseFailed},
    {"0B", Code::kInternal},
    {"2B", Code::kInternal},
    {"2D", Code::kInternal},
    {"34", Code::kInternal},
    {"3B", Code::kInternal},
};

}  // namespace

Code classify(std::string_view sqlstate, const ErrorSource& source) {
  // Row security under row_security = off shares its state with missing privileges.
  if (sqlstate == "42501" && source.function == "check_enable_rls") return Code::kRowsHidden;
  // A trigger that names a missing table is the trigger's defect, not a drift of what we use.
  const bool names_things = sqlstate.starts_with("42") || sqlstate.starts_with("0A");
  if (source.in_function && names_things && sqlstate != "42501") return Code::kTriggerRaised;
  const auto* row = std::find_if(std::begin(kTable), std::end(kTable),
                                 [&](const Row& r) { return sqlstate.starts_with(r.sqlstate); });
  return row == std::end(kTable) ? Code::kTriggerRaised : row->code;
}

}  // namespace atlas::postgres
