#include "mapping/check_tests.h"

#include "mapping/field_cells.h"
#include "mapping/lens.h"
#include "mapping/trial.h"
#include "model/text_form.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas {
namespace {

class TestRun {
 public:
  TestRun(const TestDecl& test, const EntityPlan& entity, std::uint16_t kind, ProblemList& problems)
      : test_(test), problems_(problems), trial_(entity, kind, test.from) {}

  void run() {
    bool lawful = true;
    const auto put = [&](const TestCell& cell, Result<> done) {
      if (done) return;
      problems_.refuse(std::move(done).error(), cell.column.where);
      lawful = false;
    };
    for (const TestCell& cell : test_.given) put(cell, trial_.give(cell.column.text, cell.text));
    for (const TestCell& cell : test_.old) put(cell, trial_.give_old(cell.column.text, cell.text));
    for (const TestCell& cell : test_.expected) put(cell, want(cell));
    if (!lawful) return;
    Result<std::vector<TrialField>> fields = trial_.run();
    if (!fields) {
      problems_.refuse(std::move(fields).error(), test_.where);
    } else if (test_.refused) {
      expect_refusal(*fields);
    } else {
      expect_cells(*fields);
    }
  }

 private:
  struct Wanted {
    const TestCell* cell;
    CellRef where;
    Value value;
  };

  Result<> want(const TestCell& cell) {
    ATLAS_TRY(const CellRef where, trial_.want(cell.column.text));
    ATLAS_TRY(const Value value, trial_.parse(where, cell.column.text, cell.text));
    wanted_.push_back({&cell, where, value});
    return {};
  }

  // "a split name: ", or nothing.
  std::string name() const { return test_.name.empty() ? "" : "`" + test_.name + "`: "; }

  static std::string refusal_text(const TrialField& field) {
    return fmt::format("{} refuses the {} value: {}", field.field->name,
                       side_name(field.refused_on), field.refused);
  }

  void expect_refusal(const std::vector<TrialField>& fields) {
    std::string found;
    for (const TrialField& field : fields) {
      if (field.refused != nullptr) {
        if (test_.reason.empty() || test_.reason == field.refused) return;
        found += (found.empty() ? "" : "; ") + refusal_text(field);
        continue;
      }
      for (const TrialField::Cell& cell : field.written)
        found +=
            fmt::format("{}{} is {}", found.empty() ? "" : "; ", cell.name, value_text(cell.value));
    }
    const std::string expected = test_.reason.empty()
                                     ? std::string("a refusal")
                                     : fmt::format("a refusal for the reason `{}`", test_.reason);
    fail(test_.where, fmt::format("{} is expected; found: {}", expected, found));
  }

  void expect_cells(const std::vector<TrialField>& fields) {
    for (const TrialField& field : fields) {
      if (field.refused != nullptr) fail(test_.where, refusal_text(field));
    }
    for (const Wanted& wanted : wanted_) {
      // The last field that writes the cell has the whole of it.
      const Value* found = nullptr;
      for (const TrialField& field : fields) {
        for (const TrialField::Cell& cell : field.written) {
          if (cell.cell == wanted.where) found = &cell.value;
        }
      }
      if (found == nullptr || mid_equal(*found, wanted.value)) continue;
      fail(wanted.cell->column.where,
           fmt::format("{} is expected to be {}; found: {}", wanted.cell->column.text,
                       value_text(wanted.value), value_text(*found)));
    }
  }

  void fail(const SourcePosition& where, const std::string& why) {
    problems_.refuse(Code::kMappingTest, where, fmt::format("{}{}: {}", name(), test_.entity, why));
  }

  const TestDecl& test_;
  ProblemList& problems_;
  Trial trial_;
  std::vector<Wanted> wanted_;
};

}  // namespace

void check_tests(const Document& document, const Plan& plan, ProblemList& problems) {
  for (const TestDecl& test : document.tests) {
    const EntityPlan* entity = plan.entity(test.entity);
    if (entity == nullptr) continue;  // reported when the mapping was loaded
    std::size_t kind = 0;
    while (!test.kind.empty() && kind < entity->kinds.size() &&
           entity->kinds[kind].name != test.kind)
      ++kind;
    if (kind == entity->kinds.size()) continue;  // likewise
    TestRun(test, *entity, static_cast<std::uint16_t>(kind), problems).run();
  }
}

}  // namespace atlas
