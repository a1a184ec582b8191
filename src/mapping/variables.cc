#include "mapping/variables.h"

#include <fmt/format.h>

#include <cctype>
#include <filesystem>
#include <fstream>
#include <optional>
#include <utility>

namespace atlas {
namespace {

constexpr int kNestingMax = 8;  // ${A:-${B:-${C}}}

bool is_variable_name(std::string_view name) {
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name.front())) != 0) return false;
  for (const char c : name) {
    if (c != '_' && std::isalnum(static_cast<unsigned char>(c)) == 0) return false;
  }
  return true;
}

class Substitution {
 public:
  Substitution(const Variables& variables, const std::string& folder)
      : variables_(variables), folder_(folder) {}

  Result<std::string> run(std::string_view text, int depth) const {
    if (depth > kNestingMax)
      return Error(Code::kWrongShape,
                   fmt::format("variables nested deeper than {} levels", kNestingMax));
    std::string out;
    while (true) {
      const std::size_t found = text.find("${");
      if (found == std::string_view::npos) return out += text, out;
      if (found > 0 && text[found - 1] == '$') {
        out += text.substr(0, found);
        out += '{';
        text.remove_prefix(found + 2);
        continue;
      }
      out += text.substr(0, found);
      text.remove_prefix(found + 2);
      const std::optional<std::size_t> end = closing_brace(text);
      if (!end)
        return Error(Code::kWrongShape, "a `${` without its `}`")
            .advise("write $${ for a plain ${");
      ATLAS_TRY(const std::string value, reference(text.substr(0, *end), depth));
      out += value;
      text.remove_prefix(*end + 1);
    }
  }

 private:
  static std::optional<std::size_t> closing_brace(std::string_view text) {
    int open = 1;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '{' && i > 0 && text[i - 1] == '$') ++open;
      if (text[i] == '}' && --open == 0) return i;
    }
    return std::nullopt;
  }

  Result<std::string> reference(std::string_view inside, int depth) const {
    if (inside.starts_with("file:")) return read_included(inside.substr(5), folder_);
    const std::size_t colon = inside.find(':');
    const std::string name(inside.substr(0, colon));
    if (!is_variable_name(name)) {
      return Error(Code::kWrongShape, "what stands in `${…}` is no variable name")
          .advise("${NAME}, ${NAME:-default}, ${NAME:?message} or ${file:path}");
    }
    const std::optional<std::string> value = variables_ ? variables_(name) : std::nullopt;
    if (colon == std::string_view::npos) {
      if (value) return *value;
      return Error(Code::kVariableMissing, fmt::format("{} is not set", name));
    }
    const std::string_view rest = inside.substr(colon + 1);
    if (!rest.starts_with('-') && !rest.starts_with('?')) {
      return Error(Code::kWrongShape,
                   fmt::format("after `${{{}:` comes `-default}}` or `?message}}`", name));
    }
    if (value && !value->empty()) return *value;
    if (rest.front() == '-') return run(rest.substr(1), depth + 1);
    return Error(Code::kVariableMissing, fmt::format("{} is not set: {}", name, rest.substr(1)))
        .advise(fmt::format("set {} in the environment", name));
  }

  const Variables& variables_;
  const std::string& folder_;
};

}  // namespace

Result<std::string> read_included(std::string_view path, const std::string& folder) {
  if (path.empty()) return Error(Code::kWrongShape, "`${file:}` names no file");
  std::filesystem::path full{std::string(path)};
  if (full.is_relative()) full = std::filesystem::path(folder) / full;
  std::error_code failed;
  if (!std::filesystem::is_regular_file(full, failed)) {
    // Kubernetes mounts secrets as links, which is_regular_file follows.
    return Error(Code::kConfigUnreadable,
                 fmt::format("`${{file:{}}}`: there is no such file", path))
        .advise(fmt::format("looked for {}", full.string()));
  }
  std::ifstream in(full, std::ios::binary);
  std::string text(kIncludedFileBytesMax + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad() || (!in && !in.eof())) {
    return Error(Code::kConfigUnreadable, fmt::format("`${{file:{}}}` cannot be read", path))
        .advise("check its permissions");
  }
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > kIncludedFileBytesMax) {
    return Error(Code::kConfigUnreadable,
                 fmt::format("`${{file:{}}}` has more than {} bytes", path, kIncludedFileBytesMax))
        .advise("name the file that holds just the value");
  }
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  return text;
}

Result<std::string> substitute(std::string_view text, const Variables& variables,
                               const std::string& folder) {
  return Substitution(variables, folder).run(text, 0);
}

void substitute_tree(YamlNode& node, const Variables& variables, const std::string& folder,
                     ProblemList& problems) {
  if (node.is_scalar() && node.text.find("${") != std::string::npos) {
    Result<std::string> value = substitute(node.text, variables, folder);
    if (value) {
      node.text = std::move(*value);
    } else {
      problems.refuse(std::move(value).error(), node.where);
      node.kind = YamlNode::Kind::kNull;
      node.unresolved = true;
    }
  }
  for (YamlNode& item : node.items) substitute_tree(item, variables, folder, problems);
  for (YamlEntry& entry : node.entries) substitute_tree(entry.value, variables, folder, problems);
}

}  // namespace atlas
