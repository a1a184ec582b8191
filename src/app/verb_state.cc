// state backup, restore, reset: what the bridge remembers of a tenant, as a file, back, or away.

#include "app/backup_file.h"
#include "app/duration.h"
#include "app/json_text.h"
#include "app/verb.h"
#include "app/wiring.h"
#include "flow/deletes.h"
#include "flow/fences.h"
#include "flow/scopes.h"
#include "state/backup.h"
#include "verify/entity_decl.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <ostream>

namespace atlas::app {
namespace {

struct StateOptions {
  std::string file;
  std::string reason;
  std::string confirm;
  bool replace = false;
};

constexpr Micros kLeaseTtl = std::chrono::minutes(5);

// The tenant's lease while a verb works on its state, and the verb's line in the ledger of runs.
class HeldLease {
 public:
  //   errors  kLeaseHeld: a run is going
  static Result<HeldLease> take(OpenState& state) {
    ATLAS_TRY(const LeaseAnswer answer, state.store->take_lease(state.tenant.id, holder_name(),
                                                                kLeaseTtl, system_clock().now()));
    if (answer.lease) return HeldLease(state, *answer.lease);
    return Error(Code::kLeaseHeld, fmt::format("held by {} until {}", answer.held_by.holder,
                                               instant_text(answer.held_by.until)))
        .advise("do it again when the run has ended");
  }

  const Lease& lease() const { return lease_; }
  KeepGoing keeper() {
    return [this]() -> Result<> {
      const Micros now = system_clock().monotonic();
      if (now - renewed_ < kLeaseTtl / 4) return {};
      renewed_ = now;
      return state_->store->renew_lease(lease_, kLeaseTtl, system_clock().now());
    };
  }
  Result<> release(const std::string& verb, const Result<>& work, const Json& report) {
    RunRecord end;
    end.id = lease_.run;
    end.verb = verb;
    end.outcome = work ? "done" : "failed";
    end.holder = holder_name();
    end.finished = system_clock().now();
    end.report = report.dump();
    ATLAS_OK(state_->store->release_lease(lease_, end));
    return work;
  }

 private:
  HeldLease(OpenState& state, const Lease& lease)
      : state_(&state), lease_(lease), renewed_(system_clock().monotonic()) {}

  OpenState* state_;
  Lease lease_;
  Micros renewed_;
};

// A run that is going is no success: whoever asked for a backup has none.
Result<ExitCode> held(Error error, Terminal& terminal) {
  if (error.code() != Code::kLeaseHeld) return error;
  print_error(terminal, error);
  return ExitCode::kLeaseHeld;
}

Json counts_json(const std::string& file, const BackupCounts& counts) {
  return {{"file", file},
          {"entities", counts.entities},
          {"links", counts.links},
          {"pending", counts.pending},
          {"conflicts", counts.conflicts}};
}

std::string counts_text(const BackupCounts& counts) {
  return fmt::format("{} of {}, {} waiting, {}", counted(counts.links, "link"),
                     counted(counts.entities, "entity", "entities"), counted(counts.pending, "row"),
                     counted(counts.conflicts, "conflict"));
}

Result<BackupCounts> write_under_lease(OpenState& state, const Plan& plan, HeldLease& lease,
                                       std::ostream& out) {
  BackupHead head;
  head.program = ATLAS_VERSION;
  head.tenant = state.tenant.name;
  head.uuid = state.tenant.uuid;
  head.hash_key = state.tenant.hash_key;
  head.epoch = lease.lease().epoch;
  ATLAS_TRY(head.next_batch, state.store->reserve_batches(lease.lease(), 1));
  head.made = system_clock().now();
  std::vector<EntityLayout> layouts;
  layouts.reserve(plan.entities.size());
  for (const EntityPlan& entity : plan.entities) layouts.push_back(entity_decl(entity));
  return write_backup(*state.store, state.tenant, layouts, head, lease.keeper(), out);
}

Result<ExitCode> backup(const StateOptions& options, const CommonOptions& common,
                        Terminal& terminal) {
  ExitCode exit = ExitCode::kDone;
  ATLAS_TRY(const std::unique_ptr<Bridge> bridge, Bridge::open(common, terminal, exit));
  if (!bridge) return exit;
  ATLAS_TRY(OpenState state, bridge->state());
  ATLAS_TRY(const auto restoring, state.store->note(state.tenant.id, kRestoringNote));
  if (restoring && !restoring->empty()) {
    return Error(Code::kStateUnusable, "a restore has begun and not come to its end")
        .advise("restore it first");
  }
  BackupFile file(options.file);
  ATLAS_OK(file.open());
  auto lease = HeldLease::take(state);
  if (!lease) return held(std::move(lease).error(), terminal);
  auto counts = write_under_lease(state, bridge->plan(), *lease, file.out());
  Result<> work = counts ? file.finish() : Result<>(counts.error());
  ATLAS_OK(lease->release("backup", work, {{"file", options.file}}));
  if (common.json) {
    terminal.out << json_document(counts_json(options.file, *counts));
  } else {
    terminal.out << fmt::format("{}: {}\n", options.file, counts_text(*counts));
  }
  return ExitCode::kDone;
}

Result<> refuse_kept(OpenState& state, const std::vector<EntityLayout>& layouts) {
  ATLAS_TRY(const auto restoring, state.store->note(state.tenant.id, kRestoringNote));
  if (restoring && !restoring->empty()) return {};  // half of a backup is nobody's memory
  for (const EntityLayout& layout : layouts) {
    ATLAS_TRY(const EntityRef ref, state.store->entity(state.tenant.id, layout));
    ATLAS_TRY(const bool kept, anything_kept(*state.store, state.tenant.id, ref));
    if (!kept) continue;
    return Error(Code::kStateNotEmpty, fmt::format("tenant {} remembers rows of entity {}",
                                                   state.tenant.name, layout.name));
  }
  return {};
}

Result<> put_back(OpenState& state, const BackupSummary& backup, HeldLease& lease,
                  std::istream& file, const std::string& name) {
  ATLAS_OK(state.store->put_note(state.tenant.id, kRestoringNote, name));
  ATLAS_TRY(const auto notes, state.store->notes(state.tenant.id));
  for (const auto& [note, text] : notes) {
    if (note != kRestoringNote) ATLAS_OK(state.store->put_note(state.tenant.id, note, ""));
  }
  for (const EntityLayout& layout : backup.layouts) {
    ATLAS_TRY(const EntityRef ref, state.store->entity(state.tenant.id, layout));
    ATLAS_OK(state.store->forget(lease.lease(), ref));
  }
  return read_backup(*state.store, state.tenant, lease.lease(), lease.keeper(), file);
}

Result<BackupSummary> read_whole(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error(Code::kBackupUnusable, "it cannot be read").at(path);
  auto out = check_backup(file);
  if (!out) return std::move(out).error().at(path);
  return out;
}

Result<ExitCode> restore(const StateOptions& options, const CommonOptions& common,
                         Terminal& terminal) {
  ATLAS_TRY(const BackupSummary backup, read_whole(options.file));
  ATLAS_TRY(OpenState state, open_tenant_of(common, terminal));
  if (backup.head.uuid != state.tenant.uuid) {
    return Error(Code::kPrivateState,
                 fmt::format("the backup is of tenant {} with another tenant.id",
                             one_line(backup.head.tenant)))
        .at(options.file);
  }
  if (!options.replace) ATLAS_OK(refuse_kept(state, backup.layouts));
  auto lease = HeldLease::take(state);
  if (!lease) return held(std::move(lease).error(), terminal);
  std::ifstream file(options.file, std::ios::binary);
  const Result<> work = put_back(state, backup, *lease, file, options.file);
  ATLAS_OK(lease->release("restore", work, {{"file", options.file}, {"reason", options.reason}}));
  ATLAS_OK(state.store->go_on_from(state.tenant.id, backup.head.epoch, backup.head.hash_key));
  ATLAS_OK(state.store->put_note(state.tenant.id, kRestoringNote, ""));
  if (common.json) {
    Json out = counts_json(options.file, backup.counts);
    out["made"] = instant_text(backup.head.made);
    terminal.out << json_document(out);
    return ExitCode::kDone;
  }
  terminal.out << fmt::format("restored as it was at {}: {}\n", instant_text(backup.head.made),
                              counts_text(backup.counts));
  remark(terminal,
         "if runs have written since then, the next one says so: then run "
         "`atlas-bridge repair --rewound state`");
  return ExitCode::kDone;
}

// What the first load after a reset makes of rows that are on both sides.
std::string afterwards(const EntityPlan& entity) {
  if (entity.has_match) return "pairs are found again by match";
  if (entity.natural_match) return "pairs are found again by their keys";
  return "ATB-2110: rows that are on both sides are not recognised as one, and come out double";
}

Result<> forget_all(OpenState& state, const Bridge& bridge, const HeldLease& lease) {
  for (const EntityIndex index : bridge.chosen()) {
    ATLAS_OK(state.store->forget(lease.lease(), state.entities[index.value]));
    const std::string& name = bridge.plan().entities[index.value].name;
    for (const std::string& note : {approval_note(name), ledger_note(name), scope_note(name)})
      ATLAS_OK(state.store->put_note(state.tenant.id, note, ""));
  }
  // Nothing is left that only one database can be right for.
  if (bridge.chosen().size() < bridge.plan().entities.size()) return {};
  for (const EndpointPlan& endpoint : bridge.plan().endpoints)
    ATLAS_OK(note_fence(*state.store, state.tenant.id, endpoint.name, {}));
  return {};
}

Result<ExitCode> reset(const StateOptions& options, const CommonOptions& common,
                       Terminal& terminal) {
  ExitCode exit = ExitCode::kDone;
  ATLAS_TRY(const std::unique_ptr<Bridge> bridge, Bridge::open(common, terminal, exit));
  if (!bridge) return exit;
  ATLAS_TRY(OpenState state, bridge->state());
  Json report = Json::array();
  for (const EntityIndex index : bridge->chosen()) {
    const EntityPlan& entity = bridge->plan().entities[index.value];
    ATLAS_TRY(const std::int64_t links,
              state.store->link_count(state.tenant.id, state.entities[index.value]));
    report.push_back({{"entity", entity.name}, {"links", links}, {"next", afterwards(entity)}});
  }
  const auto print = [&] {
    if (common.json) {
      terminal.out << json_document(report);
      return;
    }
    for (const Json& line : report) {
      terminal.out << fmt::format("{}: {}; {}\n", line["entity"].get<std::string>(),
                                  counted(line["links"].get<std::int64_t>(), "link"),
                                  line["next"].get<std::string>());
    }
  };
  if (options.confirm.empty()) {
    print();
    remark(terminal,
           fmt::format("nothing is forgotten yet: look at the list above and at a backup; "
                       "then say --confirm {}",
                       state.tenant.name));
    return ExitCode::kDone;
  }
  if (options.confirm != state.tenant.name) {
    print();
    return Error(Code::kUsage,
                 fmt::format("nothing is forgotten: --confirm does not name {}", state.tenant.name))
        .advise(fmt::format("look at the list above and at a backup; then say --confirm {}",
                            state.tenant.name));
  }
  auto lease = HeldLease::take(state);
  if (!lease) return held(std::move(lease).error(), terminal);
  const Result<> work = forget_all(state, *bridge, *lease);
  ATLAS_OK(lease->release("reset", work, {{"entities", report}, {"reason", options.reason}}));
  print();
  return ExitCode::kDone;
}

}  // namespace

void declare_state(Verb& root) {
  auto options = std::make_shared<StateOptions>();
  Verb group = root.verb("state", "What the bridge remembers: backup, restore, reset");
  const auto bound = [options](auto action) {
    return [options, action](const CommonOptions& common, Terminal& terminal) {
      return action(*options, common, terminal);
    };
  };
  Verb saved = group.verb("backup", "Writes a tenant's state to a file, which appears whole");
  saved.reads_config()
      .prints_tables_or_json()
      .argument("FILE", options->file, "To be made; an older backup of that name is replaced")
      .examples({"state backup acme.state"})
      .does(bound(backup));
  Verb loaded = group.verb("restore", "Puts a backup into the tenant's state");
  loaded.reads_config()
      .prints_tables_or_json()
      .argument("FILE", options->file, "That `state backup` wrote")
      .required_text("--reason", options->reason, "Why; it is kept")
      .flag("--replace", options->replace, "Even if the tenant has a state, which is lost")
      .examples({"state restore acme.state --reason \"moved to PostgreSQL\"",
                 "state restore acme.state --replace --reason \"the disk failed\""})
      .does(bound(restore));
  Verb forgotten = group.verb("reset", "Forgets the links and everything else of entities");
  forgotten.reads_config()
      .prints_tables_or_json()
      .takes_entities()
      .required_text("--reason", options->reason, "Why; it is kept")
      .text("--confirm", options->confirm, "The tenant's name; without it, what would follow")
      .examples({"state reset --entity person --reason \"keys were shifted\"",
                 "state reset --reason \"a new pilot\" --confirm acme"})
      .does(bound(reset));
}

}  // namespace atlas::app
