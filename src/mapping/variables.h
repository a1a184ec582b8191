#pragma once

// ${NAME}, ${NAME:-default}, ${NAME:?message} and ${file:path} in the scalars of a mapping file.
// `$${` is a plain `${`.

#include "foundation/result.h"
#include "mapping/compile.h"
#include "mapping/source_text.h"
#include "mapping/yaml_tree.h"

#include <string>
#include <string_view>

namespace atlas {

inline constexpr std::size_t kIncludedFileBytesMax = 64U << 10U;  // of ${file:…}: secrets are small

// `text` with every reference replaced once: what a variable holds is not looked at again. `folder`
// is where relative paths of ${file:…} begin. A value that is empty counts as missing for `:-` and
// `:?`.
//   errors  kVariableMissing; kConfigUnreadable for a file; kWrongShape for a reference that does
//   not end.
Result<std::string> substitute(std::string_view text, const Variables& variables,
                               const std::string& folder);

// The content of ${file:path}, without one newline at its end. Errors: kConfigUnreadable.
Result<std::string> read_included(std::string_view path, const std::string& folder);

// Replaces in every scalar value below `node` (keys are never touched).
void substitute_tree(YamlNode& node, const Variables& variables, const std::string& folder,
                     ProblemList& problems);

}  // namespace atlas
