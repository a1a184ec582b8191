#include "tools/tidy/tree.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>

namespace atlas::tidy {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 7> kSkippedFolders = {
    ".git", "build", ".cache", ".bench", ".local", "node_modules", "dist"};

std::string read_text(const fs::path& path) {
  if (fs::file_size(path) > kTextBytesMax) return {};
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  std::string text = std::move(out).str();
  if (text.find('\0') != std::string::npos) return {};
  return text;
}

}  // namespace

bool Tree::has(std::string_view path) const {
  while (path.ends_with('/')) path.remove_suffix(1);
  if (path.empty() || files.contains(path)) return true;
  const std::string folder = std::string(path) + '/';
  const auto first_inside = files.lower_bound(folder);
  return first_inside != files.end() && first_inside->first.starts_with(folder);
}

Tree read_tree(const fs::path& root) {
  Tree tree;
  for (auto it = fs::recursive_directory_iterator(root); it != fs::recursive_directory_iterator();
       ++it) {
    if (it->is_symlink()) continue;
    if (it->is_directory()) {
      const std::string name = it->path().filename().string();
      if (std::ranges::find(kSkippedFolders, name) != kSkippedFolders.end()) {
        it.disable_recursion_pending();
      }
    } else if (it->is_regular_file()) {
      tree.files.emplace(it->path().lexically_relative(root).generic_string(),
                         read_text(it->path()));
    }
  }
  return tree;
}

bool ends_with_any(std::string_view path, std::initializer_list<std::string_view> endings) {
  return std::ranges::any_of(endings, [&](std::string_view end) { return path.ends_with(end); });
}

bool is_header(std::string_view path) { return path.ends_with(".h"); }

bool is_source(std::string_view path) { return ends_with_any(path, {".h", ".cc"}); }

bool is_test_code(std::string_view path) {
  return ends_with_any(path, {"_test.cc", "_dbtest.cc", "_testing.h", "_testing.cc"});
}

}  // namespace atlas::tidy
