#include "app/demo.h"

#include "app/demo_edits.h"
#include "app/demo_world.h"
#include "app/duration.h"
#include "app/pending_text.h"
#include "app/progress.h"
#include "app/run_print.h"
#include "app/signals.h"
#include "app/table.h"
#include "app/verify_print.h"
#include "app/wiring.h"
#include "flow/run.h"
#include "model/key.h"

#include <fmt/format.h>

#include <filesystem>
#include <ostream>
#include <unistd.h>

namespace atlas::app {
namespace {

constexpr std::size_t kReasonsMax = 8;  // lines about rows left aside

AtlasSize size_for(std::size_t users) {
  const auto n = static_cast<std::int64_t>(users);
  return {.users = n,
          .staff = std::max<std::int64_t>(n / 10, 20),
          .teams = std::max<std::int64_t>(n * 80 / 3000, 20),
          .geofences = std::max<std::int64_t>(n / 5, 20),
          .members = n * 4 / 3,
          .categories = 12};
}

// A temporary folder, removed at the end, or the one asked for.
class Folder {
 public:
  static Result<std::unique_ptr<Folder>> make(const DemoOptions& options) {
    auto folder = std::unique_ptr<Folder>(new Folder);
    folder->keep_ = options.keep || !options.folder.empty();
    if (options.folder.empty()) {
      std::string name = (std::filesystem::temp_directory_path() / "atlas-XXXXXX").string();
      if (::mkdtemp(name.data()) == nullptr) {
        return Error(Code::kDiskFull, "no temporary folder can be made").at(name);
      }
      folder->path_ = name;
      // The servers' user has to reach its folders below; their contents stay closed.
      if (options.postgres) {
        std::filesystem::permissions(
            name, std::filesystem::perms::others_exec | std::filesystem::perms::group_exec,
            std::filesystem::perm_options::add);
      }
      return folder;
    }
    std::error_code failed;
    std::filesystem::create_directories(options.folder, failed);
    if (failed || !std::filesystem::is_empty(options.folder, failed)) {
      return Error(Code::kUsage, "the folder is not empty, or cannot be made")
          .at(options.folder)
          .advise("name a new folder with --dir");
    }
    folder->path_ = std::filesystem::canonical(options.folder).string();
    return folder;
  }
  ~Folder() {
    std::error_code ignored;
    if (!keep_ && !path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::string& path() const { return path_; }
  bool kept() const { return keep_; }

 private:
  Folder() = default;
  std::string path_;
  bool keep_ = false;
};

class Story {
 public:
  Story(DemoWorld& world, const DemoOptions& options, const StopSignals& signals,
        Terminal& terminal)
      : world_(world), options_(options), terminal_(terminal), signals_(signals) {}

  Result<> tell() {
    ATLAS_OK(fill());
    ATLAS_OK(check());
    heading("First run: the platform is empty, so everything is brought over");
    ATLAS_OK(run(nullptr));
    ATLAS_OK(left_aside());
    ATLAS_OK(edit());
    heading("Second run");
    ATLAS_OK(run(nullptr));
    ATLAS_OK(what_became());
    heading("Do both sides agree?");
    ATLAS_OK(compare());
    heading("Third run: nothing changed, so nothing may be written");
    return run_in_silence();
  }

 private:
  void heading(std::string_view text) {
    if (told_) terminal_.out << '\n';
    told_ = true;
    terminal_.out << styled(text, Style::kBold, terminal_.out_colour) << '\n';
  }
  void line(std::string_view text) { terminal_.out << "  " << one_line(text) << '\n'; }

  static std::int64_t now_us() { return system_clock().now().time_since_epoch().count(); }

  Result<> fill() {
    const AtlasSize size = size_for(options_.users);
    const auto planted = world_.load(size, now_us());
    if (!planted) return planted.error();
    heading(options_.postgres ? "Legacy monolith and platform services on two PostgreSQL servers"
                              : "Legacy monolith and platform services, a SQLite file each");
    line(
        fmt::format("legacy: {} users, {} staff, {} teams, {} members, {} geofences, {} categories",
                    grouped(size.users), grouped(size.staff), grouped(size.teams),
                    grouped(size.members), grouped(size.geofences), size.categories));
    line("        integer keys, one name column, status codes, Berlin's wall clock");
    line("platform: identity, org and geo, a database each, still empty;");
    line("        UUIDs, given and family name, words, UTC, GeoJSON");
    return {};
  }

  Result<> check() {
    CommonOptions common;
    common.config = world_.config();
    ExitCode exit = ExitCode::kDone;
    ATLAS_TRY(bridge_,
              Bridge::open(common, terminal_, exit, AskDrift::kIfUnlawful, world_.variables()));
    if (!bridge_) return Error(Code::kInternal, "the example's mapping is not lawful");
    ATLAS_TRY(OpenState state, bridge_->state());
    ATLAS_OK(remember_check(state, bridge_->mapping()));
    line(fmt::format(
        "check: the mapping is lawful for both schemas, {} in {}",
        counted(static_cast<std::int64_t>(bridge_->mapping().fields.size()), "field"),
        counted(static_cast<std::int64_t>(bridge_->plan().entities.size()), "entity", "entities")));
    return {};
  }

  Result<> run(RunReport* into) {
    const Ports ports = bridge_->ports(stop_when(signals_, system_clock(), std::nullopt));
    RunOptions options;
    options.holder = holder_name();
    options.fresh_key = fresh_hash_key();
    Result<RunReport> report = [&] {
      Progress progress(terminal_, system_clock(), "sync", bridge_->plan().entities.size());
      return run_once(bridge_->plan(), ports, options, progress);
    }();
    if (!report) return std::move(report).error();
    if (report->error) return *report->error;
    if (into == nullptr) {
      print_counts(report->entities, report->total, terminal_, 2);
      line(fmt::format("{} written in {}", counted(report->total.rows_written, "row"),
                       duration_text(report->took)));
    } else {
      *into = std::move(*report);
    }
    return {};
  }

  // Rows that wait, grouped by why.
  Result<> left_aside() {
    struct Group {
      std::int64_t rows = 0;
      std::string example;
    };
    std::map<std::tuple<std::string, PendingState, std::string>, Group> groups;
    ATLAS_TRY(OpenState state, bridge_->state());
    constexpr std::array kStates = {PendingState::kQuarantined, PendingState::kWaiting,
                                    PendingState::kHeld};
    for (const EntityPlan& entity : bridge_->plan().entities) {
      ATLAS_TRY(const std::vector<Pending> page,
                state.store->pending(state.tenant.id, state.entities[entity.index.value], kStates,
                                     Instant::max(), nullptr, 10'000));
      for (const Pending& pending : page) {
        const std::string why = short_why_text(pending);
        Group& group = groups[{entity.name, pending.state, why}];
        if (++group.rows == 1) group.example = key_text(pending.instance.key);
      }
    }
    if (groups.empty()) return {};
    line("left aside, each row with its reason, while all others flow:");
    Table table;
    table.column("ENTITY").column("STATE").number("ROWS").column("FOR EXAMPLE").column("WHY");
    std::size_t shown = 0;
    for (const auto& [name, group] : groups) {
      const auto& [entity, pending_state, why] = name;
      if (++shown > kReasonsMax) break;
      table.row({entity, std::string(pending_state_name(pending_state)), count_cell(group.rows),
                 group.example, why});
    }
    table.print(terminal_, 2);
    return {};
  }

  Result<> edit() {
    heading("Meanwhile people work on both sides");
    ATLAS_TRY(edits_, edit_both_sides(world_, now_us()));
    for (const std::string& told : edits_.told) line(told);
    return {};
  }

  Result<> what_became() {
    ATLAS_TRY(const DemoUser kept, show_user(world_, edits_.both_kept));
    line("user 1, both edits kept   legacy:   " + kept.legacy);
    line("                          platform: " + kept.platform);
    ATLAS_OK(show_conflicts());
    ATLAS_OK(show_inserts());
    ATLAS_TRY(const DemoUser deleted, show_user(world_, edits_.deleted));
    line("user 3, deleted           platform: " + deleted.platform);
    return show_quarantined();
  }

  Result<> show_conflicts() {
    ATLAS_TRY(OpenState state, bridge_->state());
    for (const EntityPlan& entity : bridge_->plan().entities) {
      ATLAS_TRY(
          const std::vector<Conflict> conflicts,
          state.store->conflicts(state.tenant.id, state.entities[entity.index.value], false, 10));
      for (const Conflict& conflict : conflicts) {
        const bool legacy_won = conflict.winner == "legacy";
        line(fmt::format("user {}, conflict on {}  {} won: {}", key_text(conflict.instance.key),
                         conflict.field, conflict.winner,
                         legacy_won ? conflict.legacy_value : conflict.platform_value));
        line(fmt::format("                          the loser is kept: {} ({})",
                         legacy_won ? conflict.platform_value : conflict.legacy_value,
                         conflict.reason));
      }
    }
    return {};
  }

  Result<> show_inserts() {
    ATLAS_TRY(const auto user, world_.at(DemoPlace::kIdentity)
                                   .run(fmt::format("SELECT id FROM {} WHERE email = {}",
                                                    world_.table(DemoPlace::kIdentity, "users"),
                                                    sql_quoted(edits_.new_user_email))));
    ATLAS_TRY(const auto team, world_.at(DemoPlace::kLegacy)
                                   .run(fmt::format("SELECT id FROM teams WHERE title = {}",
                                                    sql_quoted(edits_.new_team))));
    if (user.empty() || team.empty())
      return Error(Code::kInternal, "an inserted row did not arrive");
    line(fmt::format(
        "inserted                  the user is {} on the platform, the team {} on legacy",
        user.front().front(), team.front().front()));
    return {};
  }

  Result<> show_quarantined() {
    ATLAS_TRY(OpenState state, bridge_->state());
    const EntityPlan* person = bridge_->plan().entity("person");
    const Value id = Value::integer(std::atoll(edits_.unmappable.c_str()));
    const std::vector<InstanceKey> which{{Side::kLegacy, 0, encode_key({&id, 1})}};
    ATLAS_TRY(const std::vector<Pending> pending,
              state.store->pending_of(state.tenant.id, state.entities[person->index.value], which));
    if (pending.empty()) return Error(Code::kInternal, "the unmappable row is not in quarantine");
    line(fmt::format("user 4, {}       {} {}: {}", pending_state_name(pending.front().state),
                     code_text(static_cast<Code>(pending.front().code)), pending.front().field,
                     pending.front().reason));
    return {};
  }

  Result<> compare() {
    const VerifyPorts ports =
        verify_ports(bridge_->ports(stop_when(signals_, system_clock(), std::nullopt)));
    VerifyOptions options;
    Result<VerifyReport> report = [&] {
      Progress progress(terminal_, system_clock(), "verify", bridge_->plan().entities.size());
      return verify(bridge_->plan(), ports, options, progress);
    }();
    if (!report) return std::move(report).error();
    terminal_.out << "  " << verdict_line(*report, terminal_.out_colour) << '\n';
    return {};
  }

  Result<> run_in_silence() {
    ATLAS_TRY(const DemoWorld::Content before, world_.content());
    RunReport report;
    ATLAS_OK(run(&report));
    ATLAS_TRY(const DemoWorld::Content after, world_.content());
    line(fmt::format("{} written in {}", counted(report.total.rows_written, "row"),
                     duration_text(report.took)));
    line(fmt::format(
        "{} rows of {} tables, {}: {:016x} before, {:016x} after", grouped(after.rows),
        after.tables,
        options_.postgres ? "digest of every cell and row version" : "digest of every cell",
        before.digest, after.digest));
    if (before != after || report.total.rows_written != 0)
      return Error(Code::kInternal, "the third run wrote something");
    return {};
  }

  DemoWorld& world_;
  const DemoOptions& options_;
  Terminal& terminal_;
  const StopSignals& signals_;
  bool told_ = false;  // a heading stands above
  std::unique_ptr<Bridge> bridge_;
  DemoEdits edits_;
};

// How this program is started from here.
std::string own_name() {
  std::error_code failed;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", failed);
  const auto here = std::filesystem::current_path(failed);
  if (failed) return "atlas-bridge";
  const std::string near = self.lexically_relative(here).string();
  return near.empty() || near.starts_with("..") ? self.string() : "./" + near;
}

void invite(const DemoWorld& world, bool kept, bool postgres, Terminal& terminal) {
  terminal.out << '\n';
  if (!kept) {
    terminal.out << "To keep the databases, edit them and look around:\n  " << own_name()
                 << " demo --dir atlas-demo" << (postgres ? " --postgres" : "") << '\n';
    return;
  }
  terminal.out << "Look around, edit either side, run again:\n";
  for (const std::string& line : world.shell_preparation()) terminal.out << "  " << line << '\n';
  for (const char* verb : {"status", "conflicts list --all", "record person users/2", "sync"}) {
    terminal.out << "  " << own_name() << ' ' << verb << " -c " << world.config() << '\n';
  }
}

}  // namespace

Result<ExitCode> run_demo(const DemoOptions& options, Terminal& terminal) {
  const StopSignals signals;  // before the servers, which are to be stopped again
  ATLAS_TRY(const std::unique_ptr<Folder> folder, Folder::make(options));
  ATLAS_TRY(const std::unique_ptr<DemoWorld> world,
            DemoWorld::make({folder->path(), options.postgres}));
  ATLAS_OK(Story(*world, options, signals, terminal).tell());
  invite(*world, folder->kept(), options.postgres, terminal);
  return ExitCode::kDone;
}

}  // namespace atlas::app
