#include "tools/tidy/module_table.h"

#include <re2/re2.h>

#include <sstream>

namespace atlas::tidy {
namespace {

Module parse_module(const std::string& arguments) {
  Module module;
  std::istringstream words(arguments);
  words >> module.name;
  std::string keyword;
  for (std::string word; words >> word;) {
    if (word == "THREADS" || word == "DIR" || word == "DEPS" || word == "LIBS" ||
        word == "TEST_DEPS") {
      keyword = word;
    } else if (keyword == "DIR") {
      module.folder = word;
    } else if (keyword == "DEPS") {
      module.deps.push_back(word);
    } else if (keyword == "TEST_DEPS") {
      module.test_deps.push_back(word);
    }
  }
  if (module.folder.empty()) module.folder = "src/" + module.name;
  return module;
}

bool lies_in(std::string_view path, std::string_view folder) {
  return path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/';
}

}  // namespace

ModuleTable ModuleTable::parse(std::string_view cmake_lists) {
  static const RE2 comment("#[^\n]*");
  static const RE2 call(R"(\batlas_module\(([^)]*)\))");
  std::string text(cmake_lists);
  RE2::GlobalReplace(&text, comment, "");
  ModuleTable table;
  re2::StringPiece rest(text);
  std::string arguments;
  while (RE2::FindAndConsume(&rest, call, &arguments)) {
    table.modules_.push_back(parse_module(arguments));
  }
  return table;
}

const Module* ModuleTable::of_file(std::string_view path) const {
  for (const Module& module : modules_) {
    if (lies_in(path, module.folder)) return &module;
  }
  return nullptr;
}

const Module* ModuleTable::of_include(std::string_view include) const {
  for (const Module& module : modules_) {
    if (lies_in(include, module.name)) return &module;
  }
  return nullptr;
}

bool ModuleTable::may_include(const Module& from, const Module& to, For purpose) const {
  std::set<std::string_view> reached;
  reach(from, reached);
  if (purpose == For::kTests) {
    for (const std::string& name : from.test_deps) {
      if (const Module* dep = named(name)) reach(*dep, reached);
    }
  }
  return reached.contains(to.name);
}

const Module* ModuleTable::named(std::string_view name) const {
  for (const Module& module : modules_) {
    if (module.name == name) return &module;
  }
  return nullptr;
}

void ModuleTable::reach(const Module& from, std::set<std::string_view>& reached) const {
  if (!reached.insert(from.name).second) return;
  for (const std::string& name : from.deps) {
    if (const Module* dep = named(name)) reach(*dep, reached);
  }
}

}  // namespace atlas::tidy
