#include "sim/agree/canon_testing.h"

#include "model/text_form.h"

#include <fmt/format.h>

#include <array>

namespace atlas::agree {
namespace {

// 2025: scripts' own stamps are earlier, every endpoint's clock is later.
constexpr std::int64_t kClocks = 1'735'689'600'000'000;

}  // namespace

std::string Canon::moment(std::int64_t us) {
  return fmt::format("now{}", moments_.try_emplace(us, moments_.size() + 1).first->second);
}

std::string Canon::value(const Value& value) {
  if (value.tag() == Tag::kInstant && value.as_int() > kClocks) return moment(value.as_int());
  return value_text(value);
}

std::string Canon::cells(std::span<const Value> cells) {
  std::string out;
  for (const Value& cell : cells) out += (out.empty() ? "" : ", ") + value(cell);
  return "(" + out + ")";
}

std::string Canon::version(const std::string& table, KeyView key, RowVersion version) {
  const RowId id{table, Key(key)};
  first_.try_emplace(id, version);
  auto& known = versions_[id];
  const std::size_t ordinal = known.try_emplace(version.token, known.size() + 1).first->second;
  std::string out = fmt::format("v{}", ordinal);
  if (version.stamp_us == kMinusInfinity) return out;
  return out + "@" + value(Value::instant(version.stamp_us));
}

std::string Canon::error(const Error& error) {
  std::string out = fmt::format("{} {}", code_text(error.code()), info(error.code()).name);
  if (!error.constraint().empty()) out += " by " + error.constraint();
  return out;
}

std::string Canon::result(const std::string& table, KeyView key, bool alone,
                          const WriteResult& result) {
  std::string said(status_name(result.status));
  if (result.version.token != 0) said += " " + version(table, key, result.version);
  if (result.error) said += " " + error(*result.error);
  if (!alone && result.status != WriteStatus::kApplied) said = "not applied: " + said;
  return fmt::format("{} {}: {}", table, key_text(key), said);
}

RowVersion Canon::first(const std::string& table, KeyView key) const {
  const auto it = first_.find({table, Key(key)});
  return it == first_.end() ? RowVersion{} : it->second;
}

std::string_view status_name(WriteStatus status) {
  constexpr std::array<std::string_view, 7> names = {
      "applied", "stale", "key taken", "suppressed", "rejected", "referred", "skipped"};
  return names.at(static_cast<std::size_t>(status));
}

}  // namespace atlas::agree
