#include "mapping/yaml_tree.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <map>
#include <sstream>
#include <utility>

namespace atlas {
namespace {

// Thrown out of the parser when a limit is passed; never leaves this file.
struct TooMuch {
  SourcePosition where;
  std::string why;
};

// First position that is not UTF-8 or a control character YAML forbids; nullopt when clean.
std::optional<SourcePosition> first_bad_byte(const std::string& file, std::string_view text) {
  SourcePosition at{file, 1, 1};
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    std::size_t length = 1;
    if (lead >= 0x80) {
      if (lead < 0xC2 || lead > 0xF4) return at;
      length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
      if (i + length > text.size()) return at;
      for (std::size_t k = 1; k < length; ++k) {
        if ((static_cast<unsigned char>(text[i + k]) & 0xC0U) != 0x80U) return at;
      }
      const auto second = static_cast<unsigned char>(text[i + 1]);
      if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
          (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) {
        return at;
      }
    } else if ((lead < ' ' && lead != '\n' && lead != '\r' && lead != '\t') || lead == 0x7F) {
      return at;
    }
    i += length;
    at.column += static_cast<int>(length);  // in bytes, as the parser counts
    if (lead == '\n') at = {file, at.line + 1, 1};
  }
  return std::nullopt;
}

class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(const std::string& file, ProblemList& problems) : file_(file), problems_(problems) {}

  void OnDocumentStart(const YAML::Mark& mark) override { start_ = at(mark); }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    leaf(YamlNode::Kind::kNull, mark, {}, anchor, false);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_tag(mark, tag);
    if (value.size() > kYamlScalarBytesMax) {
      throw TooMuch{at(mark), fmt::format("a text of {} bytes; the limit is {}", value.size(),
                                          kYamlScalarBytesMax)};
    }
    leaf(YamlNode::Kind::kScalar, mark, value, anchor, tag == "!");
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    auto it = anchors_.find(anchor);
    if (it == anchors_.end()) throw TooMuch{at(mark), "an alias inside of what it repeats"};
    count(it->second.size, at(mark));
    place(it->second.node);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    open(YamlNode::Kind::kList, mark, tag, anchor, style == YAML::EmitterStyle::Flow);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    open(YamlNode::Kind::kMap, mark, tag, anchor, style == YAML::EmitterStyle::Flow);
  }
  void OnMapEnd() override { close(); }

  bool has_root() const { return has_root_; }
  YamlNode take_root() { return std::move(root_); }
  const SourcePosition& start() const { return start_; }
  // Where the innermost [ or { stands that is still open.
  std::optional<SourcePosition> open_flow() const {
    if (stack_.empty() || !stack_.back().flow) return std::nullopt;
    return stack_.back().node.where;
  }

 private:
  struct Frame {
    YamlNode node;
    YAML::anchor_t anchor = 0;
    std::size_t nodes_before = 0;
    bool has_key = false;
    bool flow = false;  // in [] or {}
    YamlNode key;
    std::map<std::string, int, std::less<>> lines;  // of the keys so far
  };
  struct Anchored {
    YamlNode node;
    std::size_t size = 0;
  };

  SourcePosition at(const YAML::Mark& mark) const {
    return {file_, mark.line + 1, mark.column + 1};
  }

  void count(std::size_t nodes, const SourcePosition& where) {
    nodes_ += nodes;
    if (nodes_ > kYamlNodesMax)
      throw TooMuch{where,
                    fmt::format("more than {} values, repeated ones counted", kYamlNodesMax)};
  }
  void remember(YAML::anchor_t anchor, const YamlNode& node, std::size_t size) {
    if (anchor == 0) return;
    if (anchors_.size() >= kYamlAnchorsMax)
      throw TooMuch{node.where, fmt::format("more than {} anchors", kYamlAnchorsMax)};
    count(size, node.where);  // it is kept a second time
    anchors_.insert_or_assign(anchor, Anchored{node, size});
  }
  void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    problems_.refuse(Code::kYamlSyntax, at(mark), fmt::format("the tag `{}`", tag),
                     "remove the tag: the schema gives every value its type");
  }

  void leaf(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& text,
            YAML::anchor_t anchor, bool quoted) {
    YamlNode node;
    node.quoted = quoted;
    node.kind = kind;
    node.text = text;
    node.where = at(mark);
    count(1, node.where);
    remember(anchor, node, 1);
    place(std::move(node));
  }
  void open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag,
            YAML::anchor_t anchor, bool flow) {
    refuse_tag(mark, tag);
    Frame frame;
    frame.flow = flow;
    frame.node.kind = kind;
    frame.node.where = at(mark);
    frame.anchor = anchor;
    frame.nodes_before = nodes_;
    count(1, frame.node.where);
    stack_.push_back(std::move(frame));
    if (stack_.size() > static_cast<std::size_t>(kYamlDepthMax)) {
      throw TooMuch{at(mark), fmt::format("nested deeper than {} levels", kYamlDepthMax)};
    }
  }
  void close() {
    Frame frame = std::move(stack_.back());
    stack_.pop_back();
    remember(frame.anchor, frame.node, nodes_ - frame.nodes_before);
    place(std::move(frame.node));
  }
  void place(YamlNode node) {
    if (stack_.empty()) {
      root_ = std::move(node);
      has_root_ = true;
      return;
    }
    Frame& frame = stack_.back();
    if (frame.node.is_list()) {
      frame.node.items.push_back(std::move(node));
    } else if (!frame.has_key) {
      frame.key = std::move(node);
      frame.has_key = true;
    } else {
      frame.has_key = false;
      add_entry(frame, std::move(node));
    }
  }
  void add_entry(Frame& frame, YamlNode value) {
    YamlNode& key = frame.key;
    if (key.is_null()) {  // `~:` and `null:`; yaml-cpp does not hand over the spelling
      problems_.refuse(Code::kWrongShape, key.where, "a key is missing or null",
                       "quote it if the text null is meant: \"null\"");
      return;
    }
    if (!key.is_scalar()) {
      problems_.refuse(Code::kWrongShape, key.where, fmt::format("a key is {}", key.kind_text()),
                       "keys are text");
      return;
    }
    if (key.text == "<<") {
      problems_.refuse(Code::kUnknownKey, key.where,
                       "merge keys (`<<`) are not part of this language",
                       "name the shared operators under `lenses:` and write `use: name`");
      return;
    }
    const auto [earlier, added] = frame.lines.emplace(key.text, key.where.line);
    if (!added) {
      problems_.refuse(Code::kDuplicateKey, key.where,
                       fmt::format("`{}` is already given in line {}", key.text, earlier->second));
      return;
    }
    frame.node.entries.push_back({std::move(key), std::move(value)});
  }

  const std::string& file_;
  ProblemList& problems_;
  SourcePosition start_;
  std::vector<Frame> stack_;
  std::map<YAML::anchor_t, Anchored> anchors_;
  std::size_t nodes_ = 0;
  YamlNode root_;
  bool has_root_ = false;
};

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

}  // namespace

std::string_view YamlNode::kind_text() const {
  switch (kind) {
    case Kind::kNull:
      return "nothing";
    case Kind::kScalar:
      return "text";
    case Kind::kList:
      return "a list";
    case Kind::kMap:
      return "a map";
  }
  return "?";
}

SourcePosition YamlNode::at(std::size_t offset) const {
  SourcePosition out = where;
  out.column += static_cast<int>(offset) + (quoted ? 1 : 0);
  return out;
}

const YamlNode* YamlNode::find(std::string_view key) const {
  for (const YamlEntry& entry : entries) {
    if (entry.key.text == key) return &entry.value;
  }
  return nullptr;
}

std::optional<YamlNode> parse_yaml(const std::string& file, std::string_view text,
                                   ProblemList& problems) {
  const SourcePosition top{file, 1, 1};
  if (text.size() > kYamlBytesMax) {
    problems.refuse(
        Code::kYamlSyntax, top,
        fmt::format("the file has {} bytes; the limit is {}", text.size(), kYamlBytesMax));
    return std::nullopt;
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (auto bad = first_bad_byte(file, text)) {
    problems.refuse(Code::kYamlSyntax, *bad, "a byte that is not UTF-8 text",
                    "save the file as UTF-8 without control characters");
    return std::nullopt;
  }
  std::istringstream stream{std::string(text)};
  TreeBuilder builder(file, problems);
  try {
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder) || !builder.has_root()) {
      problems.refuse(Code::kYamlSyntax, top, "the file is empty", "start with `bridge: 1`");
      return std::nullopt;
    }
    YamlNode root = builder.take_root();
    TreeBuilder second(file, problems);
    if (parser.HandleNextDocument(second) && second.has_root()) {
      problems.refuse(Code::kYamlSyntax, second.start(), "a second document begins here",
                      "one file holds one mapping");
    }
    return root;
  } catch (const TooMuch& limit) {
    problems.refuse(Code::kYamlSyntax, limit.where, limit.why);
  } catch (const YAML::Exception& error) {
    const SourcePosition where =
        error.mark.is_null() ? top
                             : SourcePosition{file, error.mark.line + 1, error.mark.column + 1};
    const bool unclosed = error.msg.find("end of") != std::string::npos && builder.open_flow();
    if (unclosed) {
      problems.refuse(Code::kYamlSyntax, *builder.open_flow(), "what begins here is not closed",
                      fmt::format("the parser noticed in line {}", where.line));
    } else {
      problems.refuse(Code::kYamlSyntax, where, error.msg);
    }
  }
  return std::nullopt;
}

void append_yaml_text(std::string& out, const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      out += "null";
      break;
    case YamlNode::Kind::kScalar:
      append_quoted(out, node.digest.empty() ? node.text : node.digest);
      break;
    case YamlNode::Kind::kList:
      out += '[';
      for (const YamlNode& item : node.items) {
        append_yaml_text(out, item);
        out += ',';
      }
      out += ']';
      break;
    case YamlNode::Kind::kMap:
      out += '{';
      for (const YamlEntry& entry : node.entries) {
        append_yaml_text(out, entry.key);
        out += ':';
        append_yaml_text(out, entry.value);
        out += ',';
      }
      out += '}';
      break;
  }
}

}  // namespace atlas
