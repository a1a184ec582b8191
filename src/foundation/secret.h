#pragma once

#include <string>
#include <utility>

namespace atlas {

// A string that must not reach logs, argv or reports. Printing it takes an explicit reveal().
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}
  const std::string& reveal() const { return text_; }

 private:
  std::string text_;
};

}  // namespace atlas
