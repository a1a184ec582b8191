#include "apply/intent_codec.h"

#include "foundation/result_testing.h"
#include "foundation/rng.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace atlas {
namespace {

// The worked example of docs/formats/intent.md.
std::vector<Effect> example() {
  Effect insert;
  insert.ordinal = 0;
  insert.kind = 1;
  insert.legacy_key = "L1";
  insert.platform_key = "P1";
  insert.generation = 0;
  insert.part = 1;
  insert.write = WriteKind::kInsert;
  insert.creates_link = true;
  insert.unverified = true;
  insert.liveness = LivenessEffect::kAlive;
  insert.user_stamp_us = kMinusInfinity;
  insert.match = 0x0123456789abcdef;
  insert.fields = {{0, 0x1122334455667788}, {1, 0x00000000000000ff}};
  Conflict loser;
  loser.instance = {Side::kLegacy, 1, "L1"};
  loser.platform_key = "P1";
  loser.field = "name";
  loser.legacy_value = "Al";
  loser.platform_value = "Bo";
  loser.legacy_mid =
      "\x05"
      "Al";
  loser.platform_mid =
      "\x05"
      "Bo";
  loser.winner = "legacy";
  loser.reason = "why";
  loser.legacy_version = {7, 8};
  loser.platform_version = {9, kMinusInfinity};
  loser.at = Instant(Micros(10));
  insert.losers = {loser};
  Effect remove;
  remove.ordinal = 300;
  remove.kind = 0;
  remove.legacy_key = "L2";
  remove.platform_key = "P2";
  remove.generation = 2;
  remove.part = 0;
  remove.write = WriteKind::kRemove;
  remove.liveness = LivenessEffect::kDead;
  remove.user_stamp_us = 1;
  return {insert, remove};
}
const std::vector<std::string> kNames = {"name", "mail"};

std::string hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (!out.empty()) out += ' ';
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 15U];
  }
  return out;
}

bool same(const Effect& a, const Effect& b) {
  auto fields = [](const Effect& e) {
    std::vector<std::pair<std::uint32_t, FieldHash>> out;
    out.reserve(e.fields.size());
    for (const FieldEffect& f : e.fields) out.emplace_back(f.field, f.hash);
    return out;
  };
  auto losers = [](const Effect& e) {
    std::vector<std::string> out;
    out.reserve(e.losers.size());
    for (const Conflict& c : e.losers) {
      out.push_back(c.instance.key + "|" + c.platform_key + "|" + c.field + "|" + c.legacy_value +
                    "|" + c.platform_value + "|" + c.winner + "|" + c.reason + "|" +
                    std::to_string(c.legacy_version.token) + "|" +
                    std::to_string(c.legacy_version.stamp_us) + "|" +
                    std::to_string(c.platform_version.token) + "|" +
                    std::to_string(c.platform_version.stamp_us) + "|" +
                    std::to_string(c.at.time_since_epoch().count()) + (c.open ? "|open" : ""));
    }
    return out;
  };
  return a.ordinal == b.ordinal && a.kind == b.kind && a.legacy_key == b.legacy_key &&
         a.platform_key == b.platform_key && a.generation == b.generation && a.part == b.part &&
         a.write == b.write && a.creates_link == b.creates_link && a.unverified == b.unverified &&
         a.liveness == b.liveness && a.user_stamp_us == b.user_stamp_us && a.match == b.match &&
         fields(a) == fields(b) && losers(a) == losers(b);
}

TEST(IntentCodec, EverythingComesBack) {
  const std::vector<Effect> effects = example();
  const auto decoded = decode_intent(encode_intent(effects, kNames));
  ASSERT_THAT(decoded, IsOk());
  EXPECT_EQ(decoded->field_names, kNames);
  ASSERT_EQ(decoded->effects.size(), 2U);
  EXPECT_TRUE(same(decoded->effects[0], effects[0]));
  EXPECT_TRUE(same(decoded->effects[1], effects[1]));
}

TEST(IntentCodec, ThePageShowsTheBytesThatAreWritten) {
  std::ifstream file(std::string(ATLAS_TEST_SOURCE_DIR) + "/docs/formats/intent.md");
  std::string line;
  std::string shown;
  bool inside = false;
  while (std::getline(file, line)) {
    if (line == "```hex")
      inside = true;
    else if (line == "```")
      inside = false;
    else if (inside) {
      std::istringstream words(line.substr(0, line.find('#')));
      for (std::string byte; words >> byte;) shown += (shown.empty() ? "" : " ") + byte;
    }
  }
  EXPECT_EQ(shown, hex(encode_intent(example(), kNames)));
}

TEST(IntentCodec, EveryCutIsDamage) {
  const std::string whole = encode_intent(example(), kNames);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_THAT(decode_intent(std::string_view(whole).substr(0, size)),
                FailsWith(ErrorKind::kCorrupt, ""))
        << size;
  }
  EXPECT_THAT(decode_intent(whole + "x"), FailsWith(ErrorKind::kCorrupt, ""));
}

// No byte may make the reader do more than say "damaged" or read another intent whose indexes are
// in range.
TEST(IntentCodec, EveryFlippedByteIsReadWithinBounds) {
  const std::string whole = encode_intent(example(), kNames);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = whole;
      damaged[at] = static_cast<char>(static_cast<unsigned char>(damaged[at]) ^
                                      (1U << static_cast<unsigned>(bit)));
      const auto decoded = decode_intent(damaged);
      if (!decoded) continue;
      for (const Effect& e : decoded->effects) {
        for (const FieldEffect& f : e.fields) EXPECT_LT(f.field, decoded->field_names.size());
      }
    }
  }
}

TEST(IntentCodec, NoiseIsRefusedOrReadWithinBounds) {
  SeededRng rng(5);
  for (int round = 0; round < 20'000; ++round) {
    std::string noise(1, '\1');
    const std::size_t size = rng.next() % 64;
    for (std::size_t i = 0; i < size; ++i) noise.push_back(static_cast<char>(rng.next()));
    (void)decode_intent(noise);
  }
}

// A program of an earlier version may have died and left one open.
TEST(IntentCodec, AnIntentOfTheFirstVersionIsReadWithoutTheValuesBytes) {
  std::string before = encode_intent(example(), kNames);
  const std::string bytes =
      "\x03\x05"
      "Al\x03\x05"
      "Bo";
  const std::size_t at = before.find(bytes);
  ASSERT_NE(at, std::string::npos);
  before.erase(at, bytes.size());
  before[0] = 1;
  const auto decoded = decode_intent(before);
  ASSERT_TRUE(decoded);
  ASSERT_EQ(decoded->effects.front().losers.size(), 1U);
  const Conflict& loser = decoded->effects.front().losers.front();
  EXPECT_EQ(loser.platform_value, "Bo");
  EXPECT_EQ(loser.platform_mid, "");
  EXPECT_EQ(loser.at, Instant(Micros(10)));
}

TEST(IntentCodec, AnUnknownVersionIsRefused) {
  std::string later = encode_intent(example(), kNames);
  later[0] = 3;
  EXPECT_THAT(decode_intent(later), FailsWith(ErrorKind::kCorrupt, "version"));
}

}  // namespace
}  // namespace atlas
