#include "apply/intent_codec.h"

#include <cstring>

namespace atlas {
namespace {

constexpr char kVersion = 2;
constexpr char kWithoutMids = 1;  // written before conflicts could be undone

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}
  void number(std::uint64_t v) {
    while (v >= 0x80) {
      out_.push_back(static_cast<char>(v | 0x80U));
      v >>= 7U;
    }
    out_.push_back(static_cast<char>(v));
  }
  void fixed(std::uint64_t v) { out_.append(reinterpret_cast<const char*>(&v), sizeof v); }
  void text(std::string_view v) {
    number(v.size());
    out_ += v;
  }

 private:
  std::string& out_;
};

class Reader {
 public:
  explicit Reader(std::string_view in) : in_(in) {}
  bool ok() const { return ok_; }
  bool at_end() const { return in_.empty(); }
  std::uint64_t number() {
    std::uint64_t v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (in_.empty()) break;
      const auto byte = static_cast<unsigned char>(in_.front());
      in_.remove_prefix(1);
      v |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
      if ((byte & 0x80U) == 0) return v;
    }
    ok_ = false;
    return 0;
  }
  std::uint64_t fixed() {
    std::uint64_t v = 0;
    if (in_.size() < sizeof v) {
      ok_ = false;
      return 0;
    }
    std::memcpy(&v, in_.data(), sizeof v);
    in_.remove_prefix(sizeof v);
    return v;
  }
  std::string_view text() {
    const std::uint64_t size = number();
    if (size > in_.size()) {
      ok_ = false;
      return {};
    }
    const std::string_view out = in_.substr(0, size);
    in_.remove_prefix(size);
    return out;
  }
  // A count that cannot exceed what is left.
  std::size_t count() {
    const std::uint64_t n = number();
    if (n > in_.size()) ok_ = false;
    return ok_ ? n : 0;
  }

 private:
  std::string_view in_;
  bool ok_ = true;
};

Conflict read_loser(Reader& r, const Effect& effect, char version) {
  Conflict c;
  c.instance = {Side::kLegacy, effect.kind, Key(effect.legacy_key)};
  c.platform_key = Key(effect.platform_key);
  for (std::string* text : {&c.field, &c.legacy_value, &c.platform_value, &c.winner, &c.reason}) {
    *text = r.text();
  }
  if (version > kWithoutMids) {
    c.legacy_mid = r.text();
    c.platform_mid = r.text();
  }
  for (RowVersion* v : {&c.legacy_version, &c.platform_version}) {
    v->token = r.fixed();
    v->stamp_us = static_cast<std::int64_t>(r.fixed());
  }
  c.at = Instant(Micros(static_cast<std::int64_t>(r.fixed())));
  return c;
}

}  // namespace

std::string encode_intent(std::span<const Effect> effects,
                          std::span<const std::string> field_names) {
  std::string out;
  out.reserve(effects.size() * 96 + 64);
  out.push_back(kVersion);
  Writer w(out);
  w.number(field_names.size());
  for (const std::string& name : field_names) w.text(name);
  w.number(effects.size());
  for (const Effect& e : effects) {
    w.number(e.ordinal);
    w.number(e.kind);
    w.text(e.legacy_key);
    w.text(e.platform_key);
    w.number(e.generation);
    w.number(e.part);
    w.number(static_cast<std::uint64_t>(e.write) | (e.creates_link ? 4U : 0U) |
             (e.unverified ? 8U : 0U) | (static_cast<std::uint64_t>(e.liveness) << 4U));
    w.fixed(static_cast<std::uint64_t>(e.user_stamp_us));
    w.fixed(e.match);
    w.number(e.fields.size());
    for (const FieldEffect& f : e.fields) {
      w.number(f.field);
      w.fixed(f.hash);
    }
    w.number(e.losers.size());
    for (const Conflict& c : e.losers) {
      for (const std::string* text : {&c.field, &c.legacy_value, &c.platform_value, &c.winner,
                                      &c.reason, &c.legacy_mid, &c.platform_mid}) {
        w.text(*text);
      }
      for (const RowVersion& v : {c.legacy_version, c.platform_version}) {
        w.fixed(v.token);
        w.fixed(static_cast<std::uint64_t>(v.stamp_us));
      }
      w.fixed(static_cast<std::uint64_t>(c.at.time_since_epoch().count()));
    }
  }
  return out;
}

Result<DecodedIntent> decode_intent(std::string_view payload) {
  DecodedIntent out;
  const char version = payload.empty() ? char{0} : payload.front();
  if (version != kVersion && version != kWithoutMids)
    return Error(Code::kStateUnusable, "an intent has an unknown version");
  Reader r(payload.substr(1));
  const std::size_t names = r.count();
  for (std::size_t i = 0; i < names && r.ok(); ++i) out.field_names.emplace_back(r.text());
  const std::size_t effects = r.count();
  for (std::size_t i = 0; i < effects && r.ok(); ++i) {
    Effect e;
    e.ordinal = static_cast<std::uint32_t>(r.number());
    e.kind = static_cast<std::uint16_t>(r.number());
    e.legacy_key = out.arena.copy(r.text());
    e.platform_key = out.arena.copy(r.text());
    e.generation = static_cast<std::uint32_t>(r.number());
    e.part = static_cast<std::uint32_t>(r.number());
    const std::uint64_t flags = r.number();
    if ((flags & 3U) > 2 || (flags >> 4U) > 2)
      return Error(Code::kStateUnusable, "an intent is damaged");
    e.write = static_cast<WriteKind>(flags & 3U);
    e.creates_link = (flags & 4U) != 0;
    e.unverified = (flags & 8U) != 0;
    e.liveness = static_cast<LivenessEffect>(flags >> 4U);
    e.user_stamp_us = static_cast<std::int64_t>(r.fixed());
    e.match = r.fixed();
    const std::size_t fields = r.count();
    for (std::size_t f = 0; f < fields && r.ok(); ++f) {
      FieldEffect field;
      field.field = static_cast<std::uint32_t>(r.number());
      field.hash = r.fixed();
      if (field.field >= out.field_names.size())
        return Error(Code::kStateUnusable, "an intent names an unknown field");
      e.fields.push_back(field);
    }
    const std::size_t losers = r.count();
    for (std::size_t c = 0; c < losers && r.ok(); ++c)
      e.losers.push_back(read_loser(r, e, version));
    out.effects.push_back(std::move(e));
  }
  if (!r.ok() || !r.at_end()) return Error(Code::kStateUnusable, "an intent is damaged");
  return out;
}

}  // namespace atlas
