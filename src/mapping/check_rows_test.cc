// Level 6 of `check`: broken twins of good lenses are caught on the cells of one row.

#include "mapping/check_rows.h"

#include "mapping/lens_laws_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace atlas {
namespace {

using testing::ElementsAre;

using Get = std::function<Fit(const Lens&, Side, std::span<const Value>, Arena&, Value&)>;
using Create = std::function<Fit(const Lens&, Side, const Value&, Arena&, std::span<Value>)>;

class Twin final : public Lens {
 public:
  Twin(const LensSpec& spec, Get get, Create create)
      : good_(lens_of(spec)), get_(std::move(get)), create_(std::move(create)) {}
  Fit get(Side side, std::span<const Value> cells, Arena& arena, Value& mid) const override {
    return get_ ? get_(*good_, side, cells, arena, mid) : good_->get(side, cells, arena, mid);
  }
  Fit create(Side side, const Value& mid, std::span<const Value> old, Arena& arena,
             std::span<Value> out) const override {
    return create_ ? create_(*good_, side, mid, arena, out)
                   : good_->create(side, mid, old, arena, out);
  }
  bool handles_null() const override { return good_->handles_null(); }
  bool keeps() const override { return keeps_; }
  LawClass law() const override { return good_->law(); }
  std::string_view name() const override { return good_->name(); }
  std::size_t arity(Side side) const override { return good_->arity(side); }

  bool keeps_ = true;

 private:
  std::unique_ptr<Lens> good_;
  Get get_;
  Create create_;
};

class Trial {
 public:
  explicit Trial(std::unique_ptr<const Lens> lens, Direction direction = Direction::kBoth) {
    field_.lens = std::move(lens);
    field_.direction = direction;
    FieldColumns columns;
    columns.of[0].resize(field_.lens->arity(Side::kLegacy), {"old", false});
    columns.of[1].resize(field_.lens->arity(Side::kPlatform), {"t.new", false});
    trial_.emplace(field_, std::move(columns));
  }
  void row(Side side, std::vector<Value> cells, std::string_view key) {
    trial_->row(side, cells, key);
  }
  const FieldTrial& operator*() const { return *trial_; }
  const FieldTrial* operator->() const { return &*trial_; }

 private:
  FieldPlan field_;
  std::optional<FieldTrial> trial_;
};

LensSpec copy_spec() { return lens_spec({"old text"}, {"new text"}); }

TEST(FieldTrial, FindsNothingInALawfulField) {
  Trial trial(lens_of(copy_spec()));
  for (const char* text : {"a", "b", ""}) trial.row(Side::kLegacy, {Value::text(text)}, text);
  trial.row(Side::kLegacy, {Value::null()}, "n");
  trial.row(Side::kPlatform, {Value::text("x")}, "x");
  EXPECT_EQ(trial->rows(Side::kLegacy), 4);
  EXPECT_EQ(trial->tried(Side::kLegacy), 3) << "null alone is the engine's";
  EXPECT_FALSE(trial->broken(Side::kLegacy));
  EXPECT_FALSE(trial->broken(Side::kPlatform));
  EXPECT_TRUE(trial->unfit(Side::kLegacy).empty());
}

// create() drops what follows a dash: PutGet, told by the smallest of the rows that lose something.
TEST(FieldTrial, ShowsTheSmallestRowThatLosesSomething) {
  Trial trial(std::make_unique<Twin>(
      copy_spec(), Get{},
      [](const Lens&, Side side, const Value& mid, Arena&, std::span<Value> out) {
        out[0] = mid;
        if (side == Side::kPlatform)
          out[0] = Value::text(mid.as_text().substr(0, mid.as_text().find('-')));
        return Fit{};
      }));
  for (const char* text : {"plain", "zz-zz", "b-long", "b-x", "a-x", "c-x"})
    trial.row(Side::kLegacy, {Value::text(text)}, text);
  const auto& broken = trial->broken(Side::kLegacy);
  ASSERT_TRUE(broken);
  EXPECT_EQ(broken->rows, 5);
  EXPECT_EQ(broken->law, Law::kPutGet);
  EXPECT_EQ(broken->smallest.key, "a-x");
  EXPECT_EQ(broken->smallest.shown, "old=\"a-x\"");
  EXPECT_THAT(broken->images,
              ElementsAre("legacy edited     old=\"a-x\"", "platform written  t.new=\"a\"",
                          "legacy re-read    old=\"a\""));
}

TEST(FieldTrial, FindsARowThatItsOwnValueWouldChange) {
  auto twin = std::make_unique<Twin>(
      lens_spec({"old text"}, {"new text"}, CopyOp{}, {Canon::kTrim}), Get{}, Create{});
  twin->keeps_ = false;
  Trial trial(std::move(twin));
  trial.row(Side::kLegacy, {Value::text("a")}, "1");
  trial.row(Side::kLegacy, {Value::text(" a")}, "2");
  const auto& broken = trial->broken(Side::kLegacy);
  ASSERT_TRUE(broken);
  EXPECT_EQ(broken->rows, 1);
  EXPECT_EQ(broken->law, Law::kGetPut);
  EXPECT_THAT(broken->images,
              ElementsAre("legacy has            old=\" a\"", "legacy written again  old=\"a\""));
}

TEST(FieldTrial, FindsALensThatAnswersDifferently) {
  Trial trial(std::make_unique<Twin>(
      copy_spec(),
      [n = std::make_shared<int>(0)](const Lens&, Side, auto, Arena& arena, Value& mid) {
        mid = Value::text(arena.copy(std::to_string(++*n)));
        return Fit{};
      },
      Create{}));
  trial.row(Side::kPlatform, {Value::text("a")}, "1");
  ASSERT_TRUE(trial->broken(Side::kPlatform));
  EXPECT_EQ(trial->broken(Side::kPlatform)->law, Law::kPure);
}

TEST(FieldTrial, CountsWhatDoesNotFitByReason) {
  Trial trial(lens_of(lens_spec({"old int4"}, {"new text"}, EnumOp{{{"1", "one"}}, {}, {}})));
  trial.row(Side::kLegacy, {Value::integer(1)}, "1");
  trial.row(Side::kLegacy, {Value::integer(19)}, "2");
  trial.row(Side::kLegacy, {Value::integer(9)}, "3");
  const auto& unfit = trial->unfit(Side::kLegacy);
  ASSERT_EQ(unfit.size(), 1U);
  EXPECT_EQ(unfit.begin()->first, FieldTrial::Why("no entry for this code", false));
  EXPECT_EQ(unfit.begin()->second.rows, 2);
  EXPECT_EQ(unfit.begin()->second.smallest.shown, "old=9");
  EXPECT_FALSE(trial->broken(Side::kLegacy));
}

TEST(FieldTrial, CountsWhatTheOtherSideCannotHold) {
  Trial trial(lens_of(lens_spec({"old text"}, {"new varchar(3)"})));
  trial.row(Side::kLegacy, {Value::text("abcd")}, "1");
  const auto& unfit = trial->unfit(Side::kLegacy);
  ASSERT_EQ(unfit.size(), 1U);
  EXPECT_EQ(unfit.begin()->first, FieldTrial::Why("the text is longer than the column", true));
}

TEST(FieldTrial, OfAOneWayFieldWritesNothingBack) {
  Trial trial(lens_of(lens_spec({"old text"}, {"new text"}, TruncateOp{1})),
              Direction::kToPlatform);
  trial.row(Side::kLegacy, {Value::text("abc")}, "1");
  trial.row(Side::kPlatform, {Value::text("abc")}, "1");
  EXPECT_FALSE(trial->broken(Side::kLegacy));
  EXPECT_FALSE(trial->broken(Side::kPlatform));
  EXPECT_TRUE(trial->unfit(Side::kLegacy).empty());
  EXPECT_TRUE(trial->unfit(Side::kPlatform).empty());
}

TEST(FieldTrial, HidesWhatIsPrivateAndCutsWhatIsLong) {
  FieldPlan field;
  field.lens = std::make_unique<Twin>(
      lens_spec({"a text", "b text"}, {"new text"}, JoinOp{" ", Side::kPlatform}),
      [](const Lens&, Side, auto, Arena&, Value&) { return Fit{"no"}; }, Create{});
  FieldColumns columns;
  columns.of[0] = {{"a", true}, {"b", false}};
  columns.of[1] = {{"t.new", false}};
  FieldTrial trial(field, columns);
  const std::string text(200, 'x');
  const std::vector<Value> cells = {Value::text("hidden"), Value::text(text)};
  trial.row(Side::kLegacy, cells, "1");
  EXPECT_EQ(trial.unfit(Side::kLegacy).begin()->second.smallest.shown,
            "a=***  b=\"" + std::string(80, 'x') + "\"…");
}

TEST(FieldTrial, OfARowThatIsDeletedFindsNothingUnfit) {
  FieldPlan field;
  field.lens = lens_of(lens_spec({"old int4"}, {"new text"}, EnumOp{{{"1", "one"}}, {}, {}}));
  FieldTrial trial(field, {});
  const Value nine = Value::integer(9);
  trial.row(Side::kLegacy, {&nine, 1}, "1", false);
  EXPECT_TRUE(trial.unfit(Side::kLegacy).empty());
}

}  // namespace
}  // namespace atlas
