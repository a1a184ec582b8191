#include "mapping/check_rows.h"

#include "mapping/lens_number.h"
#include "mapping/lens_reasons.h"
#include "model/text_form.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas {
namespace {

constexpr std::size_t kShownBytesMax = 80;

bool all_null(std::span<const Value> cells) { return std::ranges::all_of(cells, &Value::is_null); }

// Reasons that speak of the lens and not of the value: a run refuses the value, but there is no
// value that the operator should refuse so.
bool loses(const Fit& fit) {
  if (fit.ok()) return false;
  const std::string_view text = fit.reason;
  return text == reason::kLost || text == reason::kNotUndone;
}

bool impure(const Fit& fit) {
  return !fit.ok() && std::string_view(fit.reason) == reason::kLuaImpure;
}

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80; }

std::string shown_value(const Value& value) {
  if (value.is_null()) return "null";
  std::string text = value_text(value);
  std::string_view more;
  if (text.size() > kShownBytesMax) {
    std::size_t end = kShownBytesMax;
    while (end > 0 && is_continuation(text[end])) --end;
    text.resize(end);
    more = "…";
  }
  if (is_number(value.tag()) || value.tag() == Tag::kBool) return text + std::string(more);
  return fmt::format("{:?}{}", text, more);
}

std::string texts_of(std::span<const Value> cells) {
  std::string out;
  for (const Value& cell : cells) {
    if (!cell.is_null()) append_value_text(out, cell);
    out += '\n';
  }
  return out;
}

}  // namespace

void FieldTrial::row(Side side, std::span<const Value> cells, std::string_view key, bool live) {
  ++sides_[index(side)].rows;
  // Nulls alone are the engine's.
  if (all_null(cells) && !field_->lens->handles_null()) return;
  arena_.clear();
  try_row({side, cells, key, live});
}

void FieldTrial::try_row(const Row& row) {
  const Lens& lens = *field_->lens;
  Value mid;
  Value again;
  const Fit fit = lens.get(row.side, row.cells, arena_, mid);
  const Fit second = lens.get(row.side, row.cells, arena_, again);
  if (impure(fit) || fit.ok() != second.ok() || (fit.ok() && !mid_equal(mid, again))) {
    return note_broken(row, Law::kPure,
                       {{fmt::format("{} has", side_name(row.side)), shown(row.side, row.cells)}});
  }
  if (!fit.ok()) return note_unfit(row, fit.reason, false);
  ++sides_[index(row.side)].tried;
  const Direction away = row.side == Side::kLegacy ? Direction::kToPlatform : Direction::kToLegacy;
  // The target of a one-way field is only looked at.
  if (field_->direction != Direction::kBoth && field_->direction != away) return;
  if (field_->direction == Direction::kBoth) try_own_side(row, mid);
  try_other_side(row, mid);
}

void FieldTrial::try_own_side(const Row& row, const Value& mid) {
  Cells out;
  const Fit kept = put(row.side, mid, row.cells, out);
  if (!kept.ok() || !std::ranges::equal(out, row.cells)) {
    return note_broken(row, Law::kGetPut,
                       {{fmt::format("{} has", side_name(row.side)), shown(row.side, row.cells)},
                        {fmt::format("{} written again", side_name(row.side)),
                         kept.ok() ? shown(row.side, out) : kept.reason}});
  }
  // The other side may come back to this value after it had another one.
  const Fit made = put(row.side, mid, {}, out);
  const bool lost = loses(made) || (made.ok() && !reads_as(row.side, out, mid));
  if (!lost) return;
  const Side there = other(row.side);
  Cells edited;
  const bool sent = put(there, mid, {}, edited).ok();
  note_broken(row, Law::kPutGet,
              {{fmt::format("{} edited", side_name(there)),
                sent ? shown(there, edited) : "(what the row below stands for)"},
               {fmt::format("{} written", side_name(row.side)), shown(row.side, out)},
               {fmt::format("{} re-read", side_name(there)), reread(there, row.side, out)}});
}

void FieldTrial::try_other_side(const Row& row, const Value& mid) {
  const Side there = other(row.side);
  Cells out;
  const Fit fit = put(there, mid, {}, out);
  const bool lost = loses(fit) || (fit.ok() && !reads_as(there, out, mid));
  if (lost) {
    return note_broken(
        row, Law::kPutGet,
        {{fmt::format("{} edited", side_name(row.side)), shown(row.side, row.cells)},
         {fmt::format("{} written", side_name(there)), shown(there, out)},
         {fmt::format("{} re-read", side_name(row.side)), reread(row.side, there, out)}});
  }
  if (!fit.ok()) return note_unfit(row, fit.reason, true);
  Cells second;
  const Fit again = put(there, mid, out, second);
  if (again.ok() && second == out) return;
  note_broken(row, Law::kSecondTrip,
              {{fmt::format("{} has", side_name(row.side)), shown(row.side, row.cells)},
               {fmt::format("{} written", side_name(there)), shown(there, out)},
               {fmt::format("{} written again", side_name(there)),
                again.ok() ? shown(there, second) : again.reason}});
}

Fit FieldTrial::put(Side side, const Value& mid, std::span<const Value> old, Cells& out) {
  out.assign(field_->lens->arity(side), Value::null());
  return field_->lens->put(side, mid, old, arena_, out);
}

bool FieldTrial::reads_as(Side side, std::span<const Value> cells, const Value& mid) {
  const Lens& lens = *field_->lens;
  if (all_null(cells) && !lens.handles_null()) return mid.is_null();
  Value back;
  return lens.get(side, cells, arena_, back).ok() && mid_equal(back, mid);
}

// What `side` shows of the cells that were written `from` the other.
std::string FieldTrial::reread(Side side, Side from, std::span<const Value> cells) {
  Value mid;
  const Fit read = field_->lens->get(from, cells, arena_, mid);
  if (!read.ok()) return fmt::format("({})", read.reason);
  Cells out(field_->lens->arity(side));
  const Fit made = field_->lens->create(side, mid, {}, arena_, out);
  return made.ok() || loses(made) ? shown(side, out) : fmt::format("({})", made.reason);
}

bool FieldTrial::take_if_smaller(const Row& row, SmallestRow& smallest, bool first) const {
  std::string texts = texts_of(row.cells);
  const bool smaller =
      first || std::pair(texts.size(), std::string_view(texts)) <
                   std::pair(smallest.texts.size(), std::string_view(smallest.texts));
  if (smaller) smallest = {std::move(texts), shown(row.side, row.cells), std::string(row.key)};
  return smaller;
}

void FieldTrial::note_unfit(const Row& row, const char* reason, bool on_other_side) {
  if (!row.live) return;
  UnfitRows& unfit = sides_[index(row.side)].unfit[Why(reason, on_other_side)];
  ++unfit.rows;
  (void)take_if_smaller(row, unfit.smallest, unfit.rows == 1);
}

void FieldTrial::note_broken(const Row& row, Law law,
                             const std::vector<std::pair<std::string, std::string>>& seen) {
  std::optional<BrokenRows>& broken = sides_[index(row.side)].broken;
  const bool first = !broken;
  if (first) broken.emplace();
  // A row may break two laws: it is counted once.
  if (!first && broken->last_key == row.key) return;
  broken->last_key = row.key;
  ++broken->rows;
  if (!take_if_smaller(row, broken->smallest, first)) return;
  broken->law = law;
  broken->images.clear();
  std::size_t width = 0;
  for (const auto& [who, what] : seen) width = std::max(width, who.size());
  for (const auto& [who, what] : seen)
    broken->images.push_back(fmt::format("{:{}}  {}", who, width, what));
}

std::string FieldTrial::shown(Side side, std::span<const Value> cells) const {
  const auto& columns = columns_.of[index(side)];
  std::string out;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const bool hidden = i < columns.size() && columns[i].hidden;
    out += fmt::format("{}{}={}", i == 0 ? "" : "  ", i < columns.size() ? columns[i].name : "?",
                       hidden ? "***" : shown_value(cells[i]));
  }
  return out;
}

}  // namespace atlas
