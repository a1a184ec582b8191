#include "tools/tidy/rules.h"

#include <algorithm>
#include <tuple>

namespace atlas::tidy {

Findings check_all(const Tree& tree) {
  const auto cmake_lists = tree.files.find("CMakeLists.txt");
  const ModuleTable table =
      ModuleTable::parse(cmake_lists == tree.files.end() ? "" : cmake_lists->second);
  Findings all;
  if (table.modules().empty()) {
    all.push_back({Severity::kError, "CMakeLists.txt", 0, "include-arrow", "has no module table"});
  }
  for (const Findings& group : {check_includes(tree, table), check_calls(tree), check_sizes(tree),
                                check_documents(tree, table), check_text(tree)}) {
    all.insert(all.end(), group.begin(), group.end());
  }
  std::ranges::sort(all, {}, [](const Finding& finding) {
    return std::tie(finding.path, finding.line, finding.rule, finding.message);
  });
  return all;
}

}  // namespace atlas::tidy
