#include "tools/tidy/tree.h"

#include <gtest/gtest.h>

#include <fstream>

namespace atlas::tidy {
namespace {

TEST(Tree, HasFilesAndTheirFolders) {
  const Tree tree{{{"src/model/key.h", ""}, {"src/models.md", ""}}};
  EXPECT_TRUE(tree.has("src/model/key.h"));
  EXPECT_TRUE(tree.has("src/model"));
  EXPECT_TRUE(tree.has("src/model/"));
  EXPECT_TRUE(tree.has(""));
  EXPECT_FALSE(tree.has("src/mod"));
  EXPECT_FALSE(tree.has("src/model/key"));
}

TEST(ReadTree, LeavesOutBuildResultsAndBinaryText) {
  const std::filesystem::path root =
      std::filesystem::path(testing::TempDir()) / "tidy_tree_test_root";
  std::filesystem::remove_all(root);
  std::filesystem::create_directories(root / "src");
  std::filesystem::create_directories(root / "build");
  std::ofstream(root / "src/a.cc") << "int x;\n";
  std::ofstream(root / "src/b.png") << std::string("\0\1", 2);
  std::ofstream(root / "build/c.cc") << "int y;\n";
  const Tree tree = read_tree(root);
  std::filesystem::remove_all(root);
  const std::map<std::string, std::string, std::less<>> expected = {{"src/a.cc", "int x;\n"},
                                                                    {"src/b.png", ""}};
  EXPECT_EQ(tree.files, expected);
}

}  // namespace
}  // namespace atlas::tidy
