#include "mapping/lua_sandbox.h"

#include <cmath>
#include <cstdlib>
#include <utility>

extern "C" {
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
}

namespace atlas {
namespace {

constexpr const char* kOverBudget = "too many instructions";

void over_budget(lua_State* lua, lua_Debug*) { luaL_error(lua, kOverBudget); }

// Functions that reach out of the sandbox, load code, or answer differently each time.
constexpr const char* kBaseWithout[] = {"dofile", "loadfile",       "load",   "require",
                                        "print",  "collectgarbage", "warn",   "getmetatable",
                                        "rawset", "setmetatable",   "_G",     "rawget",
                                        "pcall",  "xpcall",         "rawlen", "rawequal"};

void open_library(lua_State* lua, const char* name, lua_CFunction open,
                  std::span<const char* const> without) {
  luaL_requiref(lua, name, open, 1);
  for (const char* function : without) {
    lua_pushnil(lua);
    lua_setfield(lua, -2, function);
  }
  lua_pop(lua, 1);
}

// Called in protected mode: memory may run out.
int open_libraries(lua_State* lua) {
  constexpr const char* kMathWithout[] = {"random", "randomseed"};
  constexpr const char* kStringWithout[] = {"dump", "rep"};
  open_library(lua, "_G", luaopen_base, kBaseWithout);
  open_library(lua, "math", luaopen_math, kMathWithout);
  open_library(lua, "string", luaopen_string, kStringWithout);
  open_library(lua, "table", luaopen_table, {});
  open_library(lua, "utf8", luaopen_utf8, {});
  return 0;
}

void push(lua_State* lua, const LuaValue& value) {
  if (const auto* yes = std::get_if<bool>(&value))
    lua_pushboolean(lua, *yes ? 1 : 0);
  else if (const auto* number = std::get_if<std::int64_t>(&value))
    lua_pushinteger(lua, *number);
  else if (const auto* text = std::get_if<std::string>(&value))
    lua_pushlstring(lua, text->data(), text->size());
  else
    lua_pushnil(lua);
}

bool take(lua_State* lua, int at, LuaValue& out) {
  switch (lua_type(lua, at)) {
    case LUA_TNIL:
    case LUA_TNONE:
      out = std::monostate();
      return true;
    case LUA_TBOOLEAN:
      out = lua_toboolean(lua, at) != 0;
      return true;
    case LUA_TNUMBER: {
      int whole = 0;
      out = static_cast<std::int64_t>(lua_tointegerx(lua, at, &whole));
      return whole != 0;
    }
    case LUA_TSTRING: {
      std::size_t size = 0;
      const char* text = lua_tolstring(lua, at, &size);
      out = std::string(text, size);
      return true;
    }
    default:
      return false;
  }
}

// What a call needs, for the function that runs protected.
struct Call {
  const char* function;
  std::span<const LuaValue> arguments;
  int answers;
};

int run_call(lua_State* lua) {
  const auto* call = static_cast<const Call*>(lua_touserdata(lua, 1));
  lua_getglobal(lua, call->function);
  luaL_checkstack(lua, static_cast<int>(call->arguments.size()) + call->answers, "arguments");
  for (const LuaValue& argument : call->arguments) push(lua, argument);
  lua_call(lua, static_cast<int>(call->arguments.size()), call->answers);
  return call->answers;
}

// Protected: naming a global may need memory.
int run_has(lua_State* lua) {
  const auto* name = static_cast<const char*>(lua_touserdata(lua, 1));
  lua_pushboolean(lua, lua_getglobal(lua, name) == LUA_TFUNCTION ? 1 : 0);
  return 1;
}

// Only a text is taken: a number would need memory to become one.
std::string message_of(lua_State* lua) {
  if (lua_type(lua, -1) != LUA_TSTRING) return "an error without a message";
  std::size_t size = 0;
  const char* text = lua_tolstring(lua, -1, &size);
  return {text, size};
}

}  // namespace

void* LuaSandbox::allocate(void* budget, void* block, std::size_t old_size, std::size_t size) {
  auto* own = static_cast<Budget*>(budget);
  const std::size_t before = block == nullptr ? 0 : old_size;
  // NOLINTBEGIN(cppcoreguidelines-owning-memory,cppcoreguidelines-no-malloc): Lua owns its blocks
  if (size == 0) {
    own->used -= before;
    std::free(block);
    return nullptr;
  }
  if (size > before && own->used - before + size > kLuaMemoryMax) return nullptr;
  void* const out = std::realloc(block, size);
  // NOLINTEND(cppcoreguidelines-owning-memory,cppcoreguidelines-no-malloc)
  if (out != nullptr) own->used = own->used - before + size;
  return out;
}

Result<LuaSandbox> LuaSandbox::open(const std::string& script, const std::string& name) {
  LuaSandbox out;
  out.budget_ = std::make_unique<Budget>();
  out.lua_ = lua_newstate(allocate, out.budget_.get());
  if (out.lua_ == nullptr) return Error(Code::kLuaFailed, "no memory for a Lua state");
  lua_sethook(out.lua_, over_budget, LUA_MASKCOUNT, kLuaInstructionsMax);
  lua_pushcfunction(out.lua_, open_libraries);
  int status = lua_pcall(out.lua_, 0, 0, 0);
  if (status == LUA_OK)
    status = luaL_loadbufferx(out.lua_, script.data(), script.size(), ("@" + name).c_str(), "t");
  if (status == LUA_OK) status = lua_pcall(out.lua_, 0, 0, 0);
  if (status != LUA_OK) return Error(Code::kLuaFailed, message_of(out.lua_));
  return out;
}

LuaSandbox::~LuaSandbox() {
  if (lua_ != nullptr) lua_close(lua_);
}
LuaSandbox::LuaSandbox(LuaSandbox&& other) noexcept
    : budget_(std::move(other.budget_)), lua_(std::exchange(other.lua_, nullptr)) {}
LuaSandbox& LuaSandbox::operator=(LuaSandbox&& other) noexcept {
  std::swap(budget_, other.budget_);
  std::swap(lua_, other.lua_);
  return *this;
}

bool LuaSandbox::has(const char* function) {
  lua_settop(lua_, 0);
  if (lua_checkstack(lua_, LUA_MINSTACK) == 0) return false;
  std::string name(function);
  lua_pushcfunction(lua_, run_has);
  lua_pushlightuserdata(lua_, name.data());
  const bool found = lua_pcall(lua_, 1, 1, 0) == LUA_OK && lua_toboolean(lua_, -1) != 0;
  lua_settop(lua_, 0);
  return found;
}

LuaEnd LuaSandbox::call(const char* function, std::span<const LuaValue> arguments,
                        std::span<LuaValue> answers, std::string* message) {
  Call call{function, arguments, static_cast<int>(answers.size())};
  // Sets the count to zero again.
  lua_sethook(lua_, over_budget, LUA_MASKCOUNT, kLuaInstructionsMax);
  lua_settop(lua_, 0);
  if (lua_checkstack(lua_, call.answers + LUA_MINSTACK) == 0) return LuaEnd::kMemory;
  lua_pushcfunction(lua_, run_call);
  lua_pushlightuserdata(lua_, &call);
  const int status = lua_pcall(lua_, 1, call.answers, 0);
  LuaEnd end = LuaEnd::kAnswered;
  if (status == LUA_ERRMEM) {
    end = LuaEnd::kMemory;
  } else if (status != LUA_OK) {
    const std::string text = message_of(lua_);
    end = text.find(kOverBudget) != std::string::npos ? LuaEnd::kBudget : LuaEnd::kError;
    if (message != nullptr) *message = text;
  }
  for (std::size_t i = 0; i < answers.size() && end == LuaEnd::kAnswered; ++i) {
    if (!take(lua_, static_cast<int>(i) + 1, answers[i])) end = LuaEnd::kOtherType;
  }
  lua_settop(lua_, 0);
  return end;
}

}  // namespace atlas
