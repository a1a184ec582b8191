#pragma once

// verify of one entity. See verify.h.

#include "mapping/mapper.h"
#include "verify/buckets.h"
#include "verify/compare.h"
#include "verify/images.h"
#include "verify/page_size.h"
#include "verify/verify.h"

#include <map>

namespace atlas {

// Connections of one verify, opened on first use.
class VerifyConnections {
 public:
  explicit VerifyConnections(const VerifyPorts& ports) : ports_(ports) {}

  Result<Endpoint*> get(EndpointIndex index) {
    auto& slot = open_[index];
    if (slot == nullptr) {
      auto opened = ports_.open_endpoint(index);
      if (!opened) return std::move(opened).error();
      slot = std::move(*opened);
    }
    return slot.get();
  }
  void forget() { open_.clear(); }

 private:
  const VerifyPorts& ports_;
  std::map<EndpointIndex, std::unique_ptr<Endpoint>> open_;
};

struct VerifyScene {
  const Plan& plan;
  const VerifyPorts& ports;
  const VerifyOptions& options;
  VerifyObserver& observer;
  StateStore& state;
  VerifyConnections& connections;
  TenantId tenant;
  const std::vector<EntityRef>& entities;
  const Hasher& hasher;
};

// Made for one use. One thread.
class EntityVerifier {
 public:
  EntityVerifier(const VerifyScene& scene, const EntityPlan& entity);

  EntityVerdict run();
  bool stopped() const { return stopped_; }

 private:
  Result<> count_unnamed(Side side, std::uint16_t kind);
  // One look at a page of links: rows of both sides, read after the links (E10).
  struct Look {
    std::unique_ptr<ImageSet> images;
    std::vector<Comparison> answers;  // by image
  };
  // What is on record for instances: pending entries and open conflicts.
  struct Reasons {
    std::map<InstanceKey, Pending> pending;
    std::map<InstanceKey, std::vector<std::string>> conflicts;  // fields
  };
  // The keys of a root table's rows in order, and how far they were passed.
  struct RowKeys {
    Side side;
    std::uint16_t kind;
    Key after;
    KeyPage page;
    std::size_t at = 0;  // in page
  };

  Result<> walk();
  bool stop();
  Result<> load_cursors();
  bool passed(std::uint32_t part, std::uint16_t kind, KeyView key, const RowVersion& v) const;
  Result<> sum_up(Side side, std::uint16_t kind);
  Result<> sum_up(Side side, const Links& links);
  Result<> pass_rows(RowKeys& rows, const Links& links);
  Result<> open_unequal(std::uint16_t kind);
  ImageSet images();
  static Result<> read_and_map(Side side, ImageSet& set);
  Result<Look> look(const Links& links);
  bool settled(const LinkRecord& link, const Image& image) const;
  Result<> judge(const Links& links);
  Result<Reasons> reasons_of(const Links& links);
  Result<Reasons> reasons_of(const std::vector<InstanceKey>& ids);
  void settle(const LinkRecord& link, const Comparison& seen, bool lasting, const Reasons& reasons);
  static void on_record(const Pending& pending, VerifyFinding& finding);
  bool all_held(const Comparison& seen, const InstanceKey& id, const Reasons& reasons) const;
  Result<> judge_rows(Side side, std::uint16_t kind, const std::vector<Key>& rows, bool again);
  Result<std::vector<Key>> judge_unlinked(Side side, const ImageSet& set, bool again);
  void add(VerifyFinding finding);

  const VerifyScene& in_;
  const EntityPlan& entity_;
  EntityRef ref_;
  Mapper mapper_;
  Buckets buckets_;
  PageSize page_size_;
  EntityVerdict out_;
  std::map<std::string, Cursor> cursors_;
  std::array<std::vector<VerifyFinding>, kStandings> findings_;
  bool captured_ = false;  // the first sweep of every root table is done
  bool stopped_ = false;
};

}  // namespace atlas
