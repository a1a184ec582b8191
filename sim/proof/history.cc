#include "sim/proof/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <set>

namespace atlas::sim {
namespace {

// The columns that hold tokens, and the field that each must name.
struct TokenColumn {
  std::string_view column;
  char field;
};
std::span<const TokenColumn> token_columns(const Database& database, const TableName& table,
                                           const Company& company) {
  static constexpr std::array<TokenColumn, 3> kPerson = {
      TokenColumn{"name", 'n'}, TokenColumn{"city", 'c'}, TokenColumn{"remark", 'r'}};
  static constexpr std::array<TokenColumn, 2> kUser = {TokenColumn{"name", 'n'},
                                                       TokenColumn{"remark", 'r'}};
  static constexpr std::array<TokenColumn, 1> kProfile = {TokenColumn{"city", 'c'}};
  static constexpr std::array<TokenColumn, 1> kTeam = {TokenColumn{"name", 't'}};
  static constexpr std::array<TokenColumn, 1> kPlatformTeam = {TokenColumn{"title", 't'}};
  if (&database == &company.legacy) {
    if (table == kTeams) return kTeam;
    return kPerson;
  }
  if (&database == &company.geo) return kProfile;
  if (table == kTeams) return kPlatformTeam;
  return kUser;
}

const Value& cell(const Table& table, const Row& row, std::string_view column) {
  return row.cells[table.column(column)];
}

std::optional<Token> token_in(const Table& table, const Row* row, std::string_view column) {
  if (row == nullptr) return std::nullopt;
  const Value& value = cell(table, *row, column);
  return value.tag() == Tag::kText ? token_of(value.as_text()) : std::nullopt;
}

bool alive(const Table& table, const Row* row) {
  return row != nullptr && cell(table, *row, "deleted_at").is_null();
}

std::int64_t stamp_of(const Table& table, const Row* row) {
  if (row == nullptr) return 0;
  const Value& stamp = row->cells[*table.stamp];
  return stamp.is_null() ? 0 : stamp.as_int();
}

std::string name(const Token& token) {
  return fmt::format("{}{}{}", token.person, token.field, token.serial);
}

// One pass over the events.
class Pass {
 public:
  Pass(const Company& company, const std::vector<Event>& events, const HistoryFacts& facts)
      : company_(company), events_(events), facts_(facts) {
    for (const Event& event : events) {
      if (event.database != nullptr) learn_owner(event);
    }
    for (const StateData::Entity& entity : company.state.entities) {
      for (const Conflict& conflict : entity.conflicts) {
        for (const std::string* value : {&conflict.legacy_value, &conflict.platform_value}) {
          if (const auto token = token_of(*value)) on_record_.insert(*token);
        }
      }
    }
  }

  // H5: fields of a group win or lose together.
  // Whether a user wrote to the conflict's person after its run began: what one target refused is
  // decided again in the same run, and the later edit may win then.
  bool touched_since(const Conflict& conflict) const {
    const auto token = token_of(conflict.legacy_value);
    return token && std::ranges::any_of(events_, [&](const Event& event) {
             if (event.database == nullptr || event.bridge || event.at < conflict.at) return false;
             const auto owner = owners_.find(row_of(event));
             return owner != owners_.end() && owner->second == token->person;
           });
  }

  std::optional<Violation> group_torn() const {
    if (!facts_.group) return std::nullopt;
    for (const StateData::Entity& entity : company_.state.entities) {
      for (const Conflict& a : entity.conflicts) {
        for (const Conflict& b : entity.conflicts) {
          const bool together = a.instance == b.instance && a.at == b.at &&
                                a.legacy_version == b.legacy_version &&
                                a.platform_version == b.platform_version;
          if (together && a.field == "name" && b.field == "city" && !a.open && !b.open &&
              a.winner != b.winner && !touched_since(a))
            return Violation{"H5 atomicity",
                             fmt::format("{} wins the name and {} the city", a.winner, b.winner)};
        }
      }
    }
    return std::nullopt;
  }

  std::optional<Violation> law_broken_by(const Event& event) {
    if (event.database == nullptr) {
      for (auto& [id, writes] : bridge_values_) writes.clear();
      return std::nullopt;
    }
    side_ = event.database == &company_.legacy ? Side::kLegacy : Side::kPlatform;
    const auto owner = owners_.find(row_of(event));
    owner_ = owner == owners_.end() ? 0 : owner->second;
    return event.bridge ? of_bridge(event) : of_user(event);
  }

 private:
  using RowKey = std::pair<const Table*, Key>;
  using FieldKey = std::pair<RowKey, char>;

  // A profile belongs to whom its user does.
  RowKey row_of(const Event& event) const {
    if (event.change.table->name == kProfiles)
      return {company_.identity.find(kUsers), event.change.key};
    return {event.change.table, event.change.key};
  }

  void learn_owner(const Event& event) {
    const Table& table = *event.change.table;
    if (table.name == kProfiles || event.change.after == nullptr) return;
    const auto columns = token_columns(*event.database, table.name, company_);
    const auto token = token_in(table, event.change.after.get(), columns.front().column);
    if (token) owners_.try_emplace(row_of(event), token->person);
  }

  std::optional<Violation> of_user(const Event& event) {
    const Table& table = *event.change.table;
    const Row* before = event.change.before.get();
    const Row* after = event.change.after.get();
    bridge_values_.clear_person(owner_);
    bridge_last_[{side_, owner_}] = false;
    const auto team = team_of(table);
    const bool with_profile =
        after == nullptr && table.name == kProfiles && company_.options.team_on_profile;
    if (with_profile || (team && after != nullptr && after->cells[*team].is_null()))
      without_team_.insert({side_, owner_});
    std::int64_t& stamp = user_stamp_[{side_, owner_}];
    stamp = std::max(stamp, stamp_of(table, after) - ahead());
    for (const TokenColumn& c : token_columns(*event.database, table.name, company_)) {
      const auto now = token_in(table, after, c.column);
      if (!now || now == token_in(table, before, c.column)) continue;
      written_[*now] = stamp_of(table, after) - ahead();
      shown_.insert({side_, *now});
    }
    if (table.name == kProfiles) return std::nullopt;
    alive_[{side_, owner_}] = alive(table, after);
    if (alive(table, before) && !alive(table, after)) ++deaths_[{side_, owner_}].by_user;
    if (!alive(table, before) && alive(table, after)) ++births_[{side_, owner_}].by_user;
    return std::nullopt;
  }

  std::optional<Violation> of_bridge(const Event& event) {
    const Table& table = *event.change.table;
    const Row* before = event.change.before.get();
    const Row* after = event.change.after.get();
    std::int64_t& epoch = epochs_[event.database];
    if (event.bridge->value < epoch)
      return Violation{"H6 exclusion",
                       fmt::format("epoch {} wrote after epoch {} in {}", event.bridge->value,
                                   epoch, event.database->name())};
    epoch = event.bridge->value;
    bridge_last_[{side_, owner_}] = true;
    if (auto broken = silence(event)) return broken;
    if (after != nullptr) {
      for (const TokenColumn& c : token_columns(*event.database, table.name, company_)) {
        if (auto broken = field(event, c)) return broken;
      }
    }
    if (auto broken = team_emptied(event)) return broken;
    if (table.name == kProfiles) return std::nullopt;
    return liveness(table, before, after);
  }

  static std::optional<std::uint32_t> team_of(const Table& table) {
    if (table.name == kTeams) return std::nullopt;
    return table.column("team");
  }

  // H1: we take nobody out of a team unless a user of the other side showed them without one.
  std::optional<Violation> team_emptied(const Event& event) const {
    const auto column = team_of(*event.change.table);
    const Row* before = event.change.before.get();
    const Row* after = event.change.after.get();
    if (!column || before == nullptr || after == nullptr || facts_.restored) return std::nullopt;
    if (before->cells[*column].is_null() || !after->cells[*column].is_null()) return std::nullopt;
    if (without_team_.contains({other(side_), owner_})) return std::nullopt;
    return Violation{"H1 provenance",
                     fmt::format("person {} was taken out of a team by us alone", owner_)};
  }

  // H8 and S14: an update of ours changes something that is mapped, and nothing else.
  std::optional<Violation> silence(const Event& event) const {
    const Table& table = *event.change.table;
    const Row* before = event.change.before.get();
    const Row* after = event.change.after.get();
    if (before == nullptr || after == nullptr) return std::nullopt;
    bool changed = false;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      if (i == table.stamp) continue;
      if (i >= before->cells.size() || i >= after->cells.size()) continue;
      const bool differs = !(before->cells[i] == after->cells[i]);
      changed |= differs;
      const std::string& column = table.columns[i].name;
      const bool ours = column != "secret" && column != "org" && column != "kind" && column != "id";
      if (differs && !ours && column.rfind("extra", 0) != 0)
        return Violation{"S14 unmapped",
                         fmt::format("{}.{} was written by us", table.name.text(), column)};
    }
    if (!changed && !facts_.triggers)
      return Violation{"H8 silence",
                       fmt::format("a row of {} was written as it was", table.name.text())};
    return std::nullopt;
  }

  std::optional<Violation> field(const Event& event, const TokenColumn& column) {
    const Table& table = *event.change.table;
    const auto old = token_in(table, event.change.before.get(), column.column);
    const Value& value = cell(table, *event.change.after, column.column);
    if (value.is_null()) {
      // Nobody empties a name or a remark; a city goes with its profile.
      if (!old || column.field == 'c' || facts_.restored) return std::nullopt;
      return Violation{"H1 provenance",
                       fmt::format("{} of person {} was emptied by us", column.column, owner_)};
    }
    const auto now = token_in(table, event.change.after.get(), column.column);
    if (now && now == old) return std::nullopt;
    if (!now)
      return Violation{"H1 provenance",
                       fmt::format("{} got a value that nobody wrote", table.name.text())};
    if (now->field != column.field || !written_.contains(*now) ||
        (owner_ != 0 && now->person != owner_))
      return Violation{"H1 provenance",
                       fmt::format("{} of person {} became {}", column.column, owner_, name(*now))};
    shown_.insert({side_, *now});
    if (old && written_.contains(*old)) {
      const std::int64_t stamp = stamp_of(table, event.change.before.get()) - ahead();
      if (auto broken = lost(*old, *now, stamp)) return broken;
    }
    if (facts_.triggers || facts_.restored) return std::nullopt;
    auto& values = bridge_values_[{row_of(event), column.field}];
    if (std::ranges::find(values, *now) != values.end())
      return Violation{"H3 flip-flop",
                       fmt::format("{} came back to {} without a user", column.column, name(*now))};
    values.push_back(*now);
    return std::nullopt;
  }

  // H2 and S3: a user's value is overwritten by us only where the other side had it too, or where
  // it is on record, and not by an older row.
  //   shown_stamp  of the row that the loser stood in
  std::optional<Violation> lost(const Token& old, const Token& now,
                                std::int64_t shown_stamp) const {
    if (facts_.restored || shown_.contains({other(side_), old})) return std::nullopt;
    if (!on_record_.contains(old))
      return Violation{"H2 last writer",
                       fmt::format("{} is lost without a trace to {}", name(old), name(now))};
    const Policy policy = old.field == 'c'   ? facts_.city
                          : old.field == 'r' ? facts_.remark
                                             : Policy::kNewest;
    // Which of two edits is later is told by rows where bases are gone.
    const bool told_otherwise = facts_.clocks_stepped || facts_.group || facts_.triggers ||
                                facts_.remapped || facts_.recovered;
    if (policy != Policy::kNewest || told_otherwise) return std::nullopt;
    // While an adoption is half made there is no link to say that a stamp is our own.
    const auto ours = bridge_last_.find({other(side_), owner_});
    if (facts_.adoptions && ours != bridge_last_.end() && ours->second) return std::nullopt;
    const auto winner = user_stamp_.find({other(side_), owner_});
    const std::int64_t latest = winner == user_stamp_.end() ? 0 : winner->second;
    // An offset is measured as exactly as a probe is answered quickly, and users' seconds pass
    // meanwhile.
    const std::int64_t measured = facts_.platform_ahead == Micros(0) ? 5'000 : 4'000'000;
    // A user whose transaction began earlier may have put the row's stamp back since.
    const std::int64_t stamp = std::min(written_.at(old), shown_stamp);
    if (stamp > latest + measured)
      return Violation{"H2 last writer",
                       fmt::format("{} lost to {}, which is older", name(old), name(now))};
    return std::nullopt;
  }

  // H4: whoever dies or is born by us died or was born by a user on the other side.
  std::optional<Violation> liveness(const Table& table, const Row* before, const Row* after) {
    const bool was = alive(table, before);
    const bool is = alive(table, after);
    alive_[{side_, owner_}] = is;
    if (was && !is) {
      const int ours = ++deaths_[{side_, owner_}].by_bridge;
      // What a restore brought back from the dead dies again, of a death that the other side still
      // shows, or showed when the run read it.
      const Count& theirs = deaths_[{other(side_), owner_}];
      const bool shown =
          !alive_[{other(side_), owner_}] || ours <= theirs.by_user + theirs.by_bridge;
      if (ours > theirs.by_user && !(facts_.restored && shown))
        return Violation{"H4 delete", fmt::format("{} of {} was deleted by nobody but us", owner_,
                                                  table.name.text())};
    }
    if (!was && is) {
      const int ours = ++births_[{side_, owner_}].by_bridge;
      const int allowed =
          births_[{other(side_), owner_}].by_user + deaths_[{side_, owner_}].by_user;
      if (ours > allowed && !facts_.restored)
        return Violation{"S5 resurrection", fmt::format("{} of {} came back by nobody but us",
                                                        owner_, table.name.text())};
    }
    return std::nullopt;
  }

  std::int64_t ahead() const {
    return side_ == Side::kPlatform ? facts_.platform_ahead.count() : 0;
  }

  struct Count {
    int by_user = 0, by_bridge = 0;
  };
  // What we wrote into each field since a user last touched its person.
  struct BridgeValues : std::map<FieldKey, std::vector<Token>> {
    void clear_person(std::int64_t person) {
      for (auto& [key, tokens] : *this) {
        if (!tokens.empty() && tokens.front().person == person) tokens.clear();
      }
    }
  };

  const Company& company_;
  const std::vector<Event>& events_;
  const HistoryFacts& facts_;
  std::map<RowKey, std::int64_t> owners_;
  std::set<Token> on_record_;
  std::map<Token, std::int64_t> written_;  // by a user, with the row's stamp
  std::set<std::pair<Side, Token>> shown_;
  std::set<std::pair<Side, std::int64_t>> without_team_;  // by a user
  std::map<std::pair<Side, std::int64_t>, std::int64_t> user_stamp_;
  std::map<std::pair<Side, std::int64_t>, Count> deaths_, births_;
  std::map<std::pair<Side, std::int64_t>, bool> alive_, bridge_last_;
  std::map<const Database*, std::int64_t> epochs_;
  BridgeValues bridge_values_;
  Side side_ = Side::kLegacy;
  std::int64_t owner_ = 0;
};

}  // namespace

std::optional<Token> token_of(std::string_view text) {
  Token out;
  const char* const end = text.data() + text.size();
  const auto person = std::from_chars(text.data(), end, out.person);
  if (person.ec != std::errc() || person.ptr == end) return std::nullopt;
  out.field = static_cast<char>(std::tolower(static_cast<unsigned char>(*person.ptr)));
  const auto serial = std::from_chars(person.ptr + 1, end, out.serial);
  if (serial.ec != std::errc() || serial.ptr != end) return std::nullopt;
  return out;
}

void History::record(const Commit& commit, Instant at) {
  if (!commit.bridge) ++user_commits_;
  for (const Change& change : commit.changes)
    events_.push_back({at, &commit.database, commit.bridge, commit.writer, change});
}

std::optional<Violation> History::breach(const HistoryFacts& facts) const {
  Pass pass(company_, events_, facts);
  for (const Event& event : events_) {
    if (auto broken = pass.law_broken_by(event)) return broken;
  }
  return pass.group_torn();
}

}  // namespace atlas::sim
