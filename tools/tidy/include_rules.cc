#include "tools/tidy/rules.h"
#include "tools/tidy/source_text.h"

#include <algorithm>
#include <array>
#include <optional>

namespace atlas::tidy {
namespace {

// fmt belongs to the vocabulary of src/foundation: its headers may offer formatters.
constexpr std::string_view kFormatterHeaders = "fmt/";

// The modules whose results must not depend on the order of an unordered container.
constexpr std::array<std::string_view, 4> kOrderedFolders = {"src/capture/", "src/resolve/",
                                                             "src/apply/", "src/flow/"};

// A header of the standard library is a word without dot and slash.
bool is_standard(std::string_view header) {
  return header.find_first_of("./") == std::string_view::npos;
}

// "src/model/value.cc" -> "model/value.h"; also for the _testing pairs.
std::string own_header(std::string_view path, const Module& module) {
  const std::string_view inside = path.substr(module.folder.size());
  return module.name + std::string(inside.substr(0, inside.size() - 3)) + ".h";
}

class FileCheck {
 public:
  FileCheck(const Tree& tree, const ModuleTable& table, const std::string& path,
            const std::string& text, Findings& findings)
      : tree_(tree),
        table_(table),
        path_(path),
        module_(table.of_file(path)),
        lines_(split_source(text)),
        findings_(findings) {}

  void run() {
    bool first = true;
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      const std::optional<Include> include = include_on(lines_[i]);
      if (!include) continue;
      if (first) check_own_header(*include, i);
      first = false;
      if (include->quoted) {
        check_project_include(*include, i);
      } else {
        check_system_include(*include, i);
      }
    }
    if (is_header(path_)) check_pragma_once();
  }

 private:
  void report(std::size_t index, std::string_view rule, std::string message) {
    if (index < lines_.size() && allowed(lines_, index, rule)) return;
    findings_.push_back(
        {Severity::kError, path_, index + 1, std::string(rule), std::move(message)});
  }

  void check_own_header(const Include& include, std::size_t index) {
    if (!path_.ends_with(".cc") || module_ == nullptr) return;
    const std::string own = own_header(path_, *module_);
    const std::string own_path = module_->folder + own.substr(module_->name.size());
    if (tree_.has(own_path) && include.path != own) {
      report(index, "include-form", "include \"" + own + "\" first");
    }
  }

  void check_project_include(const Include& include, std::size_t index) {
    if (include.path.find("../") != std::string::npos) {
      report(index, "include-form", "\"" + include.path + "\" climbs out of its folder");
      return;
    }
    if (module_ == nullptr) return;
    const Module* target = table_.of_include(include.path);
    if (target == nullptr) {
      report(index, "include-form", "\"" + include.path + "\" does not start with a module");
      return;
    }
    const bool test_code = is_test_code(path_);
    if (!table_.may_include(*module_, *target, test_code ? For::kTests : For::kProduct)) {
      report(index, "include-arrow", module_->name + " may not include " + target->name);
    }
    if (!test_code && include.path.ends_with("_testing.h")) {
      report(index, "include-arrow", "\"" + include.path + "\" is for tests only");
    }
  }

  void check_system_include(const Include& include, std::size_t index) {
    const std::string& header = include.path;
    if (path_.starts_with("src/") && is_header(path_) && !is_test_code(path_) &&
        !is_standard(header) &&
        !(header.starts_with(kFormatterHeaders) && path_.starts_with("src/foundation/"))) {
      report(index, "third-party-header", "<" + header + "> belongs in a .cc file");
    }
    const bool ordered = std::ranges::any_of(
        kOrderedFolders, [&](std::string_view folder) { return path_.starts_with(folder); });
    if (ordered && (header == "unordered_map" || header == "unordered_set") &&
        !is_test_code(path_) && lines_[index].comment.find("// lookup only") == std::string::npos) {
      report(index, "unordered", "say `// lookup only`, or take a container with an order");
    }
  }

  void check_pragma_once() {
    for (const Line& line : lines_) {
      const std::size_t start = line.code.find_first_not_of(' ');
      if (start == std::string::npos) continue;
      if (line.code.substr(start).starts_with("#pragma once")) return;
      break;
    }
    report(0, "pragma-once", "a header starts with #pragma once");
  }

  const Tree& tree_;
  const ModuleTable& table_;
  const std::string& path_;
  const Module* module_;
  std::vector<Line> lines_;
  Findings& findings_;
};

}  // namespace

Findings check_includes(const Tree& tree, const ModuleTable& table) {
  Findings findings;
  for (const auto& [path, text] : tree.files) {
    if (is_source(path)) FileCheck(tree, table, path, text, findings).run();
  }
  return findings;
}

}  // namespace atlas::tidy
