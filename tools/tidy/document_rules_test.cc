#include "tools/tidy/rules_testing.h"

#include <gtest/gtest.h>

namespace atlas::tidy {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> check(std::string text) {
  const Tree tree{{{"docs/guide.md", std::move(text)},
                   {"docs/formats/intent.md", ""},
                   {"src/model/key.h", ""},
                   {"README.md", ""}}};
  return briefly(check_documents(tree, ModuleTable{}));
}

TEST(DocumentRules, LinksLeadToFiles) {
  EXPECT_THAT(check("[a](formats/intent.md#top) [b](../README.md) [c](https://x.y) [d](#here)\n"
                    "[folder](formats/) [root](..)\n"),
              IsEmpty());
  EXPECT_THAT(check("one\n[a](formats/lost.md)\n"), ElementsAre("docs/guide.md:2 dead-reference"));
}

TEST(DocumentRules, NamedFilesExist) {
  EXPECT_THAT(check("`src/model/key.h`, `src/model/key.h:12`, `src/model/`, `model/key.h`, `key.h`,"
                    " `src/*/README.md`, `atlas.yaml`, `./dev test`\n"),
              IsEmpty());
  EXPECT_THAT(check("`src/model/lost.h`\n`lost.h`\n`tests/lost`\n"),
              ElementsAre("docs/guide.md:1 dead-reference", "docs/guide.md:2 dead-reference",
                          "docs/guide.md:3 dead-reference"));
}

TEST(DocumentRules, ExamplesInFencesAreFree) {
  EXPECT_THAT(check("```\n[a](lost.md) `src/lost.h`\n```\n"), IsEmpty());
}

TEST(DocumentRules, EveryModuleHasAReadme) {
  const Tree tree{{{"src/model/key.h", ""}, {"src/state/README.md", ""}}};
  const ModuleTable table =
      ModuleTable::parse("atlas_module(model) atlas_module(state) atlas_module(later)");
  EXPECT_THAT(briefly(check_documents(tree, table)), ElementsAre("src/model:0 module-readme"));
}

}  // namespace
}  // namespace atlas::tidy
