#include "model/value.h"

namespace atlas {

Value Value::uuid(const Uuid& v, Arena& arena) {
  return bytes_of(Tag::kUuid, arena.copy({reinterpret_cast<const char*>(v.data()), v.size()}));
}

Value Value::interval(const Interval& v, Arena& arena) {
  return bytes_of(Tag::kInterval, arena.copy({reinterpret_cast<const char*>(&v), sizeof v}));
}

Uuid Value::as_uuid() const {
  Uuid out{};
  std::memcpy(out.data(), u_.p, out.size());
  return out;
}

Interval Value::as_interval() const {
  Interval out;
  std::memcpy(&out, u_.p, sizeof out);
  return out;
}

Value Value::copy_to(Arena& arena) const {
  if (!has_content()) return *this;
  return bytes_of(tag_, arena.copy(as_text()));
}

bool operator==(const Value& a, const Value& b) {
  if (a.tag_ != b.tag_) return false;
  if (a.tag_ == Tag::kNull) return true;
  if (a.tag_ == Tag::kFloat) return a.u_.f == b.u_.f || (a.u_.f != a.u_.f && b.u_.f != b.u_.f);
  if (a.has_content()) return a.as_text() == b.as_text();
  return a.u_.i == b.u_.i;
}

}  // namespace atlas
