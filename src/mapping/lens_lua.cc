// Lua functions in both directions: the escape hatch. Every call is made in two states, in one of
// them twice: a function that remembers something answers differently and is refused.

#include "mapping/lens_conversion.h"
#include "mapping/lens_number.h"
#include "mapping/lens_reasons.h"
#include "mapping/lens_text.h"
#include "mapping/lua_sandbox.h"
#include "model/text_form.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>

namespace atlas {
namespace {

struct States {
  LuaSandbox once, twice;
};

LuaValue to_lua(const Value& value) {
  if (value.is_null()) return std::monostate();
  if (value.tag() == Tag::kBool) return value.as_bool();
  if (value.tag() == Tag::kInt) return value.as_int();
  if (is_number(value.tag())) {
    Value whole;
    if (write_integer(value, TypeKind::kInt8, whole).ok()) return whole.as_int();
  }
  return value_text(value);
}

Fit from_lua(const LuaValue& value, Meet meet, Arena& arena, Value& out) {
  if (std::holds_alternative<std::monostate>(value)) {
    out = Value::null();
    return {};
  }
  if (const auto* yes = std::get_if<bool>(&value)) {
    out = Value::boolean(*yes);
    return {meet == Meet::kBool ? nullptr : reason::kLuaAnswer};
  }
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    out = Value::integer(*number);
    return {meet == Meet::kNumber ? nullptr : reason::kLuaAnswer};
  }
  const std::string& text = std::get<std::string>(value);
  if (const Fit fit = check_text(text); !fit.ok()) return fit;
  if (meet == Meet::kNumber) return read_number(arena.copy(text), arena, out);
  const auto read = parse_value(text, meet_type(meet), arena);
  if (!read || meet == Meet::kBool) return {reason::kLuaAnswer};
  out = read->copy_to(arena);
  return {};
}

const char* reason_of(LuaEnd end) {
  switch (end) {
    case LuaEnd::kAnswered:
      return nullptr;
    case LuaEnd::kError:
      return reason::kLuaError;
    case LuaEnd::kBudget:
      return reason::kLuaBudget;
    case LuaEnd::kMemory:
      return reason::kLuaMemory;
    case LuaEnd::kOtherType:
      return reason::kLuaAnswer;
  }
  return nullptr;
}

// The states of one script. A caller takes them out and puts them back; who finds none makes a pair
// of their own.
class Script {
 public:
  explicit Script(const LuaOp& op) : op_(op) {}
  ~Script() { const std::unique_ptr<States> last(idle_.exchange(nullptr)); }
  Script(const Script&) = delete;
  Script& operator=(const Script&) = delete;

  Result<std::unique_ptr<States>> take() {
    if (States* idle = idle_.exchange(nullptr)) return std::unique_ptr<States>(idle);
    ATLAS_TRY(LuaSandbox once, LuaSandbox::open(op_.script, op_.name));
    ATLAS_TRY(LuaSandbox twice, LuaSandbox::open(op_.script, op_.name));
    return std::make_unique<States>(States{std::move(once), std::move(twice)});
  }
  void give_back(std::unique_ptr<States> states) {
    const std::unique_ptr<States> other(idle_.exchange(states.release()));
  }

 private:
  LuaOp op_;
  std::atomic<States*> idle_{nullptr};
};

class LuaFunction final : public Conversion {
 public:
  LuaFunction(std::shared_ptr<Script> script, const char* name, std::vector<Meet> answers)
      : script_(std::move(script)), name_(name), answers_(std::move(answers)) {}

  Fit run(std::span<const Value> values, Arena& arena, std::span<Value> out) const override {
    auto states = script_->take();
    if (!states) return {reason::kLuaError};
    std::vector<LuaValue> arguments;
    arguments.reserve(values.size());
    for (const Value& value : values) arguments.push_back(to_lua(value));
    std::array<std::vector<LuaValue>, 3> answers;
    std::array<LuaEnd, 3> ends{};
    for (std::size_t i = 0; i < answers.size(); ++i) {
      LuaSandbox& state = i == 0 ? (*states)->once : (*states)->twice;
      answers[i].resize(answers_.size());
      ends[i] = state.call(name_, arguments, answers[i]);
    }
    // What a failed call left behind is not for the next value.
    const bool sound = std::ranges::all_of(ends, [](LuaEnd e) { return e == LuaEnd::kAnswered; });
    if (sound) script_->give_back(std::move(*states));
    if (ends[0] != ends[1] || ends[1] != ends[2] ||
        (ends[0] == LuaEnd::kAnswered && (answers[0] != answers[1] || answers[1] != answers[2])))
      return {reason::kLuaImpure};
    if (ends[0] != LuaEnd::kAnswered) return {reason_of(ends[0])};
    for (std::size_t i = 0; i < answers_.size(); ++i) {
      if (const Fit fit = from_lua(answers[0][i], answers_[i], arena, out[i]); !fit.ok())
        return fit;
    }
    return {};
  }

 private:
  std::shared_ptr<Script> script_;  // of both directions
  const char* name_;
  std::vector<Meet> answers_;
};

std::vector<Meet> meets_of(const std::vector<LensColumn>& columns) {
  std::vector<Meet> out;
  out.reserve(columns.size());
  for (const LensColumn& column : columns) out.push_back(conversion_meet(column));
  return out;
}

}  // namespace

MadeLens make_lua(const LensSpec& spec, const LuaOp& op) {
  auto script = std::make_shared<Script>(op);
  ATLAS_TRY(std::unique_ptr<States> states, script->take());
  for (const char* name : {"to_platform", "to_legacy"}) {
    if (states->once.has(name)) continue;
    return Error(Code::kLuaFailed, fmt::format("{} has no function {}", op.name, name))
        .advise("define to_platform(...) and to_legacy(...)");
  }
  script->give_back(std::move(states));
  Conversions functions;
  functions.to_platform =
      std::make_shared<const LuaFunction>(script, "to_platform", meets_of(spec.platform));
  functions.to_legacy =
      std::make_shared<const LuaFunction>(script, "to_legacy", meets_of(spec.legacy));
  return make_conversion(spec, functions, "lua");
}

}  // namespace atlas
