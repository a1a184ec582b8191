#include "mapping/load_secrets.h"

#include "foundation/assert.h"

#include <fmt/format.h>
#include <openssl/evp.h>

namespace atlas {
namespace {

std::string digest_of(std::string_view text) {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  const int done = EVP_Digest(text.data(), text.size(), bytes, &size, EVP_sha256(), nullptr);
  ATLAS_ASSERT(done == 1, "SHA-256 is not available");
  std::string out = "sha256:";
  for (unsigned i = 0; i < size; ++i) out += fmt::format("{:02x}", bytes[i]);
  return out;
}

// Every text below `node`: a key that stands where it is refused is a secret too.
void hide_all(YamlNode& node) {
  if (node.is_scalar()) node.digest = digest_of(node.text);
  for (YamlNode& item : node.items) hide_all(item);
  for (YamlEntry& entry : node.entries) hide_all(entry.value);
}

}  // namespace

void hide_secrets(YamlNode& node) {
  for (YamlNode& item : node.items) hide_secrets(item);
  for (YamlEntry& entry : node.entries) {
    if (entry.key.text == "hash")
      hide_all(entry.value);
    else
      hide_secrets(entry.value);
  }
}

}  // namespace atlas
