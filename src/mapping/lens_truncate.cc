// truncate: the platform gets the first characters of a text.

#include "mapping/lens_one_way.h"

namespace atlas {
namespace {

class TruncateLens final : public OneWayLens {
 public:
  TruncateLens(OneWayParts parts, std::size_t characters)
      : OneWayLens(std::move(parts.pair), std::move(parts.canon), parts.padded),
        characters_(characters) {}

 protected:
  std::string_view derive(const Value& value, Arena&) const override {
    return first_characters(value.as_text(), characters_);
  }

 private:
  std::size_t characters_;
};

}  // namespace

MadeLens make_truncate(const LensSpec& spec, const TruncateOp& op) {
  ATLAS_OK(expect_text(spec, "truncate"));
  if (op.characters == 0)
    return Error(Code::kWrongShape, "`truncate` leaves nothing")
        .advise("for example truncate: 100");
  ATLAS_TRY(OneWayParts parts, one_way_parts(spec, "truncate", Meet::kText));
  return std::make_unique<TruncateLens>(std::move(parts), op.characters);
}

}  // namespace atlas
