#include "state/backup_codec.h"

#include "model/hashing.h"

#include <array>
#include <bit>

namespace atlas {
namespace {

constexpr std::string_view kMagic = "atlas-bridge state\n";
constexpr std::size_t kBlockBytes = 256 * 1024;
constexpr std::size_t kBlockBytesMax = 256 * 1024 * 1024;  // a record may be as large as a row
constexpr std::size_t kNumberBytes = 8;

void append(std::string& out, std::uint64_t value) {
  for (unsigned shift = 0; shift < 64; shift += 8)
    out.push_back(static_cast<char>((value >> shift) & 0xffU));
}

std::uint64_t number_at(std::string_view bytes) {
  std::uint64_t out = 0;
  for (std::size_t i = kNumberBytes; i-- > 0;)
    out = out << 8U | static_cast<unsigned char>(bytes[i]);
  return out;
}

// Of a block and all before it: one that is missing or out of its place is noticed.
std::uint64_t chained(std::uint64_t before, std::string_view block) {
  std::string bytes;
  append(bytes, before);
  append(bytes, stable_hash(block));
  return stable_hash(bytes);
}

}  // namespace

Error unusable_backup(std::string why) { return Error(Code::kBackupUnusable, std::move(why)); }

bool begins_as_backup(std::istream& in) {
  std::string magic(kMagic.size(), '\0');
  in.read(magic.data(), static_cast<std::streamsize>(magic.size()));
  return in && magic == kMagic;
}

RecordWriter& RecordWriter::number(std::int64_t value) {
  append(bytes_, std::bit_cast<std::uint64_t>(value));
  return *this;
}

RecordWriter& RecordWriter::text(std::string_view value) {
  append(bytes_, value.size());
  bytes_ += value;
  return *this;
}

RecordReader::RecordReader(std::string_view bytes) : bytes_(bytes) {
  ok_ = !bytes_.empty();
  if (!ok_) return;
  what_ = static_cast<BackupRecord>(bytes_.front());
  bytes_.remove_prefix(1);
}

std::int64_t RecordReader::number() {
  if (bytes_.size() < kNumberBytes) {
    ok_ = false;
    return 0;
  }
  const std::uint64_t out = number_at(bytes_);
  bytes_.remove_prefix(kNumberBytes);
  return std::bit_cast<std::int64_t>(out);
}

std::string_view RecordReader::text() {
  const auto size = static_cast<std::uint64_t>(number());
  if (!ok_ || size > bytes_.size()) {
    ok_ = false;
    return {};
  }
  const std::string_view out = bytes_.substr(0, size);
  bytes_.remove_prefix(size);
  return out;
}

BackupOut::BackupOut(std::ostream& out) : out_(out) { out_ << kMagic; }

Result<> BackupOut::put(const RecordWriter& record) {
  ++records_;
  append(block_, record.bytes().size());
  block_ += record.bytes();
  return block_.size() < kBlockBytes ? Result<>() : flush();
}

Result<> BackupOut::flush() {
  if (block_.empty()) return {};
  chain_ = chained(chain_, block_);
  std::string head;
  append(head, block_.size());
  append(head, chain_);
  out_ << head << block_;
  block_.clear();
  if (out_) return {};
  return Error(Code::kFileUnwritable, "the disk took no more of it");
}

Result<> BackupOut::finish() {
  ATLAS_OK(put(RecordWriter(BackupRecord::kEnd).number(records_)));
  ATLAS_OK(flush());
  out_.flush();
  if (out_) return {};
  return Error(Code::kFileUnwritable, "the disk took no more of it");
}

Result<> BackupIn::read_block() {
  if (!begun_) {
    if (!begins_as_backup(in_)) return unusable_backup("it is no backup of a state");
    begun_ = true;
  }
  std::array<char, 2 * kNumberBytes> head{};
  in_.read(head.data(), head.size());
  if (!in_) return unusable_backup("it ends too early");
  const std::string_view bytes(head.data(), head.size());
  const std::uint64_t size = number_at(bytes);
  if (size > kBlockBytesMax) return unusable_backup("it is damaged");
  block_.resize(size);
  in_.read(block_.data(), static_cast<std::streamsize>(size));
  if (!in_) return unusable_backup("it ends too early");
  chain_ = chained(chain_, block_);
  if (chain_ != number_at(bytes.substr(kNumberBytes))) return unusable_backup("it is damaged");
  at_ = 0;
  return {};
}

Result<RecordReader> BackupIn::next() {
  if (at_ == block_.size()) ATLAS_OK(read_block());
  const std::string_view rest = std::string_view(block_).substr(at_);
  if (rest.size() < kNumberBytes) return unusable_backup("it is damaged");
  const std::uint64_t size = number_at(rest);
  if (size > rest.size() - kNumberBytes) return unusable_backup("it is damaged");
  at_ += kNumberBytes + size;
  RecordReader record(rest.substr(kNumberBytes, size));
  if (record.what() == BackupRecord::kEnd && (at_ != block_.size() || in_.peek() != EOF))
    return unusable_backup("something follows its end");
  return record;
}

}  // namespace atlas
