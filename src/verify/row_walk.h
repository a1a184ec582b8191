#pragma once

// Walks over the rows of an entity as they are, with no link and no state: for laws that are tried
// on real rows (MAPPING §4, level 6).

#include "endpoint/endpoint.h"
#include "mapping/mapper.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

namespace atlas {

// A choice of keys that is spread evenly over all that are offered, in their order. Keeps at most
// twice as many as are wanted. One thread.
class KeySample {
 public:
  explicit KeySample(std::size_t most) : most_(most) {}
  void offer(KeyView key);
  std::int64_t offered() const { return offered_; }
  std::size_t size() const { return kept_.size() < most_ ? kept_.size() : most_; }
  // `n` of them at most, evenly; all if there are no more.
  std::vector<Key> take(std::size_t n) &&;

 private:
  std::size_t most_;
  std::int64_t offered_ = 0;
  std::int64_t stride_ = 1;
  std::vector<Key> kept_;
};

// How much each of several tables may give of `most` rows: as much as it has, and what small ones
// leave goes to the others.
std::vector<std::size_t> shares(const std::vector<std::size_t>& sizes, std::size_t most);

struct RowWalkOptions {
  // Rows of an entity and side; 0: all.
  std::size_t most = 2000;
};

// What a walk has seen of one side.
struct WalkedRows {
  std::int64_t rows = 0;       // shown to `visit`
  std::int64_t all = 0;        // in scope
  std::int64_t oversized = 0;  // not read: larger than limits.row_bytes
};

// One entity. Borrows all that it is given. One thread.
class RowWalk {
 public:
  using OpenEndpoint = std::function<Result<std::unique_ptr<Endpoint>>(EndpointIndex)>;
  // A row of one side with its other parts, if there are any; `key` is its root's.
  using Visit = std::function<void(const InstanceRows& rows, KeyView key)>;

  RowWalk(const Mapper& mapper, const OpenEndpoint& open, RowWalkOptions options)
      : mapper_(mapper), open_(open), options_(options) {}

  // Rows in scope and of the entity's kinds, each once. Reads page by page, with no lock and no
  // lease: keys first where a sample is wanted, then batches of rows.
  //   errors  those of Snapshot::keys, read and scan
  Result<WalkedRows> walk(Side side, const Visit& visit);

 private:
  struct Root {
    std::uint32_t part = 0;
    std::uint16_t kind = 0;
  };
  Result<Snapshot*> snapshot(EndpointIndex endpoint);
  std::vector<Root> roots(Side side) const;
  Result<WalkedRows> walk_all(const Root& root, const Visit& visit);
  Result<WalkedRows> walk_sample(const std::vector<Root>& roots, const Visit& visit);
  Result<KeySample> sample(const Root& root);
  Result<std::size_t> show(const Root& root, const Rows& rows, WalkedRows& walked,
                           const Visit& visit);

  const Mapper& mapper_;
  const OpenEndpoint& open_;
  RowWalkOptions options_;
  struct Open {
    std::unique_ptr<Endpoint> endpoint;
    std::unique_ptr<Snapshot> snapshot;
  };
  std::map<EndpointIndex, Open> opened_;
};

}  // namespace atlas
