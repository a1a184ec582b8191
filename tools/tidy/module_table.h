#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace atlas::tidy {

struct Module {
  std::string name;    // as in includes: "engines/postgres"
  std::string folder;  // from the root: "src/engines/postgres"
  std::vector<std::string> deps;
  std::vector<std::string> test_deps;
};

enum class For { kProduct, kTests };

// The arrows between modules, read from the atlas_module calls of CMakeLists.txt.
class ModuleTable {
 public:
  static ModuleTable parse(std::string_view cmake_lists);

  [[nodiscard]] const std::vector<Module>& modules() const { return modules_; }

  // The module that holds the file, or null.
  [[nodiscard]] const Module* of_file(std::string_view path) const;
  // The module that an include such as "engines/postgres/oids.h" names, or null.
  [[nodiscard]] const Module* of_include(std::string_view include) const;
  // Whether `from` may include `to`: itself, its dependencies, and what those depend on.
  [[nodiscard]] bool may_include(const Module& from, const Module& to, For purpose) const;

 private:
  [[nodiscard]] const Module* named(std::string_view name) const;
  void reach(const Module& from, std::set<std::string_view>& reached) const;

  std::vector<Module> modules_;
};

}  // namespace atlas::tidy
