#include "engines/sqlite/ddl.h"

#include <algorithm>
#include <cstdint>

namespace atlas::sqlite {
namespace {

enum class TokenKind : std::uint8_t { kWord, kQuoted, kSign };

struct Token {
  TokenKind kind;
  std::string_view text;  // as written
};

bool is_word_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '$' || static_cast<unsigned char>(c) >= 0x80;
}

bool is_word(const Token& token, std::string_view word) {
  return token.kind == TokenKind::kWord && std::ranges::equal(token.text, word, [](char a, char b) {
           return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
         });
}

// Length of the quoted piece or comment at the start of `sql`; an unclosed one reaches to the end.
std::size_t closed_by(std::string_view sql, std::string_view close, bool doubled) {
  std::size_t at = 1;
  for (;;) {
    at = sql.find(close, at);
    if (at == std::string_view::npos) return sql.size();
    at += close.size();
    if (!doubled || at >= sql.size() || sql[at] != close.front()) return at;
    ++at;
  }
}

std::vector<Token> tokens_of(std::string_view sql) {
  std::vector<Token> out;
  while (!sql.empty()) {
    const char c = sql.front();
    std::size_t size = 1;
    if (sql.starts_with("--")) {
      sql.remove_prefix(closed_by(sql, "\n", false));
      continue;
    }
    if (sql.starts_with("/*")) {
      sql.remove_prefix(closed_by(sql, "*/", false));
      continue;
    }
    if (c == '\'' || c == '"' || c == '`') {
      size = closed_by(sql, sql.substr(0, 1), true);
      out.push_back({TokenKind::kQuoted, sql.substr(0, size)});
    } else if (c == '[') {
      size = closed_by(sql, "]", false);
      out.push_back({TokenKind::kQuoted, sql.substr(0, size)});
    } else if (is_word_char(c)) {
      while (size < sql.size() && is_word_char(sql[size])) ++size;
      out.push_back({TokenKind::kWord, sql.substr(0, size)});
    } else if (c != ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\f') {
      out.push_back({TokenKind::kSign, sql.substr(0, 1)});
    }
    sql.remove_prefix(size);
  }
  return out;
}

// Position after the parenthesis that closes the one at `open`.
std::size_t after_parentheses(const std::vector<Token>& tokens, std::size_t open) {
  std::size_t depth = 0;
  for (std::size_t i = open; i < tokens.size(); ++i) {
    if (tokens[i].kind != TokenKind::kSign) continue;
    if (tokens[i].text == "(") ++depth;
    if (tokens[i].text == ")" && --depth == 0) return i + 1;
  }
  return tokens.size();
}

}  // namespace

std::vector<std::string> check_conditions(std::string_view create_table) {
  const std::vector<Token> tokens = tokens_of(create_table);
  std::vector<std::string> out;
  for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
    if (!is_word(tokens[i], "check") || tokens[i + 1].text != "(") continue;
    const std::size_t end = after_parentheses(tokens, i + 1);
    const char* first = tokens[i + 1].text.data() + 1;
    const char* last = tokens[end - 1].text.data();
    out.emplace_back(first, std::max(first, last));
    i = end - 1;
  }
  return out;
}

bool has_words(std::string_view sql, std::initializer_list<std::string_view> words) {
  const std::vector<Token> tokens = tokens_of(sql);
  return std::ranges::search(tokens, words, is_word).begin() != tokens.end();
}

TriggerTime trigger_time(std::string_view create_trigger) {
  for (const Token& token : tokens_of(create_trigger)) {
    if (is_word(token, "after")) return TriggerTime::kAfter;
    if (is_word(token, "instead")) return TriggerTime::kInsteadOf;
    // The event ends the head; a trigger that does not say is a BEFORE trigger.
    if (is_word(token, "insert") || is_word(token, "update") || is_word(token, "delete")) break;
  }
  return TriggerTime::kBefore;
}

}  // namespace atlas::sqlite
