#include "tests/support/bridge.h"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

namespace atlas::e2e {

std::unique_ptr<Program> Bridge::start(std::vector<std::string> arguments,
                                       const Environment& extra) const {
  arguments.emplace_back("-c");
  arguments.push_back(mapping_file());
  Environment all = environment;
  for (const auto& [name, value] : extra) all[name] = value;
  return std::make_unique<Program>(arguments, all);
}

Finished Bridge::run(std::vector<std::string> arguments, const Environment& extra) const {
  return start(std::move(arguments), extra)->finish();
}

Json Bridge::json(std::vector<std::string> arguments) const {
  arguments.insert(arguments.end(), {"-o", "json"});
  const std::string verb = arguments.front();
  const Finished done = run(std::move(arguments));
  if (done.exit != 0) {
    throw std::runtime_error(fmt::format("{} ended with {}, signal {}: {}{}", verb, done.exit,
                                         done.signal, done.err, done.out));
  }
  return Json::parse(done.out);
}

void Bridge::check() const { (void)json({"check"}); }

Json Bridge::sync(const std::vector<std::string>& options) const {
  std::vector<std::string> arguments = {"sync"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  return json(std::move(arguments));
}

Verdict Bridge::verify() const {
  Verdict out;
  out.report = json({"verify"});
  for (const Json& entity : out.report["entities"]) {
    const Json& counts = entity["counts"];
    out.complete = out.complete && entity["complete"].get<bool>();
    out.equal += counts["equal"].get<long>();
    out.different += counts["different"].get<long>();
    out.drift += counts["drift"].get<long>();
    out.pending += counts["pending"].get<long>();
    out.known += counts["known"].get<long>();
    out.unlinked += counts["unlinked_legacy"].get<long>() + counts["unlinked_platform"].get<long>();
    for (const Json& finding : entity["findings"]) {
      if (finding["standing"] != "known") continue;
      out.aside.push_back(fmt::format("{} {}/{}: {}", entity["entity"].get<std::string>(),
                                      finding["legacy_table"].get<std::string>(),
                                      finding["legacy_key"].get<std::string>(),
                                      finding["reason"].get<std::string>()));
    }
  }
  return out;
}

}  // namespace atlas::e2e
