#include "tools/tidy/rules_testing.h"

#include <gtest/gtest.h>

namespace atlas::tidy {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> check(std::string path, std::string text) {
  static const ModuleTable table = ModuleTable::parse(
      "atlas_module(foundation) atlas_module(model DEPS foundation)"
      "atlas_module(resolve DEPS model TEST_DEPS mapping) atlas_module(mapping DEPS model)");
  return briefly(check_includes(one_file(std::move(path), std::move(text)), table));
}

TEST(IncludeRules, AcceptAnArrowOfTheTable) {
  EXPECT_THAT(check("src/resolve/a.cc", "#include \"foundation/result.h\"\n"), IsEmpty());
}

TEST(IncludeRules, RefuseAnArrowOutsideTheTable) {
  EXPECT_THAT(check("src/resolve/a.cc", "#include \"mapping/plan.h\"\n"),
              ElementsAre("src/resolve/a.cc:1 include-arrow"));
}

TEST(IncludeRules, LetTestsIncludeWhatOnlyTestsDependOn) {
  EXPECT_THAT(check("src/resolve/a_test.cc", "#include \"mapping/plan.h\"\n"), IsEmpty());
}

TEST(IncludeRules, KeepTestSupportOutOfTheProduct) {
  EXPECT_THAT(check("src/resolve/a.cc", "#include \"model/rows_testing.h\"\n"),
              ElementsAre("src/resolve/a.cc:1 include-arrow"));
  EXPECT_THAT(check("src/resolve/a_test.cc", "#include \"model/rows_testing.h\"\n"), IsEmpty());
}

TEST(IncludeRules, WantIncludesFromTheModule) {
  EXPECT_THAT(check("src/model/a.cc", "#include \"../foundation/result.h\"\n#include \"key.h\"\n"),
              ElementsAre("src/model/a.cc:1 include-form", "src/model/a.cc:2 include-form"));
}

TEST(IncludeRules, WantTheOwnHeaderFirst) {
  const Tree tree{{{"src/model/a.h", "#pragma once\n"},
                   {"src/model/a.cc", "#include <vector>\n#include \"model/a.h\"\n"}}};
  EXPECT_THAT(briefly(check_includes(tree, ModuleTable::parse("atlas_module(model)"))),
              ElementsAre("src/model/a.cc:1 include-form"));
}

TEST(IncludeRules, KeepThirdPartyOutOfHeaders) {
  const std::string text = "#pragma once\n#include <vector>\n#include <yaml-cpp/yaml.h>\n";
  EXPECT_THAT(check("src/model/a.h", text), ElementsAre("src/model/a.h:3 third-party-header"));
  EXPECT_THAT(check("src/model/a_testing.h", text), IsEmpty());
  EXPECT_THAT(check("src/model/a.cc", text), IsEmpty());
}

TEST(IncludeRules, LetFoundationOfferFormatters) {
  const std::string text = "#pragma once\n#include <fmt/core.h>\n";
  EXPECT_THAT(check("src/foundation/a.h", text), IsEmpty());
  EXPECT_THAT(check("src/model/a.h", text), ElementsAre("src/model/a.h:2 third-party-header"));
}

TEST(IncludeRules, WantPragmaOnceBeforeAllCode) {
  EXPECT_THAT(check("src/model/a.h", "// Words.\n#pragma once\n"), IsEmpty());
  EXPECT_THAT(check("src/model/a.h", "#include <vector>\n"),
              ElementsAre("src/model/a.h:1 pragma-once"));
  EXPECT_THAT(check("src/model/a.h", ""), ElementsAre("src/model/a.h:1 pragma-once"));
}

TEST(IncludeRules, WantUnorderedContainersForLookupOnly) {
  EXPECT_THAT(check("src/resolve/a.cc", "#include <unordered_map>\n"),
              ElementsAre("src/resolve/a.cc:1 unordered"));
  EXPECT_THAT(check("src/resolve/a.cc", "#include <unordered_map>  // lookup only\n"), IsEmpty());
  EXPECT_THAT(check("src/mapping/a.cc", "#include <unordered_map>\n"), IsEmpty());
}

}  // namespace
}  // namespace atlas::tidy
