#include "state/passed_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace atlas {
namespace {

constexpr const char* kListNote = "checks";        // a line each, the newest first
constexpr const char* kEarlierListNote = "check";  // of versions that kept one: its hashes only

struct Entry {
  CheckedHashes hashes;
  std::size_t slot = 0;  // whose note has what it saw
};

std::string hashes_text(const CheckedHashes& hashes) {
  return fmt::format("{:016x}{:016x}", hashes.mapping, hashes.schemas);
}

std::string slot_note(std::size_t slot) { return fmt::format("checked schemas {}", slot); }

template <class Number>
bool parse(std::string_view text, int base, Number& out) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), out, base);
  return read.ec == std::errc() && read.ptr == text.data() + text.size();
}

// "<mapping><schemas> <slot>"; a line that is none is left out.
std::vector<Entry> parse_list(std::string_view text) {
  constexpr std::size_t kDigits = 16;
  std::vector<Entry> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    Entry entry;
    if (line.size() > 2 * kDigits + 1 && line[2 * kDigits] == ' ' &&
        parse(line.substr(0, kDigits), 16, entry.hashes.mapping) &&
        parse(line.substr(kDigits, kDigits), 16, entry.hashes.schemas) &&
        parse(line.substr(2 * kDigits + 1), 10, entry.slot) && entry.slot < kPassedChecksMax)
      out.push_back(entry);
  }
  return out;
}

Result<std::vector<Entry>> read_list(StateStore& state, TenantId tenant) {
  ATLAS_TRY(const std::optional<std::string> note, state.note(tenant, kListNote));
  return parse_list(note.value_or(""));
}

auto of_mapping(const std::vector<Entry>& list, std::uint64_t mapping) {
  return std::ranges::find_if(list, [&](const Entry& e) { return e.hashes.mapping == mapping; });
}

std::size_t free_slot(const std::vector<Entry>& list) {
  std::array<bool, kPassedChecksMax> taken{};
  for (const Entry& entry : list) taken.at(entry.slot) = true;
  return static_cast<std::size_t>(std::ranges::find(taken, false) - taken.begin());
}

}  // namespace

Result<CheckStanding> check_standing(StateStore& state, TenantId tenant,
                                     const CheckedHashes& hashes) {
  ATLAS_TRY(const std::vector<Entry> list, read_list(state, tenant));
  const auto found = of_mapping(list, hashes.mapping);
  if (found != list.end())
    return found->hashes == hashes ? CheckStanding::kPassed : CheckStanding::kOtherSchemas;
  ATLAS_TRY(const std::optional<std::string> earlier, state.note(tenant, kEarlierListNote));
  if (!earlier || earlier->empty())
    return list.empty() ? CheckStanding::kNone : CheckStanding::kOtherMapping;
  const std::string wanted = hashes_text(hashes);
  if (*earlier == wanted) return CheckStanding::kPassed;
  const std::size_t mapping_digits = wanted.size() / 2;
  return earlier->compare(0, mapping_digits, wanted, 0, mapping_digits) == 0
             ? CheckStanding::kOtherSchemas
             : CheckStanding::kOtherMapping;
}

Result<> keep_check(StateStore& state, TenantId tenant, const CheckedHashes& hashes,
                    const std::string& schemas) {
  ATLAS_TRY(std::vector<Entry> list, read_list(state, tenant));
  std::erase_if(list, [&](const Entry& e) { return e.hashes.mapping == hashes.mapping; });
  if (list.size() >= kPassedChecksMax) list.resize(kPassedChecksMax - 1);
  list.insert(list.begin(), Entry{hashes, free_slot(list)});
  // What it saw comes first: a list that names it finds it. It begins with the hashes, since two
  // checks at a time may take the same place.
  ATLAS_OK(
      state.put_note(tenant, slot_note(list.front().slot), hashes_text(hashes) + '\n' + schemas));
  std::string text;
  for (const Entry& entry : list)
    text += fmt::format("{} {}\n", hashes_text(entry.hashes), entry.slot);
  return state.put_note(tenant, kListNote, text);
}

Result<std::optional<std::string>> schemas_checked(StateStore& state, TenantId tenant,
                                                   std::uint64_t mapping) {
  ATLAS_TRY(const std::vector<Entry> list, read_list(state, tenant));
  const auto found = of_mapping(list, mapping);
  if (found == list.end()) return std::optional<std::string>();
  ATLAS_TRY(std::optional<std::string> note, state.note(tenant, slot_note(found->slot)));
  const std::string head = hashes_text(found->hashes) + '\n';
  if (!note || !note->starts_with(head)) return std::optional<std::string>();
  note->erase(0, head.size());
  return note;
}

}  // namespace atlas
