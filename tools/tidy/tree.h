#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace atlas::tidy {

// The files of a checkout by their path from its root, with '/'. The text of a file that is not
// text, or is larger than kTextBytesMax, is left empty.
struct Tree {
  std::map<std::string, std::string, std::less<>> files;

  // Whether a file or a folder of that path exists. "" is the root.
  [[nodiscard]] bool has(std::string_view path) const;
};

inline constexpr std::size_t kTextBytesMax = 2 << 20;

// Reads the checkout at `root` without build results and version control.
// Throws std::filesystem::filesystem_error where it cannot be read.
Tree read_tree(const std::filesystem::path& root);

bool ends_with_any(std::string_view path, std::initializer_list<std::string_view> endings);
bool is_header(std::string_view path);
bool is_source(std::string_view path);
// Tests, and what only tests link: *_test.cc, *_dbtest.cc, *_testing.h, *_testing.cc.
bool is_test_code(std::string_view path);

}  // namespace atlas::tidy
