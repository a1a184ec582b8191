#include "sim/proof/shrink.h"

#include "sim/proof/play.h"

#include <algorithm>
#include <array>

namespace atlas::sim {
namespace {

class Shrinker {
 public:
  Shrinker(Script script, const std::string& law, std::size_t plays)
      : best_(std::move(script)), law_(law), plays_(plays) {}

  Script shortest() {
    bool shorter = true;
    while (shorter && plays_ > 0) {
      shorter = without_steps();
      shorter |= without_specials();
    }
    return std::move(best_);
  }

 private:
  bool still_breaks(const Script& script) {
    if (plays_ == 0) return false;
    --plays_;
    const Outcome outcome = play(script);
    return outcome.violation && outcome.violation->law == law_;
  }
  bool take(Script candidate) {
    if (!still_breaks(candidate)) return false;
    best_ = std::move(candidate);
    return true;
  }

  bool without_steps() {
    bool any = false;
    for (std::size_t stretch = std::max<std::size_t>(best_.steps.size() / 2, 1);; stretch /= 2) {
      for (std::size_t from = 0; from < best_.steps.size();) {
        Script candidate = best_;
        const std::size_t to = std::min(from + stretch, candidate.steps.size());
        candidate.steps.erase(candidate.steps.begin() + static_cast<std::ptrdiff_t>(from),
                              candidate.steps.begin() + static_cast<std::ptrdiff_t>(to));
        if (take(std::move(candidate)))
          any = true;
        else
          from = to;
      }
      if (stretch <= 1) return any;
    }
  }

  bool without_specials() {
    bool any = false;
    constexpr std::array kFlags = {
        &CompanyOptions::staff,          &CompanyOptions::hard_teams,
        &CompanyOptions::defer_team,     &CompanyOptions::hard_legacy,
        &CompanyOptions::hard_platform,  &CompanyOptions::optional_profile,
        &CompanyOptions::team_on_profile};
    for (const auto flag : kFlags) {
      if (!(best_.company.*flag)) continue;
      Script candidate = best_;
      candidate.company.*flag = false;
      any |= take(std::move(candidate));
    }
    constexpr std::array kOwn = {&Script::one_stage, &Script::joined_state, &Script::sweeps,
                                 &Script::group};
    for (const auto flag : kOwn) {
      if (!(best_.*flag)) continue;
      Script candidate = best_;
      candidate.*flag = false;
      any |= take(std::move(candidate));
    }
    if (best_.platform_ahead != Micros(0)) {
      Script candidate = best_;
      candidate.platform_ahead = Micros(0);
      any |= take(std::move(candidate));
    }
    return any;
  }

  Script best_;
  const std::string& law_;
  std::size_t plays_;
};

}  // namespace

Script shrink(Script script, const std::string& law, std::size_t plays_max) {
  return Shrinker(std::move(script), law, plays_max).shortest();
}

}  // namespace atlas::sim
