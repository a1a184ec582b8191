// mask: the platform sees the length of a text and what of its ends is shown.

#include "mapping/lens_one_way.h"
#include "mapping/lens_text.h"

#include <algorithm>

namespace atlas {
namespace {

class MaskLens final : public OneWayLens {
 public:
  MaskLens(OneWayParts parts, const MaskOp& op)
      : OneWayLens(std::move(parts.pair), std::move(parts.canon), parts.padded), op_(op) {}

 protected:
  // A text that would be shown whole, or nearly, is masked whole.
  std::string_view derive(const Value& value, Arena& arena) const override {
    const std::string_view text = value.as_text();
    const std::size_t length = text_length(text);
    const bool shows = length > op_.keep_start + op_.keep_end;
    const std::string_view start = first_characters(text, shows ? op_.keep_start : 0);
    const std::size_t end = first_characters(text, shows ? length - op_.keep_end : length).size();
    const std::size_t hidden = shows ? length - op_.keep_start - op_.keep_end : length;
    char* const out = arena.allocate(text.size() + hidden * op_.with.size());
    char* at = std::ranges::copy(start, out).out;
    for (std::size_t i = 0; i < hidden; ++i) at = std::ranges::copy(op_.with, at).out;
    at = std::ranges::copy(text.substr(end), at).out;
    return {out, static_cast<std::size_t>(at - out)};
  }

 private:
  MaskOp op_;
};

}  // namespace

MadeLens make_mask(const LensSpec& spec, const MaskOp& op) {
  ATLAS_OK(expect_text(spec, "mask"));
  if (text_length(op.with) != 1)
    return Error(Code::kWrongShape, "`with` of `mask` is one character")
        .advise("{mask: {keep_end: 4, with: \"*\"}}");
  ATLAS_TRY(OneWayParts parts, one_way_parts(spec, "mask", Meet::kText));
  return std::make_unique<MaskLens>(std::move(parts), op);
}

}  // namespace atlas
