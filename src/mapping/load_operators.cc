#include "mapping/load_operators.h"

#include "mapping/load_expressions.h"
#include "mapping/load_scripts.h"
#include "mapping/load_value_operators.h"
#include "mapping/suggest.h"

#include <fmt/format.h>

#include <algorithm>

namespace atlas {
namespace {

// Operators of the language that this version does not have.
constexpr const char* kNotYet[] = {"remember", "code", "collect", "ref_by", "lookup"};

// Keys that change the mid value: what the field's fingerprint is made of (E15).
constexpr const char* kMeaning[] = {
    "absent", "ambiguous", "bits",      "canon",      "circle_polygon", "else",
    "enum",   "epoch",     "gap",       "hash",       "join",           "json",
    "mask",   "null_zero", "offset",    "pack",       "pattern",        "point",
    "ref",    "scale",     "split",     "truncate",   "type",           "tz",
    "derive", "lua",       "to_legacy", "to_platform"};

// Keys that say something only beside another one.
struct Belongs {
  const char* key;
  const char* to;
};
constexpr Belongs kBelongs[] = {
    {"prefer", "enum"},    {"else", "enum"},   {"null_zero", "epoch"},
    {"type", "json"},      {"absent", "json"}, {"absent", "pack"},
    {"on_missing", "ref"}, {"defer", "ref"},   {"on_custom_shape", "circle_polygon"}};

constexpr const char* kValueOperators[] = {
    "enum",  "scale",    "tz",     "epoch",       "join",    "split",          "json",
    "point", "ref",      "bits",   "pack",        "pattern", "circle_polygon", "mask",
    "hash",  "truncate", "derive", "to_platform", "lua"};

std::optional<Decimal> read_decimal(std::string_view text) { return Decimal::parse(text); }

class OperatorReader {
 public:
  OperatorReader(MapReader& map, FieldDecl& field, LoadContext& context)
      : map_(map), field_(field), context_(context), problems_(context.problems) {}

  void run() {
    read_canon();
    read_value();
    read_domain();
    read_keep();
    if (const YamlNode* v = map_.take("unique"))
      field_.unique = read_bool(*v, "`unique`", problems_).value_or(false);
    read_enforce();
    if (const YamlNode* v = map_.take("conflict")) {
      Policy policy = Policy::kNewest;
      read_enum<Policy>(v, "`conflict`",
                        {{"newest", Policy::kNewest},
                         {"legacy", Policy::kLegacy},
                         {"platform", Policy::kPlatform},
                         {"manual", Policy::kManual}},
                        policy, problems_);
      field_.conflict = policy;
    }
    if (const YamlNode* v = map_.take("loss")) {
      if (auto text = read_word(*v, "`loss`", problems_)) field_.loss = std::move(text->text);
    }
    if (const YamlNode* v = map_.take("const")) {
      problems_.refuse(Code::kFieldSyntax, v->where, "a constant has one side only",
                       "write \"-> u.column\": {const: …}");
    }
    for (const char* key : kNotYet) map_.not_yet(key, "is not part of this version");
    map_.finish();
  }

 private:
  void read_canon() {
    const YamlNode* node = map_.take("canon");
    if (node == nullptr) return;
    static const std::vector<std::string> kForms{"trim", "lower",    "upper",
                                                 "nfc",  "collapse", "empty_null"};
    for (const Word& word : read_words(*node, "`canon`", problems_)) {
      if (auto form = parse_canon(word.text)) {
        if (std::find(field_.canon.begin(), field_.canon.end(), *form) == field_.canon.end())
          field_.canon.push_back(*form);
      } else {
        problems_.refuse(Code::kUnknownName, word.where,
                         fmt::format("there is no canonical form `{}`", word.text),
                         suggestion(word.text, kForms));
      }
    }
  }

  void read_value() {
    const YamlNode& node = map_.node();
    std::string given;
    for (const char* key : kValueOperators) {
      if (node.find(key) == nullptr) continue;
      if (!given.empty()) {
        problems_.refuse(
            Code::kWrongShape, node.find(key)->where,
            fmt::format("a field has one operator; `{}` and `{}` are given", given, key),
            "keep one");
      }
      given = key;
    }
    if (given.empty() && node.find("offset") != nullptr) given = "scale";
    for (const Belongs& pair : kBelongs) {
      const YamlNode* value = map_.take_nullable(pair.key);
      if (value != nullptr && !has_owner(pair.key) && is_first(pair)) {
        problems_.refuse(
            Code::kWrongShape, value->where,
            fmt::format("`{}` says something only together with `{}`", pair.key, pair.to));
      }
    }
    read_enum_map(map_.take("enum"));
    read_scale(map_.take("scale"), map_.take("offset"));
    if (auto zone = load_zone(map_, context_)) field_.op = TzOp{std::move(*zone)};
    read_epoch(map_.take("epoch"));
    read_join(map_.take("join"), Side::kLegacy, "join");
    read_join(map_.take("split"), Side::kPlatform, "split");
    read_json(map_.take("json"));
    read_point(map_.take_nullable("point"));
    read_ref(map_.take("ref"));
    load_expressions(map_, field_, problems_);
    load_lua(map_, field_, problems_);
    (void)load_value_operator(map_, field_, context_);
  }

  // Whether an operator stands beside `key` that it says something of.
  bool has_owner(std::string_view key) const {
    return std::ranges::any_of(kBelongs, [&](const Belongs& pair) {
      return pair.key == key && map_.node().find(pair.to) != nullptr;
    });
  }
  static bool is_first(const Belongs& pair) {
    return std::ranges::find(kBelongs, std::string_view(pair.key), &Belongs::key) == &pair;
  }

  void read_enum_map(const YamlNode* node) {
    if (node == nullptr) return;
    if (!expect(*node, YamlNode::Kind::kMap, "`enum`", problems_)) return;
    EnumOp op;
    std::vector<std::string> texts;
    for (const YamlEntry& entry : node->entries) {
      auto text =
          read_text(entry.value, fmt::format("the text of code `{}`", entry.key.text), problems_);
      if (!text) continue;
      texts.push_back(*text);
      op.codes.emplace_back(entry.key.text, std::move(*text));
    }
    if (node->entries.empty())
      problems_.refuse(Code::kWrongShape, node->where, "`enum` is empty",
                       "{enum: {0: invited, 1: active}}");
    const YamlNode& map = map_.node();
    if (const YamlNode* otherwise = map.find("else")) {
      if (auto text = read_text(*otherwise, "`else`", problems_)) op.otherwise = std::move(*text);
    }
    if (const YamlNode* prefer = map.find("prefer");
        prefer != nullptr && expect(*prefer, YamlNode::Kind::kMap, "`prefer`", problems_)) {
      for (const YamlEntry& entry : prefer->entries) read_prefer(entry, texts, op);
    }
    field_.op = std::move(op);
  }

  void read_prefer(const YamlEntry& entry, const std::vector<std::string>& texts, EnumOp& op) {
    const std::string& text = entry.key.text;
    auto code = read_text(entry.value, fmt::format("the code for `{}`", text), problems_);
    if (!code) return;
    const bool is_else = op.otherwise && *op.otherwise == text;
    if (!is_else && std::find(texts.begin(), texts.end(), text) == texts.end()) {
      problems_.refuse(Code::kUnknownName, entry.key.where, fmt::format("no code means `{}`", text),
                       suggestion(text, texts));
      return;
    }
    std::vector<std::string> folding;
    for (const auto& [from, to] : op.codes) {
      if (to == text) folding.push_back(from);
    }
    if (!is_else && std::find(folding.begin(), folding.end(), *code) == folding.end()) {
      problems_.refuse(Code::kUnknownName, entry.value.where,
                       fmt::format("the code `{}` does not mean `{}`", *code, text),
                       fmt::format("one of: {}", name_list(folding)));
      return;
    }
    op.prefer.emplace_back(text, std::move(*code));
  }

  void read_scale(const YamlNode* scale, const YamlNode* offset) {
    if (scale == nullptr && offset == nullptr) return;
    ScaleOp op;
    const std::string fix =
        "{scale: \"/100\"}: platform = legacy / 100; {scale: \"*1000\"}; {scale: {factor: 1.8, "
        "offset: 32}}";
    const auto factor = [&](const YamlNode& node) {
      auto text = read_text(node, "`scale`", problems_);
      if (!text) return;
      std::string_view digits = *text;
      if (digits.starts_with('/') || digits.starts_with('*')) {
        op.divide = digits.front() == '/';
        digits.remove_prefix(1);
        while (digits.starts_with(' ')) digits.remove_prefix(1);
      }
      const auto value = read_decimal(digits);
      if (!value || value->compare(Decimal::of(0)) == 0) {
        problems_.refuse(Code::kWrongShape, node.where, fmt::format("`{}` is no factor", *text),
                         fix);
        return;
      }
      op.factor = *value;
    };
    const auto plus = [&](const YamlNode& node) {
      auto text = read_text(node, "`offset`", problems_);
      if (!text) return;
      const auto value = read_decimal(*text);
      if (!value)
        problems_.refuse(Code::kWrongShape, node.where,
                         fmt::format("the offset `{}` is no number", *text), fix);
      else
        op.offset = *value;
    };
    if (scale != nullptr && scale->is_map()) {
      MapReader map(*scale, "scale", problems_);
      if (const YamlNode* v = map.take("factor")) factor(*v);
      if (const YamlNode* v = map.take("offset")) plus(*v);
      map.finish();
    } else if (scale != nullptr) {
      factor(*scale);
    }
    if (offset != nullptr) plus(*offset);
    field_.op = std::move(op);
  }

  void read_epoch(const YamlNode* node) {
    if (node == nullptr) return;
    EpochOp op;
    const std::vector<std::pair<std::string, EpochUnit>> units{
        {"s", EpochUnit::kSeconds}, {"ms", EpochUnit::kMillis}, {"us", EpochUnit::kMicros}};
    const YamlNode* zero = map_.node().find("null_zero");
    if (node->is_map()) {
      MapReader map(*node, "epoch", problems_);
      read_enum<EpochUnit>(map.take("unit"), "`unit`", units, op.unit, problems_);
      if (const YamlNode* inner = map.take("null_zero")) zero = inner;
      map.finish();
    } else {
      read_enum<EpochUnit>(node, "`epoch`", units, op.unit, problems_);
    }
    if (zero != nullptr) op.null_zero = read_bool(*zero, "`null_zero`", problems_).value_or(false);
    field_.op = op;
  }

  void read_join(const YamlNode* node, Side whole, const char* key) {
    if (node == nullptr) return;
    auto text = read_text(*node, fmt::format("`{}`", key), problems_);
    if (!text) return;
    if (text->empty()) {
      problems_.refuse(Code::kWrongShape, node->where,
                       fmt::format("`{}` has an empty separator", key),
                       fmt::format("{{{}: \" \"}}", key));
      return;
    }
    field_.op = JoinOp{std::move(*text), whole};
  }

  void read_json(const YamlNode* node) {
    if (node == nullptr) return;
    JsonOp op;
    static const std::vector<std::string> kTypes{"text", "number", "bool", "json"};
    const YamlNode* type = map_.node().find("type");
    const YamlNode* absent = map_.node().find("absent");
    if (node->is_map()) {
      MapReader map(*node, "json", problems_);
      if (const YamlNode* inner = map.take("type")) type = inner;
      if (const YamlNode* inner = map.take_nullable("absent")) absent = inner;
      map.finish();
    } else {
      type = node;
    }
    if (type == nullptr) {
      problems_.refuse(Code::kMissingKey, node->where, "`json` does not say what the member holds",
                       "{json: text}, or number, bool, json");
      return;
    }
    auto choice = read_choice(*type, "the type of a JSON member", kTypes, problems_);
    if (!choice) return;
    op.type = kTypes[*choice];
    if (absent != nullptr) op.absent_null = read_absent(*absent, problems_);
    field_.op = std::move(op);
  }

  void read_point(const YamlNode* node) {
    if (node == nullptr) return;
    PointOp op;
    const YamlNode* digits = node->is_scalar() ? node : nullptr;
    if (node->is_map()) {
      MapReader map(*node, "point", problems_);
      digits = map.take("digits");
      map.finish();
    } else if (node->is_list()) {
      expect(*node, YamlNode::Kind::kMap, "`point`", problems_);
    }
    if (digits != nullptr)
      op.digits =
          static_cast<int>(read_integer(*digits, "`digits`", 0, 15, problems_).value_or(op.digits));
    field_.op = op;
  }

  void read_ref(const YamlNode* node) {
    if (node == nullptr) return;
    auto name = read_word(*node, "`ref`", problems_);
    if (!name) return;
    RefDecl ref;
    ref.where = name->where;
    const std::size_t slash = name->text.find('/');
    ref.entity = name->text.substr(0, slash);
    if (slash != std::string::npos) ref.kind = name->text.substr(slash + 1);
    const YamlNode& map = map_.node();
    const YamlNode* missing = map.find("on_missing");
    // The word `null` is YAML's own.
    if (missing != nullptr && missing->is_null() && !missing->unresolved) {
      ref.on_missing = OnMissing::kNull;
      missing = nullptr;
    }
    read_enum<OnMissing>(missing, "`on_missing`",
                         {{"wait", OnMissing::kWait},
                          {"null", OnMissing::kNull},
                          {"quarantine", OnMissing::kQuarantine}},
                         ref.on_missing, problems_);
    if (const YamlNode* v = map.find("defer"))
      ref.defer = read_bool(*v, "`defer`", problems_).value_or(false);
    field_.ref = std::move(ref);
    if (!field_.canon.empty())
      problems_.refuse(Code::kWrongShape, node->where,
                       "a reference has no canonical form: it is compared by the parent's key",
                       "remove `canon`");
  }

  void read_domain() {
    const YamlNode* node = map_.take("domain");
    if (node == nullptr || !expect(*node, YamlNode::Kind::kMap, "`domain`", problems_)) return;
    for (const YamlEntry& entry : node->entries) {
      const auto target = domain_target(entry.key);
      if (!target) continue;
      std::vector<DomainSpec>& domains = field_.domain[index(target->side)];
      // Of one column, or of all: not both.
      if (!domains.empty() && (!target->column || !domains.front().column)) {
        problems_.refuse(
            Code::kWrongShape, entry.key.where,
            fmt::format("the domain of the {} side is given twice", side_name(target->side)));
        continue;
      }
      if (auto domain = read_domain_spec(entry.value)) {
        domain->column = target->column;
        domains.push_back(std::move(*domain));
      }
    }
  }

  struct DomainTarget {
    Side side = Side::kLegacy;
    std::optional<std::size_t> column;
  };
  // A side's name, or a column of a side.
  std::optional<DomainTarget> domain_target(const YamlNode& key) {
    if (key.text == "legacy") return DomainTarget{Side::kLegacy, std::nullopt};
    if (key.text == "platform") return DomainTarget{Side::kPlatform, std::nullopt};
    std::vector<std::string> names{"legacy", "platform"};
    for (const Side side : {Side::kLegacy, Side::kPlatform}) {
      const auto& columns = side == Side::kLegacy ? field_.legacy : field_.platform;
      for (std::size_t i = 0; i < columns.size(); ++i) {
        names.push_back(columns[i].text());
        if (columns[i].text() == key.text) return DomainTarget{side, i};
      }
    }
    problems_.refuse(Code::kUnknownName, key.where,
                     fmt::format("`domain` names `{}`, which is no side of this field", key.text),
                     suggestion(key.text, names));
    return std::nullopt;
  }

  std::optional<DomainSpec> read_domain_spec(const YamlNode& node) {
    DomainSpec spec;
    if (node.is_list()) {
      for (const Word& word : read_words(node, "a value of `domain`", problems_))
        spec.values.push_back(word.text);
    } else if (node.is_map()) {
      MapReader map(node, "domain", problems_);
      if (const YamlNode* v = map.take("values")) {
        for (const Word& word : read_words(*v, "`values`", problems_))
          spec.values.push_back(word.text);
      }
      if (const YamlNode* v = map.take("min")) spec.min = read_text(*v, "`min`", problems_);
      if (const YamlNode* v = map.take("max")) spec.max = read_text(*v, "`max`", problems_);
      if (const YamlNode* v = map.take("regex")) spec.regex = read_text(*v, "`regex`", problems_);
      map.finish();
    } else if (auto text = read_word(node, "`domain`", problems_)) {
      const std::size_t dots = text->text.find("..");
      if (dots != std::string::npos && Decimal::parse(text->text.substr(0, dots)) &&
          Decimal::parse(text->text.substr(dots + 2))) {
        spec.min = text->text.substr(0, dots);
        spec.max = text->text.substr(dots + 2);
      } else {
        spec.regex = std::move(text->text);
      }
    }
    if (spec.values.empty() && !spec.min && !spec.max && !spec.regex) {
      if (!node.is_null())
        problems_.refuse(Code::kWrongShape, node.where, "a domain without any limit",
                         "a list of values, 0..100, {min: 0, max: 100} or {regex: \"…\"}");
      return std::nullopt;
    }
    return spec;
  }

  void read_keep() {
    const YamlNode* node = map_.take("keep");
    if (node == nullptr) return;
    field_.keep = read_bool(*node, "`keep`", problems_).value_or(true);
    if (!field_.keep && field_.ref)
      problems_.refuse(Code::kWrongShape, node->where, "`keep` says nothing of a reference",
                       "remove it");
  }

  void read_enforce() {
    const YamlNode* node = map_.take("enforce");
    if (node == nullptr) return;
    field_.enforce = read_bool(*node, "`enforce`", problems_).value_or(false);
    if (field_.enforce && field_.direction == Direction::kBoth) {
      problems_.refuse(Code::kWrongShape, node->where,
                       "`enforce` belongs to one-way fields: a two-way field has no drift",
                       "remove it, or make the field -> or <-");
    }
  }

  MapReader& map_;
  FieldDecl& field_;
  LoadContext& context_;
  ProblemList& problems_;
};

std::string meaning_text(const YamlNode& map) {
  std::string out;
  for (const char* key : kMeaning) {
    const YamlNode* value = map.find(key);
    if (value == nullptr) continue;
    out += key;
    out += ':';
    append_yaml_text(out, *value);
    out += ';';
  }
  return out;
}

}  // namespace

const std::vector<std::string>& operator_keys() {
  static const std::vector<std::string> kKeys{"canon",
                                              "enum",
                                              "prefer",
                                              "else",
                                              "scale",
                                              "offset",
                                              "tz",
                                              "ambiguous",
                                              "gap",
                                              "epoch",
                                              "null_zero",
                                              "join",
                                              "split",
                                              "json",
                                              "type",
                                              "absent",
                                              "point",
                                              "bits",
                                              "pack",
                                              "pattern",
                                              "circle_polygon",
                                              "on_custom_shape",
                                              "mask",
                                              "hash",
                                              "truncate",
                                              "ref",
                                              "on_missing",
                                              "defer",
                                              "domain",
                                              "keep",
                                              "unique",
                                              "enforce",
                                              "conflict",
                                              "loss",
                                              "use",
                                              "const",
                                              "derive",
                                              "to_platform",
                                              "to_legacy",
                                              "lua"};
  return kKeys;
}

bool load_operators(const YamlNode& node, FieldDecl& field, LoadContext& context) {
  if (node.is_null()) {
    if (!node.unresolved)
      context.problems.refuse(Code::kWrongShape, field.where, "a field without operators",
                              fmt::format("\"{}\": copy", field.line));
    return false;
  }
  YamlNode map = node;
  if (node.is_scalar()) {
    if (node.text == "copy") return true;
    std::vector<std::string> words = operator_keys();
    words.insert(words.begin(), "copy");
    const YamlNode* lens = context.lenses != nullptr ? context.lenses->find(node.text) : nullptr;
    if (lens == nullptr) {
      if (context.lenses != nullptr) {
        for (const YamlEntry& entry : context.lenses->entries)
          words.insert(words.begin(), entry.key.text);
      }
      std::string near = nearest(node.text, words);
      context.problems.refuse(
          Code::kUnknownName, node.where,
          fmt::format("`{}` is neither `copy` nor a lens of this file", node.text),
          near.empty() ? "copy, the name of a lens, or a map of operators: {canon: [trim]}"
                       : fmt::format("did you mean `{}`?", near));
      return false;
    }
    if (!lens->is_map()) return false;
    map.kind = YamlNode::Kind::kMap;
    YamlNode use = node;
    use.text = "use";
    map.entries.push_back({std::move(use), node});
  } else if (!expect(node, YamlNode::Kind::kMap, "a field's operators", context.problems)) {
    return false;
  }
  const YamlNode merged = with_lens(map, context);
  MapReader reader(merged, "field", context.problems);
  const std::size_t before = context.problems.fatal_count();
  OperatorReader(reader, field, context).run();
  field.operators = meaning_text(merged);
  return context.problems.fatal_count() == before;
}

}  // namespace atlas
