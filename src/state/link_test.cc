#include "state/link.h"

#include "state/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <fstream>
#include <numeric>
#include <sstream>

namespace atlas {
namespace {

using testing::ElementsAre;

constexpr std::int64_t kNewYear = 1'767'323'045'000'000;  // 2026-01-02 03:04:05 UTC

std::vector<std::int32_t> identity_map(std::size_t n) {
  std::vector<std::int32_t> map(n);
  std::iota(map.begin(), map.end(), 0);
  return map;
}

// The link of the worked example in docs/formats/link.md.
LinkRecord& example(Links& links) {
  LinkRecord& link = links.add(0, "legacy", "platform");
  link.parts[0] = {
      .version = {753, kNewYear}, .user_stamp_us = kNewYear, .exists = Existence::kPresent};
  link.parts[1] = {.version = {912, kNewYear},
                   .user_stamp_us = kNewYear - 5,
                   .exists = Existence::kPresent,
                   .own_write = true,
                   .unverified = true};
  link.bases[0] = 0x1122334455667788;
  link.bases[2] = 0xff;
  return link;
}

std::string bytes_of_page() {
  std::ifstream page(std::string(ATLAS_TEST_SOURCE_DIR) + "/docs/formats/link.md");
  std::string line;
  while (std::getline(page, line) && line != "```hex") {
  }
  std::string out;
  while (std::getline(page, line) && line != "```") {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string word;
    while (words >> word) out.push_back(static_cast<char>(std::stoi(word, nullptr, 16)));
  }
  return out;
}

void expect_equal(const LinkRecord& a, const LinkRecord& b) {
  EXPECT_EQ(a.dead, b.dead);
  EXPECT_EQ(a.generation, b.generation);
  EXPECT_TRUE(std::ranges::equal(a.parts, b.parts));
  EXPECT_TRUE(std::ranges::equal(a.bases, b.bases));
}

TEST(Link, DocumentOfTheWorkedExampleIsTheOneOnThePage) {
  Links links(2, 3);
  const std::string document = encode_link(example(links), 3);
  EXPECT_EQ(document, bytes_of_page());
  EXPECT_EQ(link_layout(document), 3);
  Links read(2, 3);
  LinkRecord& back = read.add(0, "legacy", "platform");
  ASSERT_TRUE(decode_link(document, identity_map(3), back));
  expect_equal(back, links[0]);
}

TEST(Link, DocumentCutAnywhereIsDamaged) {
  Links links(2, 3);
  const std::string document = encode_link(example(links), 3);
  LinkRecord& into = links.add(0, "l", "p");
  for (std::size_t size = 0; size < document.size(); ++size) {
    EXPECT_EQ(link_layout(document.substr(0, size)), -1) << size;
    EXPECT_FALSE(decode_link(document.substr(0, size), identity_map(3), into)) << size;
  }
  EXPECT_FALSE(decode_link(document + '\0', identity_map(3), into));
}

TEST(Link, DocumentWithAnyBitTurnedIsDamaged) {
  Links links(2, 3);
  const std::string document = encode_link(example(links), 3);
  LinkRecord& into = links.add(0, "l", "p");
  for (std::size_t bit = 0; bit < document.size() * 8; ++bit) {
    std::string damaged = document;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(decode_link(damaged, identity_map(3), into)) << bit;
  }
}

TEST(Link, FieldsAndPartsOfAnOlderLayoutAreCarriedOverByTheirMaps) {
  Links old(2, 3);
  const std::string document = encode_link(example(old), 3);
  Links links(3, 4);
  LinkRecord& now = links.add(0, "l", "p");
  const std::vector<std::int32_t> fields{2, -1, 0, 1};
  const std::vector<std::int32_t> parts{0, -1, 1};
  ASSERT_TRUE(decode_link(document, fields, now, parts));
  EXPECT_THAT(now.bases, ElementsAre(0xff, kNoBase, 0x1122334455667788, kNoBase));
  EXPECT_THAT(now.parts, ElementsAre(old[0].parts[0], PartState{}, old[0].parts[1]));
}

TEST(Link, MapsThatPointBeyondTheDocumentAreDamage) {
  Links links(2, 3);
  const std::string document = encode_link(example(links), 3);
  LinkRecord& into = links.add(0, "l", "p");
  EXPECT_FALSE(decode_link(document, std::vector<std::int32_t>{0, 1, 3}, into));
  EXPECT_FALSE(decode_link(document, identity_map(3), into, std::vector<std::int32_t>{0, 2}));
  Links one_part(1, 3);
  EXPECT_FALSE(decode_link(document, identity_map(3), one_part.add(0, "l", "p")));
}

RC_GTEST_PROP(Link, DocumentKeepsEveryRecord, ()) {
  const auto parts = *rc::gen::inRange<std::size_t>(0, 5);
  const auto fields = *rc::gen::inRange<std::size_t>(0, 20);
  Links links(parts, fields);
  LinkRecord& link = links.add(0, "l", "p");
  link.dead = *rc::gen::arbitrary<bool>();
  link.generation = *rc::gen::arbitrary<std::uint32_t>();
  const auto stamp =
      rc::gen::oneOf(rc::gen::arbitrary<std::int64_t>(), rc::gen::just(kMinusInfinity),
                     rc::gen::just(kInfinity), rc::gen::just(kNewYear));
  for (PartState& part : link.parts) {
    part.version = {*rc::gen::arbitrary<std::uint64_t>(), *stamp};
    part.user_stamp_us = *stamp;
    part.exists = static_cast<Existence>(*rc::gen::inRange(0, 3));
    part.own_write = *rc::gen::arbitrary<bool>();
    part.unverified = *rc::gen::arbitrary<bool>();
    part.bounces = *rc::gen::arbitrary<std::uint8_t>();
  }
  for (FieldHash& base : link.bases) base = *rc::gen::arbitrary<FieldHash>();
  const auto layout = *rc::gen::inRange(0, 1'000'000);
  const std::string document = encode_link(link, layout);
  LinkRecord& back = links.add(0, "l", "p");
  RC_ASSERT(link_layout(document) == layout);
  RC_ASSERT(decode_link(document, identity_map(fields), back));
  RC_ASSERT(back.dead == links[0].dead && back.generation == links[0].generation);
  RC_ASSERT(std::ranges::equal(back.parts, links[0].parts));
  RC_ASSERT(std::ranges::equal(back.bases, links[0].bases));
}

RC_GTEST_PROP(Link, BytesOfStrangersNeverBreakTheReader, (std::string bytes)) {
  Links links(2, 3);
  LinkRecord& into = links.add(0, "l", "p");
  RC_ASSERT(!decode_link(bytes, identity_map(3), into));
  bytes.insert(bytes.begin(), 1);
  RC_ASSERT(!decode_link(bytes, identity_map(3), into));
}

// Damage that the checksum does not see, because it was made before the checksum was taken.
RC_GTEST_PROP(Link, BytesUnderAGoodChecksumNeverBreakTheReader, (std::string bytes)) {
  bytes.insert(0, std::string("\x01\x03\x00\x00", 4));
  const auto sum = static_cast<std::uint32_t>(stable_hash(bytes));
  for (unsigned shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<char>(sum >> shift));
  Links links(2, 3);
  LinkRecord& into = links.add(0, "l", "p");
  const bool read = decode_link(bytes, identity_map(3), into);
  RC_ASSERT(link_layout(bytes) == 3);
  if (read) RC_ASSERT(encode_link(into, 3).size() <= bytes.size());
}

TEST(Links, CopiesOwnTheirBytes) {
  Links copy(2, 3);
  {
    Links links(2, 3);
    LinkRecord& link = example(links);
    link.batch = {7};
    link.match = 9;
    copy.add_copy(link);
  }
  EXPECT_EQ(copy[0].legacy_key, "legacy");
  EXPECT_EQ(copy[0].platform_key, "platform");
  EXPECT_EQ(copy[0].batch.value, 7);
  EXPECT_EQ(copy[0].match, 9U);
  Links same(2, 3);
  expect_equal(copy[0], example(same));
}

TEST(Confirm, IsEmptyUntilSomethingIsPutIn) {
  Confirm confirm;
  confirm.batch = {4};
  EXPECT_TRUE(confirm.empty());
  confirm.cursors.emplace_back();
  EXPECT_FALSE(confirm.empty());
}

TEST(Pending, EveryStateHasAName) {
  EXPECT_EQ(pending_state_name(PendingState::kDirty), "dirty");
  EXPECT_EQ(pending_state_name(PendingState::kQuarantined), "quarantined");
}

}  // namespace
}  // namespace atlas
