#pragma once

#include <cstdint>

namespace atlas {

// Randomness comes from outside (DESIGN §3 Ports). One thread.
class Rng {
 public:
  virtual ~Rng() = default;
  virtual std::uint64_t next() = 0;
};

// Deterministic from its seed (splitmix64, Steele, Lea, Flood 2014).
class SeededRng final : public Rng {
 public:
  explicit SeededRng(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() override;

 private:
  std::uint64_t state_;
};

// A seed from the operating system; for production only.
std::uint64_t system_entropy();

}  // namespace atlas
