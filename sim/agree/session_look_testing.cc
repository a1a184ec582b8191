#include "sim/agree/session_testing.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas::agree {

void Session::look(const Step& step) {
  std::unique_ptr<Snapshot> fresh;
  if (!step.kept || !kept_) fresh = must(endpoint(step).snapshot());
  Snapshot& snapshot = fresh ? *fresh : *kept_;
  TableShape& of = shape(step);
  if (step.op == Op::kChanged)
    return pages(step, of,
                 [&](const StampPosition& from) { return snapshot.changed(of, from, step.limit); });
  if (step.op == Op::kKeys)
    return pages(step, of, [&](const StampPosition& from) {
      return snapshot.keys(of, from.key, step.limit);
    });
  std::vector<Key> keys;
  for (const auto& key : step.keys) keys.push_back(key_of(key));
  const std::vector<KeyView> views(keys.begin(), keys.end());
  if (step.op == Op::kReferred) {
    of.key = {of.column(step.columns.front())};
    std::optional<std::uint32_t> alive;
    if (step.columns.size() > 1) alive = of.column(step.columns[1]);
    const auto found = snapshot.referred(of, views, alive);
    if (!found) return say(found.error());
    for (const std::size_t i : *found) say(fmt::format("{} is referred to", key_text(views[i])));
    return;
  }
  const auto found = step.op == Op::kRead ? snapshot.read(of, views)
                                          : snapshot.scan(of, key_of(step.key), step.limit);
  if (!found) return say(found.error());
  std::vector<std::string> out;
  for (std::size_t i = 0; i < found->size(); ++i) {
    out.push_back(canon_.cells(found->row(i)) + " " +
                  canon_.version(of.table.name, found->key(i), found->version(i)));
  }
  if (step.op == Op::kRead) std::ranges::sort(out);  // it is looked up by key
  for (std::string& line : out) say(std::move(line));
}

void Session::pages(const Step& step, const TableShape& of, const PageAfter& page) {
  Arena arena;
  StampPosition at;
  if (step.op == Op::kChanged && !step.key.empty()) {
    at.stamp = value_of(step.key.front());
    at.key = key_of({step.key.begin() + 1, step.key.end()});
  } else {
    at.key = key_of(step.key);
  }
  for (int i = 0; i < 100; ++i) {
    const Result<KeyPage> found = page(at);
    if (!found) return say(found.error());
    std::string line;
    for (const KeyVersion& one : found->keys) {
      line += fmt::format("{} at {} {}, ", key_text(one.key), canon_.value(one.stamp),
                          canon_.version(of.table.name, one.key, one.version));
    }
    say(line + (found->end ? "end" : "more"));
    if (found->end) return;
    if (found->keys.empty()) return say("an empty page is not the end");
    at = {found->keys.back().stamp.copy_to(arena), Key(found->keys.back().key)};
  }
}

}  // namespace atlas::agree
