#include "mapping/tenant_file.h"

#include "mapping/document.h"
#include "mapping/load_reader.h"
#include "mapping/load_settings.h"
#include "mapping/variables.h"
#include "mapping/yaml_tree.h"
#include "model/text_form.h"
#include "model/zone.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <memory>

namespace atlas {
namespace {

constexpr std::size_t kNameMax = 63;
constexpr std::size_t kTenantBytesMax = 256U << 10U;

bool is_tenant_name(std::string_view name) {
  if (name.empty() || name.size() > kNameMax) return false;
  return std::ranges::all_of(name, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_' || c == '-';
  });
}

// "*", "7", "1-5", each with "/n", separated by commas.
bool is_cron_field(std::string_view field, int least, int most) {
  while (true) {
    const std::size_t comma = field.find(',');
    std::string_view item = field.substr(0, comma);
    const auto number = [&](int& out) {
      const auto [end, error] = std::from_chars(item.data(), item.data() + item.size(), out);
      if (error != std::errc()) return false;
      item.remove_prefix(static_cast<std::size_t>(end - item.data()));
      return true;
    };
    int from = least;
    int to = most;
    if (item.starts_with('*')) {
      item.remove_prefix(1);
    } else {
      if (!number(from)) return false;
      to = from;
      if (item.starts_with('-')) {
        item.remove_prefix(1);
        if (!number(to)) return false;
      }
    }
    if (item.starts_with('/')) {
      item.remove_prefix(1);
      int step = 0;
      if (!number(step) || step < 1) return false;
    }
    if (!item.empty() || from < least || to > most || from > to) return false;
    if (comma == std::string_view::npos) return true;
    field.remove_prefix(comma + 1);
  }
}

void read_texts(const YamlNode* node, std::string_view what,
                std::map<std::string, std::string>& into, ProblemList& problems) {
  if (node == nullptr || !expect(*node, YamlNode::Kind::kMap, what, problems)) return;
  for (const YamlEntry& entry : node->entries) {
    if (auto text = read_text(entry.value, fmt::format("{} {}", what, entry.key.text), problems))
      into.emplace(entry.key.text, std::move(*text));
  }
}

void read_schedule(const YamlNode* node, TenantFile& out, ProblemList& problems) {
  if (node == nullptr) return;
  MapReader map(*node, "schedule", problems);
  if (const YamlNode* cron = map.require("cron", "schedule: {cron: \"*/5 * * * *\"}")) {
    if (auto text = read_text(*cron, "`schedule.cron`", problems)) {
      if (const char* why = cron_problem(*text))
        problems.refuse(Code::kWrongShape, cron->where, fmt::format("`{}`: {}", *text, why),
                        "minute hour day month weekday, as in crontab(5)");
      out.cron = std::move(*text);
    }
  }
  if (const YamlNode* zone = map.take("zone")) {
    if (auto text = read_text(*zone, "`schedule.zone`", problems)) {
      if (!find_zone(*text))
        problems.refuse(Code::kUnknownName, zone->where,
                        fmt::format("there is no time zone {}", *text), "such as Europe/Berlin");
      out.zone = std::move(*text);
    }
  }
  map.finish();
}

void read_paused(const YamlNode* node, TenantFile& out, ProblemList& problems) {
  if (node == nullptr) return;
  auto text = read_text(*node, "`paused`", problems);
  if (!text || *text == "false") return;
  if (*text == "true") {
    problems.refuse(Code::kWrongShape, node->where, "a pause has a reason",
                    "paused: moving to the new data centre");
    return;
  }
  out.paused = std::move(*text);
}

void read_tenant(const YamlNode& root, TenantFile& out, ProblemList& problems) {
  MapReader map(root, "the tenant", problems);
  if (!map.ok()) return;
  const std::string fix =
      "id: a UUID of its own (uuidgen makes one); every minted key depends on it";
  if (const YamlNode* id = map.require("id", fix)) {
    if (auto text = read_text(*id, "`id`", problems)) {
      const auto uuid = parse_uuid(*text);
      if (uuid)
        out.id = uuid_text(*uuid);
      else
        problems.refuse(Code::kWrongShape, id->where, "`id` is no UUID", fix);
    }
  }
  read_texts(map.take("variables"), "`variables`", out.variables, problems);
  read_schedule(map.take("schedule"), out, problems);
  read_texts(map.take("labels"), "`labels`", out.labels, problems);
  if (const YamlNode* phase = map.take("phase")) {
    Phase given = Phase::kDual;
    read_enum<Phase>(phase, "`phase`", phase_names(), given, problems);
    out.phase = given;
  }
  read_paused(map.take("paused"), out, problems);
  map.finish();
}

}  // namespace

const char* cron_problem(std::string_view cron) {
  struct Range {
    int least, most;
  };
  constexpr std::array<Range, 5> kRanges = {{{0, 59}, {0, 23}, {1, 31}, {1, 12}, {0, 7}}};
  for (std::size_t i = 0; i < kRanges.size(); ++i) {
    const std::size_t space = cron.find(' ');
    if ((space == std::string_view::npos) != (i + 1 == kRanges.size()))
      return "a schedule has five fields, one space between them";
    if (!is_cron_field(cron.substr(0, space), kRanges[i].least, kRanges[i].most))
      return "a field is outside its range or no cron field";
    if (space != std::string_view::npos) cron.remove_prefix(space + 1);
  }
  return nullptr;
}

std::string scope_text(const Document& document) {
  const auto constant = [&](const Literal& literal) {
    if (literal.kind != Literal::Kind::kVariable) return literal.text;
    const auto found = std::ranges::find_if(
        document.variables, [&](const VariableDecl& v) { return v.name.text == literal.text; });
    return found == document.variables.end() ? literal.text : found->value;
  };
  std::string out;
  for (const EntityDecl& entity : document.entities) {
    out += entity.name.text + ":";
    for (const ScopeDecl& scope : entity.scope) {
      for (const Equality& row : scope.rows)
        out += fmt::format("{}={},", row.column.column, constant(row.value));
      out += ';';
    }
  }
  return out;
}

std::string tenant_name(const std::string& file) {
  return std::filesystem::path(file).stem().string();
}

LoadedTenant load_tenant_file(const std::string& file, const Variables& environment) {
  LoadedTenant out;
  TenantFile tenant;
  tenant.file = file;
  tenant.name = tenant_name(file);
  std::ifstream in(file, std::ios::binary);
  std::string text(kTenantBytesMax, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (in.bad() || (!in && !in.eof())) {
    out.problems.push_back(
        {Error(Code::kConfigUnreadable, fmt::format("{} cannot be opened", file)).at(file), true});
    return out;
  }
  // Never quoted in messages: values may be secrets.
  ProblemList problems(std::make_shared<const SourceText>(std::string()));
  if (!is_tenant_name(tenant.name)) {
    problems.refuse(Code::kWrongShape, SourcePosition{file, 1, 1},
                    fmt::format("`{}` is no tenant's name", tenant.name),
                    "letters, digits, `.`, `_` and `-`, at most 63");
  }
  if (auto root = parse_yaml(file, text, problems)) {
    substitute_tree(*root, environment, std::filesystem::path(file).parent_path().string(),
                    problems);
    read_tenant(*root, tenant, problems);
  }
  if (!problems.fatal()) out.tenant = std::move(tenant);
  out.problems = problems.take();
  return out;
}

std::vector<std::string> tenant_files(const std::string& mapping_file) {
  const auto folder = std::filesystem::path(mapping_file).parent_path() / "tenants";
  std::vector<std::string> out;
  std::error_code failed;
  for (std::filesystem::directory_iterator at(folder, failed), end; !failed && at != end;
       at.increment(failed)) {
    if (at->path().extension() == ".yaml" && !at->path().filename().string().starts_with('.'))
      out.push_back(at->path().string());
  }
  std::sort(out.begin(), out.end());
  return out;
}

Variables with_tenant(const TenantFile& tenant, Variables environment) {
  return [values = tenant.variables, environment = std::move(environment)](
             const std::string& name) -> std::optional<std::string> {
    const auto found = values.find(name);
    if (found != values.end()) return found->second;
    return environment ? environment(name) : std::nullopt;
  };
}

}  // namespace atlas
