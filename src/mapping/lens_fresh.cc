// keep: false. Old cells never stay: whatever the operator makes of the mid is written.

#include "mapping/lens_pair.h"

namespace atlas {
namespace {

class FreshLens final : public Lens {
 public:
  explicit FreshLens(std::unique_ptr<Lens> inner) : inner_(std::move(inner)) {}

  Fit get(Side side, std::span<const Value> cells, Arena& arena, Value& mid) const override {
    return inner_->get(side, cells, arena, mid);
  }
  Fit create(Side side, const Value& mid, std::span<const Value> old, Arena& arena,
             std::span<Value> out) const override {
    return inner_->create(side, mid, old, arena, out);
  }
  bool proves_create() const override { return inner_->proves_create(); }
  bool handles_null() const override { return inner_->handles_null(); }
  bool keeps() const override { return false; }
  LawClass law() const override { return inner_->law(); }
  std::string_view name() const override { return inner_->name(); }
  std::size_t arity(Side side) const override { return inner_->arity(side); }

 private:
  std::unique_ptr<Lens> inner_;
};

}  // namespace

std::unique_ptr<Lens> without_keep(std::unique_ptr<Lens> lens) {
  return std::make_unique<FreshLens>(std::move(lens));
}

}  // namespace atlas
