#include "mapping/pattern_proof.h"

#include <algorithm>
#include <cstdint>

namespace atlas {
namespace {

// Characters that the segments' expressions have after their repetitions are written out.
constexpr std::size_t kPositionsMax = 500;
constexpr std::size_t kStepsMax = 20'000'000;
constexpr char32_t kNone = 0;

using Places = std::vector<std::uint16_t>;

// Glushkov's automaton: one state for each character of the expression. Its states say which
// segment a character belongs to, so two runs over one text divide it alike exactly when they are
// in states of the same segments all the way.
class Automaton {
 public:
  explicit Automaton(std::span<const RegexNode> segments) {
    Fragment whole{{}, {}, true};
    for (const RegexNode& node : segments) {
      whole = after(whole, build(node));
      ++segment_;
    }
    first_ = std::move(whole.first);
    last_.assign(sets_.size(), false);
    for (const std::uint16_t p : whole.last) last_[p] = true;
  }

  bool too_large() const { return too_large_; }
  std::size_t size() const { return sets_.size(); }
  const Places& first() const { return first_; }
  const Places& follow(std::size_t p) const { return follow_[p]; }
  bool last(std::size_t p) const { return last_[p]; }
  std::size_t segment(std::size_t p) const { return segment_of_[p]; }
  std::size_t set(std::size_t p) const { return sets_[p]; }
  const std::vector<CodeSet>& all_sets() const { return distinct_; }

 private:
  struct Fragment {
    Places first, last;
    bool nullable = false;
  };

  static void append(Places& into, const Places& from) {
    for (const std::uint16_t p : from) {
      if (std::ranges::find(into, p) == into.end()) into.push_back(p);
    }
  }
  void link(const Places& from, const Places& to) {
    for (const std::uint16_t p : from) append(follow_[p], to);
  }

  Fragment after(Fragment a, const Fragment& b) {
    link(a.last, b.first);
    Fragment out{std::move(a.first), b.last, a.nullable && b.nullable};
    if (a.nullable) append(out.first, b.first);
    if (b.nullable) append(out.last, a.last);
    return out;
  }

  Fragment build(const RegexNode& node) {
    Fragment out{{}, {}, true};
    if (too_large_) return out;
    switch (node.kind) {
      case RegexNode::Kind::kSet:
        return character(node.set);
      case RegexNode::Kind::kSequence:
        for (const RegexNode& part : node.parts) out = after(std::move(out), build(part));
        return out;
      case RegexNode::Kind::kChoice:
        out.nullable = false;
        for (const RegexNode& part : node.parts) {
          const Fragment one = build(part);
          append(out.first, one.first);
          append(out.last, one.last);
          out.nullable |= one.nullable;
        }
        return out;
      case RegexNode::Kind::kRepeat:
        return repeat(node);
    }
    return out;
  }

  Fragment character(const CodeSet& set) {
    if (sets_.size() == kPositionsMax) {
      too_large_ = true;
      return {{}, {}, true};
    }
    const auto known = std::ranges::find(distinct_, set);
    sets_.push_back(static_cast<std::size_t>(known - distinct_.begin()));
    if (known == distinct_.end()) distinct_.push_back(set);
    segment_of_.push_back(segment_);
    follow_.emplace_back();
    const auto place = static_cast<std::uint16_t>(sets_.size() - 1);
    return {{place}, {place}, false};
  }

  // x{2,4} is x x (x (x)?)?, and x{2,} is x x x*.
  Fragment repeat(const RegexNode& node) {
    const RegexNode& part = node.parts.front();
    Fragment tail{{}, {}, true};
    if (node.max == RegexNode::kUnlimited) {
      tail = build(part);
      link(tail.last, tail.first);
      tail.nullable = true;
    }
    for (int i = node.min; i < node.max && !too_large_; ++i) {
      tail = after(build(part), tail);
      tail.nullable = true;
    }
    Fragment out{{}, {}, true};
    for (int i = 0; i < node.min && !too_large_; ++i) out = after(std::move(out), build(part));
    return after(std::move(out), tail);
  }

  std::vector<std::size_t> sets_;  // by state: index into distinct_
  std::vector<CodeSet> distinct_;
  std::vector<std::size_t> segment_of_;
  std::vector<Places> follow_;
  Places first_;
  std::vector<bool> last_;
  std::size_t segment_ = 0;
  bool too_large_ = false;
};

// A character of both sets, one that people can read if there is one; kNone when there is none.
char32_t shared_character(const CodeSet& a, const CodeSet& b) {
  constexpr CodeRange kWanted[] = {{'0', '9'}, {'a', 'z'}, {'A', 'Z'}, {'!', '~'}, {1, 0x10FFFF}};
  for (const CodeRange& wanted : kWanted) {
    char32_t best = kNone;
    for (const CodeRange& x : a) {
      for (const CodeRange& y : b) {
        const char32_t from = std::max({x.first, y.first, wanted.first});
        if (from <= std::min({x.last, y.last, wanted.last}) && (best == kNone || from < best))
          best = from;
      }
    }
    if (best != kNone) return best;
  }
  return kNone;
}

void append_utf8(std::string& out, char32_t c) {
  const auto byte = [&](char32_t bits) { out += static_cast<char>(bits); };
  if (c < 0x80) {
    byte(c);
  } else if (c < 0x800) {
    byte(0xC0U | c >> 6U);
    byte(0x80U | (c & 0x3FU));
  } else if (c < 0x10000) {
    byte(0xE0U | c >> 12U);
    byte(0x80U | (c >> 6U & 0x3FU));
    byte(0x80U | (c & 0x3FU));
  } else {
    byte(0xF0U | c >> 18U);
    byte(0x80U | (c >> 12U & 0x3FU));
    byte(0x80U | (c >> 6U & 0x3FU));
    byte(0x80U | (c & 0x3FU));
  }
}

// Pairs of runs over the same text, and whether they have been in different segments.
class Search {
 public:
  Search(const Automaton& automaton, std::size_t segments)
      : automaton_(automaton), segments_(segments), seen_(automaton.size() * automaton.size() * 2) {
    const auto& sets = automaton.all_sets();
    for (const CodeSet& a : sets) {
      for (const CodeSet& b : sets) shared_.push_back(shared_character(a, b));
    }
  }

  SplitProof run() {
    SplitProof out;
    for (const std::uint16_t p : automaton_.first()) {
      for (const std::uint16_t q : automaton_.first()) {
        if (p <= q) visit(p, q, false, kStart);
      }
    }
    std::size_t steps = 0;
    for (std::size_t at = 0; at < queue_.size(); ++at) {
      const Pair pair = queue_[at];
      if (pair.differ && automaton_.last(pair.p) && automaton_.last(pair.q)) {
        out.readings = readings(at);
        return out;
      }
      for (const std::uint16_t p : automaton_.follow(pair.p)) {
        for (const std::uint16_t q : automaton_.follow(pair.q)) visit(p, q, pair.differ, at);
        steps += automaton_.follow(pair.q).size();
      }
      if (steps > kStepsMax) {
        out.too_large = true;
        return out;
      }
    }
    return out;
  }

 private:
  static constexpr std::size_t kStart = static_cast<std::size_t>(-1);
  struct Pair {
    std::uint16_t p = 0, q = 0;
    bool differ = false;
    char32_t character = 0;
    std::size_t before = kStart;
  };

  void visit(std::uint16_t p, std::uint16_t q, bool differ, std::size_t before) {
    const char32_t c =
        shared_[automaton_.set(p) * automaton_.all_sets().size() + automaton_.set(q)];
    if (c == kNone) return;
    differ |= automaton_.segment(p) != automaton_.segment(q);
    const std::size_t place = (p * automaton_.size() + q) * 2 + (differ ? 1 : 0);
    if (seen_[place]) return;
    seen_[place] = true;
    queue_.push_back({p, q, differ, c, before});
  }

  TwoReadings readings(std::size_t at) const {
    std::vector<const Pair*> path;
    for (; at != kStart; at = queue_[at].before) path.push_back(&queue_[at]);
    TwoReadings out;
    out.first.resize(segments_);
    out.second.resize(segments_);
    for (auto step = path.rbegin(); step != path.rend(); ++step) {
      std::string character;
      append_utf8(character, (*step)->character);
      out.text += character;
      out.first[automaton_.segment((*step)->p)] += character;
      out.second[automaton_.segment((*step)->q)] += character;
    }
    return out;
  }

  const Automaton& automaton_;
  std::size_t segments_;
  std::vector<bool> seen_;
  std::vector<char32_t> shared_;
  std::vector<Pair> queue_;
};

}  // namespace

SplitProof prove_one_split(std::span<const RegexNode> segments) {
  const Automaton automaton(segments);
  if (automaton.too_large()) return {.too_large = true, .readings = std::nullopt};
  return Search(automaton, segments.size()).run();
}

}  // namespace atlas
