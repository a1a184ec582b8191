#include "app/terminal.h"

#include <fmt/format.h>

#include <cstdlib>
#include <iostream>
#include <sys/ioctl.h>
#include <unistd.h>

namespace atlas::app {
namespace {

bool colour_wanted(int fd) {
  const char* refused = std::getenv("NO_COLOR");
  const char* kind = std::getenv("TERM");
  if (refused != nullptr && *refused != '\0') return false;
  if (kind == nullptr || std::string_view(kind) == "dumb") return false;
  return ::isatty(fd) == 1;
}

std::size_t width_of(int fd) {
  ::winsize size{};
  if (::isatty(fd) != 1 || ::ioctl(fd, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

std::string_view code_of(Style style) {
  switch (style) {
    case Style::kPlain:
      return "";
    case Style::kBold:
      return "\x1b[1m";
    case Style::kDim:
      return "\x1b[2m";
    case Style::kGood:
      return "\x1b[32m";
    case Style::kWarn:
      return "\x1b[33m";
    case Style::kBad:
      return "\x1b[31m";
  }
  return "";
}

// The code point at `i`, and how many bytes it takes; bytes that are no UTF-8 stand for themselves.
char32_t code_point(std::string_view text, std::size_t i, std::size_t& bytes) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned char first = byte(i);
  bytes = first < 0x80U   ? 1
          : first < 0xC2U ? 0
          : first < 0xE0U ? 2
          : first < 0xF0U ? 3
          : first < 0xF5U ? 4
                          : 0;
  if (bytes == 0 || i + bytes > text.size()) {
    bytes = 1;
    return 0xFFFD;
  }
  if (bytes == 1) return first;
  auto point = static_cast<char32_t>(first & (0x7FU >> bytes));
  for (std::size_t k = 1; k < bytes; ++k) {
    if ((byte(i + k) & 0xC0U) != 0x80U) {
      bytes = 1;
      return 0xFFFD;
    }
    point = (point << 6U) | (byte(i + k) & 0x3FU);
  }
  return point;
}

// Controls, and marks that turn the direction of what follows.
bool unsafe(char32_t point) {
  return point < 0x20 || (point >= 0x7F && point < 0xA0) || point == 0x2028 || point == 0x2029 ||
         (point >= 0x202A && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069);
}

}  // namespace

Terminal process_terminal() {
  return Terminal{std::cout,
                  std::cerr,
                  colour_wanted(STDOUT_FILENO),
                  colour_wanted(STDERR_FILENO),
                  ::isatty(STDERR_FILENO) == 1,
                  width_of(STDOUT_FILENO)};
}

std::string styled(std::string_view text, Style style, bool colour) {
  if (!colour || style == Style::kPlain || text.empty()) return std::string(text);
  return fmt::format("{}{}\x1b[0m", code_of(style), text);
}

std::string one_line(std::string_view text) {
  std::string out;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < text.size(); i += bytes) {
    const char32_t point = code_point(text, i, bytes);
    if (point == '\n') {
      out += "\\n";
    } else if (point == '\t') {
      out += "\\t";
    } else if (unsafe(point)) {
      out += fmt::format("\\u{:04x}", static_cast<std::uint32_t>(point));
    } else if (point == 0xFFFD && bytes == 1) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[i]));
    } else {
      out += text.substr(i, bytes);
    }
  }
  return out;
}

std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < text.size(); i += bytes) {
    const char32_t point = code_point(text, i, bytes);
    if (point < 0x300 || point > 0x36F) ++columns;
  }
  return columns;
}

std::string grouped(std::int64_t number) {
  std::string out = std::to_string(number);
  const std::size_t start = number < 0 ? 1 : 0;
  for (std::size_t i = out.size(); i > start + 3; i -= 3) out.insert(i - 3, 1, ',');
  return out;
}

std::string counted(std::int64_t number, std::string_view singular, std::string_view plural) {
  if (number == 1) return fmt::format("1 {}", singular);
  if (plural.empty()) return fmt::format("{} {}s", grouped(number), singular);
  return fmt::format("{} {}", grouped(number), plural);
}

void print_error(Terminal& terminal, const Error& error) {
  std::string text = error.text();
  if (terminal.err_colour) {
    const std::size_t end = text.find('\n');
    text = styled(text.substr(0, end), Style::kBad, true) + text.substr(end);
  }
  terminal.err << text;
}

void remark(Terminal& terminal, std::string_view line) {
  terminal.err << styled(line, Style::kDim, terminal.err_colour) << '\n';
}

}  // namespace atlas::app
