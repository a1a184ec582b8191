#include "mapping/lens_json_edit.h"

#include "mapping/lens_json_scan.h"
#include "mapping/lens_reasons.h"
#include "model/decimal.h"

#include <algorithm>
#include <optional>

namespace atlas {
namespace {

JsonKind kind_at(char first) {
  switch (first) {
    case '{':
      return JsonKind::kObject;
    case '[':
      return JsonKind::kArray;
    case '"':
      return JsonKind::kString;
    case 't':
    case 'f':
      return JsonKind::kBool;
    case 'n':
      return JsonKind::kNull;
    default:
      return JsonKind::kNumber;
  }
}

// A range of bytes in a document.
struct Extent {
  std::size_t begin = 0, end = 0;
  std::string_view of(std::string_view document) const {
    return document.substr(begin, end - begin);
  }
};

struct Member {
  Extent key, value;
  std::size_t after_previous = 0;  // end of the member before, or after the opening brace
};

bool key_is(std::string_view quoted, std::string_view key) {
  const std::string_view raw = quoted.substr(1, quoted.size() - 2);
  if (raw.find('\\') == std::string_view::npos) return raw == key;
  Arena arena;
  std::string_view text;
  return json_unquote(quoted, arena, text).ok() && text == key;
}

// Calls `visit` with each member of the object at `begin` of a valid document; gives the end of the
// last member, or the place after the opening brace.
template <class Visit>
std::size_t each_member(std::string_view document, std::size_t begin, Visit visit) {
  JsonScan scan(document, begin + 1);
  std::size_t after_previous = begin + 1;
  scan.skip_space();
  while (scan.peek() != '}') {
    Member member;
    member.after_previous = after_previous;
    member.key.begin = scan.at();
    (void)scan.skip_string();
    member.key.end = scan.at();
    scan.skip_space();
    (void)scan.eat(':');
    scan.skip_space();
    member.value.begin = scan.at();
    (void)scan.skip_value();
    member.value.end = after_previous = scan.at();
    visit(member);
    scan.skip_space();
    if (scan.eat(',')) scan.skip_space();
  }
  return after_previous;
}

// Where a path leads.
struct Place {
  Fit fit;
  std::size_t depth = 0;               // path elements that are there
  Extent value;                        // of the deepest value that is there
  JsonKind kind = JsonKind::kMissing;  // of that value
  std::size_t holder = 0;              // where the object around it begins
  std::size_t members_end = 0;  // kind is kObject and the path goes on: where a member is added
};

Place locate(std::string_view document, JsonPath path) {
  Place out;
  JsonScan scan(document);
  scan.skip_space();
  out.value.begin = scan.at();
  const bool value = scan.skip_value();
  out.value.end = scan.at();
  scan.skip_space();
  if (!value || !scan.done()) {
    out.fit = {reason::kNotJson};
    return out;
  }
  out.kind = kind_at(document[out.value.begin]);
  while (out.depth < path.size() && out.kind != JsonKind::kNull) {
    if (out.kind != JsonKind::kObject) {
      out.fit = {reason::kNotObject};
      return out;
    }
    std::optional<Member> found;
    const std::size_t holder = out.value.begin;
    out.members_end = each_member(document, holder, [&](const Member& member) {
      if (key_is(member.key.of(document), path[out.depth])) found = member;
    });
    if (!found) return out;
    out.holder = holder;
    out.value = found->value;
    out.kind = kind_at(document[out.value.begin]);
    ++out.depth;
  }
  return out;
}

// {"a": {"b": value}} for the path a, b.
std::string nested(JsonPath path, std::string_view value) {
  std::string out;
  for (const std::string& key : path) {
    out += '{';
    json_quote(out, key);
    out += ": ";
  }
  out += value;
  out.append(path.size(), '}');
  return out;
}

std::string_view splice(std::string_view document, Extent extent, std::string_view text,
                        Arena& arena) {
  const std::size_t tail = document.size() - extent.end;
  char* const out = arena.allocate(extent.begin + text.size() + tail);
  char* at = std::ranges::copy(document.substr(0, extent.begin), out).out;
  at = std::ranges::copy(text, at).out;
  at = std::ranges::copy(document.substr(extent.end), at).out;
  return {out, static_cast<std::size_t>(at - out)};
}

}  // namespace

bool json_valid(std::string_view text) {
  JsonScan scan(text);
  scan.skip_space();
  if (!scan.skip_value()) return false;
  scan.skip_space();
  return scan.done();
}

bool jsonb_holds(std::string_view text) {
  Arena arena;
  JsonScan scan(text);
  while (!scan.done()) {
    const std::size_t begin = scan.at();
    const char first = scan.peek();
    std::string_view plain;
    if (first == '"') {
      if (!scan.skip_string()) return false;
      const std::string_view string = text.substr(begin, scan.at() - begin);
      if (string.find('\\') == std::string_view::npos) continue;
      if (!json_unquote(string, arena, plain).ok() || plain.find('\0') != std::string_view::npos)
        return false;
    } else if (scan.skip_number()) {
      if (!Decimal::parse(text.substr(begin, scan.at() - begin))) return false;
    } else {
      (void)scan.eat(first);
    }
  }
  return true;
}

JsonFound json_find(std::string_view document, JsonPath path) {
  const Place place = locate(document, path);
  if (!place.fit.ok() || place.depth < path.size()) return {place.fit, JsonKind::kMissing, {}};
  return {{}, place.kind, place.value.of(document)};
}

Fit json_set(std::string_view document, JsonPath path, std::string_view value, Arena& arena,
             std::string_view& out) {
  if (document.empty()) {
    out = arena.copy(nested(path, value));
    return {};
  }
  const Place place = locate(document, path);
  if (!place.fit.ok()) return place.fit;
  const JsonPath missing = path.subspan(place.depth);
  // The value itself, or a null on the way that makes room for objects.
  if (missing.empty() || place.kind == JsonKind::kNull) {
    out = splice(document, place.value, nested(missing, value), arena);
    return {};
  }
  std::string member = place.members_end == place.value.begin + 1 ? "" : ", ";
  json_quote(member, missing.front());
  member += ": ";
  member += nested(missing.subspan(1), value);
  out = splice(document, {place.members_end, place.members_end}, member, arena);
  return {};
}

Fit json_remove(std::string_view document, JsonPath path, Arena& arena, std::string_view& out) {
  out = document;
  const Place place = locate(document, path);
  if (!place.fit.ok() || place.depth < path.size() || path.empty()) return place.fit;
  // All members of that key: without the last one, the one before would count.
  std::string edited(document.substr(0, place.holder + 1));
  bool first = true;
  const std::size_t end = each_member(document, place.holder, [&](const Member& member) {
    if (key_is(member.key.of(document), path.back())) return;
    const std::size_t begin = first ? member.key.begin : member.after_previous;
    edited += document.substr(begin, member.value.end - begin);
    first = false;
  });
  edited += document.substr(end);
  out = arena.copy(edited);
  return {};
}

std::vector<std::string_view> json_elements(std::string_view array) {
  std::vector<std::string_view> out;
  JsonScan scan(array, 1);
  scan.skip_space();
  while (!scan.done() && scan.peek() != ']') {
    const std::size_t begin = scan.at();
    (void)scan.skip_value();
    out.push_back(array.substr(begin, scan.at() - begin));
    scan.skip_space();
    if (scan.eat(',')) scan.skip_space();
  }
  return out;
}

}  // namespace atlas
