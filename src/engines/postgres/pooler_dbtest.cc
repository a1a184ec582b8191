// A transaction-mode pooler made of this test: it answers logins by itself and lends one server
// session to whoever sends, until that one is idle again.

#include "engines/postgres/state.h"
#include "engines/postgres/wire.h"
#include "engines/postgres/world_testing.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

namespace atlas::postgres {
namespace {

constexpr std::size_t kClientsMax = 8;

// One socket with what was read of it.
struct Peer {
  int socket = -1;
  std::string input;
  bool greeted = false;
};

bool send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool receive_some(Peer& peer) {
  std::array<char, 65536> buffer{};
  const ssize_t got = ::recv(peer.socket, buffer.data(), buffer.size(), 0);
  if (got > 0) peer.input.append(buffer.data(), static_cast<std::size_t>(got));
  return got > 0;
}

std::string message(char type, std::string_view body) {
  std::string out(1, type);
  append_big(out, static_cast<std::uint32_t>(body.size() + 4));
  return out.append(body);
}

int connect_to(const std::string& path) {
  const int out = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  if (out < 0 || ::connect(out, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("no server");
  return out;
}

class Pooler {
 public:
  Pooler(const std::string& server_folder, const std::string& database) {
    std::array<char, 24> name{"/tmp/atlas-poolXXXXXX"};
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no folder");
    folder_ = name.data();
    listener_ = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    (folder_ + "/.s.PGSQL.5432").copy(address.sun_path, sizeof address.sun_path - 1);
    if (listener_ < 0 ||
        ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener_, static_cast<int>(kClientsMax)) != 0) {
      throw std::runtime_error("the pooler cannot listen");
    }
    log_in(server_folder, database);
    thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
  }
  ~Pooler() {
    thread_.request_stop();
    thread_.join();
    for (const Peer& client : clients_) (void)::close(client.socket);
    (void)::close(listener_);
    (void)::close(server_.socket);
    std::filesystem::remove_all(folder_);
  }
  Pooler(const Pooler&) = delete;
  Pooler& operator=(const Pooler&) = delete;

  const std::string& folder() const { return folder_; }

 private:
  void log_in(const std::string& folder, const std::string& database) {
    server_.socket = connect_to(folder + "/.s.PGSQL.5432");
    std::string body;
    append_big(body, std::uint32_t{196608});
    body +=
        std::string("user") + '\0' + "postgres" + '\0' + "database" + '\0' + database + '\0' + '\0';
    std::string startup;
    append_big(startup, static_cast<std::uint32_t>(body.size() + 4));
    (void)send_all(server_.socket, startup + body);
    while (!idle_again(nullptr)) {
      if (!receive_some(server_)) throw std::runtime_error("the pooler cannot log in");
    }
  }

  // Passes whole messages of the server on; true when it reported that no transaction is open.
  bool idle_again(const Peer* client) {
    bool idle = false;
    while (server_.input.size() >= 5) {
      const std::size_t size = 1 + load_big<std::uint32_t>(server_.input, 1);
      if (server_.input.size() < size) break;
      idle = server_.input[0] == 'Z' && server_.input[5] == 'I';
      if (client != nullptr)
        (void)send_all(client->socket, std::string_view(server_.input).substr(0, size));
      server_.input.erase(0, size);
    }
    return idle;
  }

  // The login, answered without the server: any client is welcome and told a process number of
  // ours.
  void greet(Peer& client) {
    while (client.input.size() >= 8 && !client.greeted) {
      const std::size_t size = load_big<std::uint32_t>(client.input, 0);
      if (client.input.size() < size) return;
      const auto version = load_big<std::uint32_t>(client.input, 4);
      client.input.erase(0, size);
      if (version != 196608) {  // a question for encryption
        (void)send_all(client.socket, "N");
        continue;
      }
      using namespace std::string_view_literals;
      (void)send_all(client.socket,
                     message('R', "\0\0\0\0"sv) + message('S', "client_encoding\0UTF8\0"sv) +
                         message('S', "standard_conforming_strings\0on\0"sv) +
                         message('K', "\0\0\x03\xE7\0\0\0\x01"sv) + message('Z', "I"));
      client.greeted = true;
    }
  }

  // Lends the server to `client` until it is idle.
  void lend(Peer& client) {
    client.greeted = true;
    while (true) {
      // Goodbyes are not for the server.
      if (client.input.starts_with('X')) client.input.clear();
      (void)send_all(server_.socket, client.input);
      client.input.clear();
      std::array<pollfd, 2> watched = {pollfd{server_.socket, POLLIN, 0},
                                       pollfd{client.socket, POLLIN, 0}};
      if (::poll(watched.data(), watched.size(), 2000) <= 0) return;
      if ((watched[0].revents & POLLIN) != 0 && receive_some(server_) && idle_again(&client))
        return;
      if (watched[1].revents != 0 && !receive_some(client)) return;
    }
  }

  void serve(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      std::vector<pollfd> watched = {{listener_, POLLIN, 0}};
      for (const Peer& client : clients_) watched.push_back({client.socket, POLLIN, 0});
      if (::poll(watched.data(), watched.size(), 50) <= 0) continue;
      for (std::size_t i = clients_.size(); i-- > 0;) {
        if (watched[i + 1].revents == 0) continue;
        Peer& client = clients_[i];
        if (!receive_some(client)) {
          (void)::close(client.socket);
          clients_.erase(clients_.begin() + static_cast<std::ptrdiff_t>(i));
          continue;
        }
        if (!client.greeted) greet(client);
        if (client.greeted && !client.input.empty()) lend(client);
      }
      if ((watched[0].revents & POLLIN) != 0)
        clients_.push_back({::accept(listener_, nullptr, nullptr), {}, false});
    }
  }

  std::string folder_;
  int listener_ = -1;
  Peer server_;
  std::vector<Peer> clients_;
  std::jthread thread_;
};

TEST(Pooler, ATransactionModePoolerIsRefusedAtTheDoor) {
  PostgresServer& server = shared_postgres_server();
  const std::string direct = server.create_database();
  const std::string database = direct.substr(direct.find("dbname=") + 7);
  const Pooler pooler(server.folder(), database);
  PostgresOptions options;
  options.dsn = Secret(fmt::format("host={} user=postgres dbname={}", pooler.folder(), database));
  options.name = "test.main";
  // It does speak for the server.
  EXPECT_EQ(PostgresUser(options.dsn.reveal()).one("select current_database()"), database);
  const auto endpoint = PostgresEndpoint::open(options);
  ASSERT_FALSE(endpoint);
  EXPECT_EQ(endpoint.error().code(), Code::kPoolerRefused);
  EXPECT_EQ(code_of(PostgresState::open(options)), Code::kPoolerRefused);
}

}  // namespace
}  // namespace atlas::postgres
