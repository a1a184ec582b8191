#include "foundation/assert.h"
#include "mapping/mapper.h"
#include "model/text_form.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <string>

namespace atlas {

Uuid mint_uuid(const std::string& tenant_uuid, std::string_view entity, std::string_view table,
               KeyView key, std::uint32_t generation) {
  // RFC 9562 §5.5: SHA-1 over the namespace's 16 bytes and the name; version 5, variant 10.
  const std::optional<Uuid> space = parse_uuid(tenant_uuid);
  ATLAS_ASSERT(space.has_value(), "the tenant's id is not a uuid");
  std::string input(reinterpret_cast<const char*>(space->data()), space->size());
  input += entity;
  input += '\n';
  input += table;
  input += '\n';
  input += std::to_string(generation);
  input += '\n';
  input += key;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  const int done =
      EVP_Digest(input.data(), input.size(), digest.data(), &size, EVP_sha1(), nullptr);
  ATLAS_ASSERT(done == 1 && size >= 16, "SHA-1 is not available");
  Uuid out{};
  std::copy_n(digest.begin(), out.size(), out.begin());
  out[6] = static_cast<std::uint8_t>((out[6] & 0x0fU) | 0x50U);
  out[8] = static_cast<std::uint8_t>((out[8] & 0x3fU) | 0x80U);
  return out;
}

}  // namespace atlas
