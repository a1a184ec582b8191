#pragma once

// Lua 5.4 (manual: lua.org/manual/5.4) without the world: no io, os, require, load, debug,
// randomness or coroutines; bounded memory and instructions. One thread at a time.

#include "foundation/result.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

struct lua_State;

namespace atlas {

inline constexpr std::size_t kLuaMemoryMax = 16U << 20U;
inline constexpr int kLuaInstructionsMax = 1'000'000;

// nil, boolean, integer, text. Other numbers travel as text: Lua's floats are not exact.
using LuaValue = std::variant<std::monostate, bool, std::int64_t, std::string>;

enum class LuaEnd : std::uint8_t { kAnswered, kError, kBudget, kMemory, kOtherType };

class LuaSandbox {
 public:
  // Runs the script, which defines its functions. Error kLuaFailed with the script's message.
  static Result<LuaSandbox> open(const std::string& script, const std::string& name);
  ~LuaSandbox();
  LuaSandbox(LuaSandbox&& other) noexcept;
  LuaSandbox& operator=(LuaSandbox&& other) noexcept;

  bool has(const char* function);
  // Calls it for exactly `answers.size()` answers; missing ones are nil. `message`: the script's,
  // where it ends with an error; it may contain values.
  LuaEnd call(const char* function, std::span<const LuaValue> arguments,
              std::span<LuaValue> answers, std::string* message = nullptr);

 private:
  struct Budget {
    std::size_t used = 0;
  };
  LuaSandbox() = default;
  static void* allocate(void* budget, void* block, std::size_t old_size, std::size_t size);

  std::unique_ptr<Budget> budget_;
  lua_State* lua_ = nullptr;
};

}  // namespace atlas
