// Expressions in both directions (to_platform and to_legacy), or in one (derive).

#include "mapping/lens_conversion.h"
#include "mapping/typed_expression.h"

namespace atlas {
namespace {

class Expressions final : public Conversion {
 public:
  explicit Expressions(std::vector<std::shared_ptr<const Expression>> expressions)
      : expressions_(std::move(expressions)) {}

  Fit run(std::span<const Value> values, Arena& arena, std::span<Value> out) const override {
    for (std::size_t i = 0; i < expressions_.size(); ++i) {
      if (const Fit fit = expressions_[i]->evaluate(values, arena, out[i]); !fit.ok()) return fit;
    }
    return {};
  }

 private:
  std::vector<std::shared_ptr<const Expression>> expressions_;
};

}  // namespace

MadeLens make_expression(const LensSpec& spec, const ExpressionOp& op) {
  Conversions functions;
  if (!op.to_platform.empty())
    functions.to_platform = std::make_shared<const Expressions>(op.to_platform);
  if (!op.to_legacy.empty())
    functions.to_legacy = std::make_shared<const Expressions>(op.to_legacy);
  if (functions.to_platform && functions.to_legacy)
    return make_conversion(spec, functions, "expressions");
  return make_derived(spec, functions, functions.to_legacy ? Side::kLegacy : Side::kPlatform,
                      "derive");
}

}  // namespace atlas
