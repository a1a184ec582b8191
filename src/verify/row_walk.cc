#include "verify/row_walk.h"

#include "verify/page_size.h"

#include <algorithm>
#include <numeric>
#include <optional>

namespace atlas {
namespace {

constexpr std::size_t kPageRows = 500;
constexpr std::size_t kPageKeys = 10'000;

}  // namespace

void KeySample::offer(KeyView key) {
  if (offered_++ % stride_ != 0) return;
  kept_.emplace_back(key);
  if (kept_.size() < 2 * most_) return;
  // Every second one goes, and from now on every second one is left out.
  std::size_t to = 1;
  for (std::size_t from = 2; from < kept_.size(); from += 2) kept_[to++] = std::move(kept_[from]);
  kept_.resize(to);
  stride_ *= 2;
}

std::vector<Key> KeySample::take(std::size_t n) && {
  if (kept_.size() <= n) return std::move(kept_);
  std::vector<Key> out;
  out.reserve(n);
  for (std::size_t i = 0; i < n; ++i) out.push_back(std::move(kept_[i * kept_.size() / n]));
  return out;
}

std::vector<std::size_t> shares(const std::vector<std::size_t>& sizes, std::size_t most) {
  std::vector<std::size_t> order(sizes.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return sizes[i]; });
  std::vector<std::size_t> out(sizes.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    out[order[i]] = std::min(sizes[order[i]], most / (order.size() - i));
    most -= out[order[i]];
  }
  return out;
}

Result<Snapshot*> RowWalk::snapshot(EndpointIndex endpoint) {
  Open& open = opened_[endpoint];
  if (open.snapshot == nullptr) {
    ATLAS_TRY(open.endpoint, open_(endpoint));
    ATLAS_TRY(open.snapshot, open.endpoint->snapshot());
  }
  return open.snapshot.get();
}

std::vector<RowWalk::Root> RowWalk::roots(Side side) const {
  if (side == Side::kPlatform) return {{.part = 1, .kind = 0}};
  std::vector<Root> out;
  out.reserve(mapper_.entity().kinds.size());
  for (std::size_t kind = 0; kind < mapper_.entity().kinds.size(); ++kind)
    out.push_back({.part = 0, .kind = static_cast<std::uint16_t>(kind)});
  return out;
}

Result<WalkedRows> RowWalk::walk(Side side, const Visit& visit) {
  const std::vector<Root> all = roots(side);
  if (options_.most > 0) return walk_sample(all, visit);
  WalkedRows sum;
  for (const Root& root : all) {
    ATLAS_TRY(const WalkedRows one, walk_all(root, visit));
    sum.rows += one.rows;
    sum.all += one.all;
    sum.oversized += one.oversized;
  }
  return sum;
}

Result<WalkedRows> RowWalk::walk_all(const Root& root, const Visit& visit) {
  const EntityPlan& entity = mapper_.entity();
  ATLAS_TRY(Snapshot * view, snapshot(entity.endpoint(root.part, root.kind)));
  WalkedRows walked;
  PageSize page(kPageRows);
  for (Key after;;) {
    ATLAS_TRY(const Rows rows, view->scan(entity.shape(root.part, root.kind), after, page.rows()));
    if (rows.size() == 0) return walked;
    after = Key(rows.key(rows.size() - 1));
    walked.all += static_cast<std::int64_t>(rows.size());
    ATLAS_TRY(const std::size_t bytes, show(root, rows, walked, visit));
    page.learn(rows.size(), bytes);
  }
}

Result<KeySample> RowWalk::sample(const Root& root) {
  const EntityPlan& entity = mapper_.entity();
  ATLAS_TRY(Snapshot * view, snapshot(entity.endpoint(root.part, root.kind)));
  KeySample out(options_.most);
  for (Key after;;) {
    ATLAS_TRY(const KeyPage page, view->keys(entity.shape(root.part, root.kind), after, kPageKeys));
    for (const KeyVersion& row : page.keys) out.offer(row.key);
    if (page.end || page.keys.empty()) return out;
    after = Key(page.keys.back().key);
  }
}

Result<WalkedRows> RowWalk::walk_sample(const std::vector<Root>& roots, const Visit& visit) {
  const EntityPlan& entity = mapper_.entity();
  WalkedRows walked;
  std::vector<KeySample> samples;
  std::vector<std::size_t> sizes;
  for (const Root& root : roots) {
    ATLAS_TRY(KeySample one, sample(root));
    walked.all += one.offered();
    sizes.push_back(one.size());
    samples.push_back(std::move(one));
  }
  const std::vector<std::size_t> each = shares(sizes, options_.most);
  for (std::size_t r = 0; r < roots.size(); ++r) {
    ATLAS_TRY(Snapshot * view, snapshot(entity.endpoint(roots[r].part, roots[r].kind)));
    const std::vector<Key> keys = std::move(samples[r]).take(each[r]);
    PageSize page(kPageRows);
    for (std::size_t from = 0; from < keys.size();) {
      const std::size_t n = std::min(page.rows(), keys.size() - from);
      const std::vector<KeyView> some(keys.begin() + static_cast<std::ptrdiff_t>(from),
                                      keys.begin() + static_cast<std::ptrdiff_t>(from + n));
      ATLAS_TRY(const Rows rows, view->read(entity.shape(roots[r].part, roots[r].kind), some));
      ATLAS_TRY(const std::size_t bytes, show(roots[r], rows, walked, visit));
      page.learn(n, bytes);
      from += n;
    }
  }
  return walked;
}

// Visits a page of roots, with the rows of their other parts. Gives the bytes of all of them.
Result<std::size_t> RowWalk::show(const Root& root, const Rows& rows, WalkedRows& walked,
                                  const Visit& visit) {
  const EntityPlan& entity = mapper_.entity();
  std::size_t bytes = rows.bytes();
  std::vector<std::optional<Rows>> parts(entity.parts.size() + 1);
  if (root.part == 1 && rows.size() > 0) {
    std::vector<KeyView> keys;
    keys.reserve(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) keys.push_back(rows.key(i));
    for (std::uint32_t part = 2; part < parts.size(); ++part) {
      ATLAS_TRY(Snapshot * view, snapshot(entity.endpoint(part, 0)));
      ATLAS_TRY(parts[part], view->read(entity.shape(part, 0), keys));
      bytes += parts[part]->bytes();
    }
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    InstanceRows instance{.kind = root.kind, .rows = {}};
    instance.rows.resize(parts.size());
    instance.rows[root.part] = rows.row(i);
    bool oversized = rows.oversized(i);
    for (std::uint32_t part = 2; part < parts.size(); ++part) {
      const std::ptrdiff_t at = parts[part] ? parts[part]->find(rows.key(i)) : -1;
      if (at < 0) continue;
      const auto row = static_cast<std::size_t>(at);
      instance.rows[part] = std::as_const(*parts[part]).row(row);
      oversized = oversized || parts[part]->oversized(row);
    }
    if (oversized) {
      ++walked.oversized;
      continue;
    }
    if (root.part == 1) {
      const auto kind = mapper_.kind_of(instance.rows);
      if (!kind) continue;
      instance.kind = *kind;
    }
    ++walked.rows;
    visit(instance, rows.key(i));
  }
  return bytes;
}

}  // namespace atlas
