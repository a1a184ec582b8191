#include "sim/agree/places_testing.h"

#include "engines/postgres/fixture_testing.h"
#include "engines/sqlite/fixture_testing.h"
#include "sim/virtual/fixture_testing.h"

#include <atomic>
#include <chrono>
#include <thread>

namespace atlas::agree {
namespace {

// A real server makes the one wait whose rows the other holds.
bool contend_on_server(PostgresFixture& fixture, const std::function<void()>& blocked,
                       const std::function<void()>& meanwhile) {
  std::atomic<bool> through = false;
  std::jthread other([&] {
    blocked();
    through = true;
  });
  bool waits = false;
  while (!through && !waits) {
    waits = fixture.user().one(
                "select count(*) from pg_stat_activity where datname = "
                "current_database() and wait_event_type = 'Lock'") != "0";
    if (!waits) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  meanwhile();
  return waits;
}

// The virtual one asks its world for somebody else's turn.
bool contend_in_world(sim::World& world, const std::function<void()>& blocked,
                      const std::function<void()>& meanwhile) {
  bool waits = false;
  world.wait = [&](const std::function<bool()>& ready) {
    if (!waits) {
      waits = true;
      meanwhile();
    }
    if (!ready()) throw std::runtime_error("a transaction waits for nobody");
  };
  blocked();
  world.wait = nullptr;
  if (!waits) meanwhile();
  return waits;
}

Place virtual_place(sim::TokenStyle tokens, const char* name) {
  auto fixture = std::make_unique<sim::VirtualFixture>(tokens);
  sim::World& world = fixture->world();
  return {name, std::move(fixture), [&world](const auto& blocked, const auto& meanwhile) {
            return contend_in_world(world, blocked, meanwhile);
          }};
}

}  // namespace

Place postgres_place() {
  auto fixture = std::make_unique<PostgresFixture>();
  PostgresFixture& server = *fixture;
  return {"PostgreSQL", std::move(fixture), [&server](const auto& blocked, const auto& meanwhile) {
            return contend_on_server(server, blocked, meanwhile);
          }};
}

std::vector<Place> other_places(const Script& script) {
  std::vector<Place> out;
  out.push_back(virtual_place(sim::TokenStyle::kWriter, "virtual"));
  out.push_back(virtual_place(sim::TokenStyle::kContent, "virtual by content"));
  if (!script.two_writers)
    out.push_back({"SQLite", std::make_unique<sqlite::SqliteFixture>(), nullptr});
  return out;
}

}  // namespace atlas::agree
