#include "tools/tidy/rules.h"

#include <re2/re2.h>

#include <filesystem>
#include <sstream>

namespace atlas::tidy {
namespace {

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

std::string join(const std::string& folder, const std::string& path) {
  const std::string joined =
      (std::filesystem::path(folder) / path).lexically_normal().generic_string();
  return joined == "." ? "" : joined;
}

// Whether a file's path is `name` or ends in "/name".
bool is_end_of_some_path(const Tree& tree, const std::string& name) {
  const std::string end = "/" + name;
  for (const auto& [path, text] : tree.files) {
    if (path == name || path.ends_with(end)) return true;
  }
  return false;
}

class DocumentCheck {
 public:
  DocumentCheck(const Tree& tree, const std::string& path, Findings& findings)
      : tree_(tree), path_(path), folder_(folder_of(path)), findings_(findings) {}

  void run(const std::string& text) {
    std::istringstream in(text);
    bool fenced = false;
    for (std::string line; std::getline(in, line);) {
      ++line_;
      const std::size_t start = line.find_first_not_of(' ');
      if (start != std::string::npos && line.compare(start, 3, "```") == 0) {
        fenced = !fenced;
      } else if (!fenced) {
        check_links(line);
        check_names(line);
      }
    }
  }

 private:
  void report(const std::string& what) {
    findings_.push_back({Severity::kError, path_, line_, "dead-reference", what + " is not there"});
  }

  void check_links(const std::string& line) {
    static const RE2 link(R"(\]\(([^)\s#]+)(#[^)\s]*)?\))");
    static const RE2 code("`[^`]*`");
    static const RE2 absolute(R"(^([a-z]+:|/))");
    std::string prose = line;
    RE2::GlobalReplace(&prose, code, "");
    re2::StringPiece rest(prose);
    std::string target;
    while (RE2::FindAndConsume(&rest, link, &target)) {
      if (!RE2::PartialMatch(target, absolute) && !tree_.has(join(folder_, target))) report(target);
    }
  }

  // `src/...` and the like must exist; `value.h` must be the end of some file's path.
  void check_names(const std::string& line) {
    static const RE2 quoted("`([^`]+)`");
    static const RE2 placed(
        R"(^((?:src|docs|tools|cmake|examples|tests|sim|bench|deploy|fuzz|web)/[\w./-]*?)(:\d+)?$)");
    static const RE2 named(R"(^([\w./-]*\w\.(?:h|cc|inc|md|cmake))(:\d+)?$)");
    re2::StringPiece rest(line);
    std::string name;
    std::string path;
    while (RE2::FindAndConsume(&rest, quoted, &name)) {
      if (RE2::FullMatch(name, placed, &path)) {
        if (!tree_.has(path) && !tree_.has(join(folder_, path))) report(name);
      } else if (RE2::FullMatch(name, named, &path)) {
        if (!tree_.has(join(folder_, path)) && !is_end_of_some_path(tree_, path)) report(name);
      }
    }
  }

  const Tree& tree_;
  const std::string& path_;
  std::string folder_;
  Findings& findings_;
  std::size_t line_ = 0;
};

}  // namespace

Findings check_documents(const Tree& tree, const ModuleTable& table) {
  Findings findings;
  for (const Module& module : table.modules()) {
    if (tree.has(module.folder) && !tree.has(module.folder + "/README.md")) {
      findings.push_back(
          {Severity::kError, module.folder, 0, "module-readme", "the module has no README.md"});
    }
  }
  for (const auto& [path, text] : tree.files) {
    if (path.ends_with(".md")) DocumentCheck(tree, path, findings).run(text);
  }
  return findings;
}

}  // namespace atlas::tidy
