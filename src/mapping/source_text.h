#pragma once

// The text of a mapping file, for excerpts in messages; and the list of problems found in it.

#include "mapping/compile.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace atlas {

// Immutable after construction; any thread.
class SourceText {
 public:
  explicit SourceText(std::string_view text);
  // The line with its number and a caret below the column. Empty where the line may hold a secret
  // (anything under `sides:` and `state:`, connection strings) or does not exist.
  std::string excerpt(const SourcePosition& where) const;

 private:
  struct Line {
    std::string text;
    bool hidden = false;
  };
  std::vector<Line> lines_;
};

// Collects problems with position and excerpt. One thread.
class ProblemList {
 public:
  explicit ProblemList(std::shared_ptr<const SourceText> source) : source_(std::move(source)) {}
  // A fatal problem. `fix` is concrete, or empty for the code's own advice.
  void refuse(Code code, const SourcePosition& where, std::string why, std::string fix = {});
  // A remark: the mapping is accepted.
  void remark(Code code, const SourcePosition& where, std::string why, std::string fix = {});
  // An error made elsewhere, without position yet.
  void refuse(Error error, const SourcePosition& where);
  bool fatal() const { return fatal_ > 0; }
  // Nothing further is kept: suggestions are not worth computing.
  bool full() const;
  std::size_t fatal_count() const { return fatal_; }
  // In file order.
  std::vector<Problem> take();

 private:
  struct Entry {
    SourcePosition where;
    Problem problem;
  };
  void add(Code code, const SourcePosition& where, std::string why, std::string fix, bool fatal);
  std::shared_ptr<const SourceText> source_;  // shared with the document
  std::vector<Entry> entries_;
  std::size_t fatal_ = 0;
};

}  // namespace atlas
