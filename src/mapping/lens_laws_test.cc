// Every operator keeps the laws on the edges of its types and on random cells.

#include "mapping/lens_laws_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace atlas {
namespace {

class LensLaws : public testing::TestWithParam<std::size_t> {
 protected:
  const LawCase& the_case() const { return law_cases()[GetParam()]; }
};

TEST_P(LensLaws, HoldOnEdges) {
  const auto lens = lens_of(the_case().spec);
  LawCount count;
  EXPECT_EQ(broken_on_edges(*lens, the_case(), count), std::nullopt) << the_case().name;
  // The laws say nothing about cells that do not fit: some must.
  EXPECT_GT(count.read, count.samples / 20) << the_case().name;
  EXPECT_GT(count.written, count.samples / 20) << the_case().name;
}

rc::Gen<CellTexts> any_cells(const std::vector<LensColumn>& columns,
                             const std::vector<CellTexts>& likely) {
  return rc::gen::exec([=] {
    CellTexts out;
    for (std::size_t i = 0; i < columns.size(); ++i)
      out.push_back(*any_cell(columns[i], i < likely.size() ? likely[i] : CellTexts{}));
    return out;
  });
}

TEST_P(LensLaws, HoldOnRandomCells) {
  const LawCase& law = the_case();
  const auto lens = lens_of(law.spec);
  LawCount count;
  EXPECT_TRUE(rc::check(law.name, [&] {
    const CellTexts legacy = *any_cells(law.spec.legacy, law.legacy);
    const CellTexts platform = *any_cells(law.spec.platform, law.platform);
    const auto broken = broken_law(*lens, law.spec, legacy, platform, count);
    if (broken) RC_FAIL(*broken);
  }));
  EXPECT_GT(count.read, 0) << law.name;
}

INSTANTIATE_TEST_SUITE_P(Cases, LensLaws, testing::Range<std::size_t>(0, law_cases().size()),
                         [](const auto& instance) {
                           std::string name = law_cases()[instance.param].name;
                           for (char& c : name) {
                             if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
                           }
                           return std::to_string(instance.param) + "_" + name;
                         });

}  // namespace
}  // namespace atlas
