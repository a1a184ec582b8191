#pragma once

// A cursor that steps over JSON values and checks them on the way (RFC 8259).

#include <cstddef>
#include <string>
#include <string_view>

namespace atlas {

class JsonScan {
 public:
  explicit JsonScan(std::string_view text, std::size_t at = 0) : text_(text), at_(at) {}

  bool done() const { return at_ >= text_.size(); }
  std::size_t at() const { return at_; }
  // The next character, '\0' at the end.
  char peek() const { return done() ? '\0' : text_[at_]; }
  bool eat(char c) {
    if (done() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void skip_space() {
    while (eat(' ') || eat('\n') || eat('\r') || eat('\t')) {
    }
  }
  // Each steps over what it names and says whether it was there and well-formed.
  bool skip_value();
  bool skip_string();
  bool skip_number();

 private:
  bool skip_word(std::string_view word);
  bool skip_digits();
  bool skip_code_unit();
  bool skip_scalar();
  bool skip_key();
  // After a value: closes what ends here; true when another value follows, with `open` not empty.
  bool skip_to_next_value(std::string& open, bool& ok);

  std::string_view text_;
  std::size_t at_;
};

}  // namespace atlas
