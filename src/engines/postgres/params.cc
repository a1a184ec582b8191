#include "engines/postgres/params.h"

namespace atlas::postgres {
namespace {

// Dimensions, null flag, element type, length, lower bound.
constexpr std::size_t kArrayHeader = 20;

}  // namespace

ArrayWriter::ArrayWriter(std::string& out, Oid element) : CellWriter(out), type_(element) {
  out_.resize(kArrayHeader);
}

ArrayWriter::~ArrayWriter() {
  store_big(out_.data(), std::uint32_t{count_ == 0 ? 0U : 1U});
  store_big(out_.data() + 4, std::uint32_t{nulls_ ? 1U : 0U});
  store_big(out_.data() + 8, type_);
  if (count_ == 0) {
    out_.resize(12);
    return;
  }
  store_big(out_.data() + 12, count_);
  store_big(out_.data() + 16, std::uint32_t{1});
}

void CellWriter::null() {
  append_big(out_, ~std::uint32_t{0});
  nulls_ = true;
  ++count_;
}

char* CellWriter::element(std::size_t size) {
  const std::size_t at = out_.size();
  out_.resize(at + 4 + size);
  store_big(out_.data() + at, static_cast<std::uint32_t>(size));
  ++count_;
  return out_.data() + at + 4;
}

void CellWriter::raw(std::string_view bytes) {
  append_big(out_, static_cast<std::uint32_t>(bytes.size()));
  out_.append(bytes);
  ++count_;
}

std::string& Params::next() {
  if (used_ == buffers_.size()) {
    buffers_.emplace_back();
    nulls_.push_back(false);
  }
  buffers_[used_].clear();
  nulls_[used_] = false;
  return buffers_[used_++];
}

Params& Params::text(std::string_view value) {
  next().assign(value);
  return *this;
}

Params& Params::boolean(bool value) {
  next().push_back(value ? '\1' : '\0');
  return *this;
}

Params& Params::int2(std::int16_t value) {
  append_big(next(), static_cast<std::uint16_t>(value));
  return *this;
}

Params& Params::int4(std::int32_t value) {
  append_big(next(), static_cast<std::uint32_t>(value));
  return *this;
}

Params& Params::int8(std::int64_t value) {
  append_big(next(), static_cast<std::uint64_t>(value));
  return *this;
}

Params& Params::null() {
  next();
  nulls_[used_ - 1] = true;
  return *this;
}

Params& Params::texts(const std::vector<std::string>& values) {
  ArrayWriter out = array(kTextOid);
  for (const std::string& value : values) out.raw(value);
  return *this;
}

void Params::arrange(std::vector<const char*>& values, std::vector<int>& lengths,
                     std::vector<int>& formats) const {
  values.resize(used_);
  lengths.resize(used_);
  formats.assign(used_, 1);
  for (std::size_t i = 0; i < used_; ++i) {
    values[i] = nulls_[i] ? nullptr : buffers_[i].data();
    lengths[i] = static_cast<int>(buffers_[i].size());
  }
}

}  // namespace atlas::postgres
