// hash: the platform gets a keyed fingerprint of a value (HMAC-SHA-256, RFC 2104), which tells
// equal values from different ones and nothing else.

#include "foundation/assert.h"
#include "mapping/lens_number.h"
#include "mapping/lens_one_way.h"
#include "model/text_form.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace atlas {
namespace {

constexpr std::size_t kKeyBytesMin = 16;

class HashLens final : public OneWayLens {
 public:
  HashLens(OneWayParts parts, Secret key)
      : OneWayLens(std::move(parts.pair), std::move(parts.canon), parts.padded),
        key_(std::move(key)) {}

 protected:
  // Of equal values the same text is hashed: a number's shortest form, everything else's usual one.
  std::string_view derive(const Value& value, Arena& arena) const override {
    if (value.tag() == Tag::kText) return hex(value.as_text(), arena);
    if (is_number(value.tag())) return hex(number_text(value, arena), arena);
    return hex(value_text(value), arena);
  }

 private:
  static std::string_view number_text(const Value& number, Arena& arena) {
    std::string_view out;
    if (plain_number(number, arena, out).ok()) return out;
    return number_spelling(number, arena);  // NaN and the infinities
  }

  std::string_view hex(std::string_view text, Arena& arena) const {
    constexpr std::size_t kDigestBytes = 32;
    constexpr char kHex[] = "0123456789abcdef";
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    const std::string& key = key_.reveal();
    const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
    const unsigned char* const done = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                                           bytes, text.size(), digest, &size);
    ATLAS_ASSERT(done != nullptr && size == kDigestBytes, "HMAC-SHA-256 is not available");
    char* const out = arena.allocate(2 * kDigestBytes);
    for (std::size_t i = 0; i < kDigestBytes; ++i) {
      out[2 * i] = kHex[digest[i] >> 4U];
      out[2 * i + 1] = kHex[digest[i] & 15U];
    }
    return {out, 2 * kDigestBytes};
  }

  Secret key_;
};

}  // namespace

MadeLens make_hash(const LensSpec& spec, const HashOp& op) {
  ATLAS_OK(expect_columns(spec, "hash", 1, 1));
  const LensColumn& column = spec.legacy.front();
  const Meet meet = column.path.empty() ? natural_meet(column.type) : Meet::kText;
  if (meet == Meet::kJson || meet == Meet::kOther)
    return Error(Code::kTypeMismatch,
                 fmt::format("`hash` needs a value with one spelling: {} is {}", column.name,
                             type_text(column.type)))
        .advise("hash a text or a member of the document");
  constexpr int kHashCharacters = 64;
  if (spec.platform.front().type.size > 0 && spec.platform.front().type.size < kHashCharacters)
    return Error(Code::kTypeMismatch,
                 fmt::format("a hash has {} characters: {} is {}", kHashCharacters,
                             spec.platform.front().name, type_text(spec.platform.front().type)));
  if (op.key.reveal().size() < kKeyBytesMin)
    return Error(Code::kWrongShape,
                 fmt::format("the key of `hash` has less than {} bytes: it can be guessed",
                             kKeyBytesMin))
        .advise("{hash: {key: \"${HASH_KEY}\"}} with a long random value");
  ATLAS_TRY(OneWayParts parts, one_way_parts(spec, "hash", meet));
  return std::make_unique<HashLens>(std::move(parts), op.key);
}

}  // namespace atlas
