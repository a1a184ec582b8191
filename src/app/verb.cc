#include "app/verb.h"

#include "app/all_tenants.h"
#include "app/duration.h"

#include <CLI/CLI.hpp>

namespace atlas::app {

Verb& Verb::reads_config() {
  app_->add_option("-c,--config", common_->config, "The mapping file")
      ->type_name("FILE")
      ->capture_default_str();
  app_->add_option("--tenant", common_->tenant, "Which tenant of the folder `tenants` beside it")
      ->type_name("NAME");
  return *this;
}

Verb& Verb::takes_all_tenants() {
  CLI::Option* one = app_->get_option("--tenant");
  app_->add_flag("--all", common_->all_tenants, "Every tenant; one that fails stops no other")
      ->excludes(one);
  app_->add_option("--parallel", common_->parallel, "Tenants at a time, with --all")
      ->check(CLI::Range(1, 64))
      ->type_name("N")
      ->capture_default_str();
  return *this;
}

Verb& Verb::prints_tables_or_json() {
  app_->add_option(
          "-o,--output",
          [json = &common_->json](const CLI::results_t& forms) {
            *json = forms.front() == "json";
            return true;
          },
          "How data is printed: table or json")
      ->type_name("FORM")
      ->check(CLI::IsMember({"table", "json"}));
  return *this;
}

Verb& Verb::takes_entities() {
  app_->add_option("--entity", common_->entities,
                   "Only this entity of the mapping; may be repeated")
      ->type_name("NAME")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  return *this;
}

namespace {

// A text of blanks says nothing.
CLI::Validator says_something() {
  return {[](std::string& text) {
            const bool blank = text.find_first_not_of(" \t\r\n") == std::string::npos;
            return blank ? std::string("it is empty") : std::string();
          },
          ""};
}

}  // namespace

Verb& Verb::flag(const std::string& names, bool& into, const std::string& help) {
  app_->add_flag(names, into, help);
  return *this;
}

Verb& Verb::text(const std::string& names, std::string& into, const std::string& help) {
  app_->add_option(names, into, help)->check(says_something())->type_name("TEXT");
  return *this;
}

Verb& Verb::choice(const std::string& names, std::string& into,
                   const std::vector<std::string>& choices, const std::string& help) {
  app_->add_option(names, into, help)->check(CLI::IsMember(choices))->type_name("WORD");
  return *this;
}

Verb& Verb::required_text(const std::string& names, std::string& into, const std::string& help) {
  app_->add_option(names, into, help)->check(says_something())->type_name("TEXT")->required();
  return *this;
}

Verb& Verb::required_choice(const std::string& names, std::string& into,
                            const std::vector<std::string>& choices, const std::string& help) {
  app_->add_option(names, into, help)->check(CLI::IsMember(choices))->type_name("WORD")->required();
  return *this;
}

Verb& Verb::number(const std::string& names, std::size_t& into, std::size_t least, std::size_t most,
                   const std::string& help) {
  app_->add_option(names, into, help)
      ->check(CLI::Range(least, most))
      ->type_name("N")
      ->capture_default_str();
  return *this;
}

Verb& Verb::duration(const std::string& names, std::optional<Micros>& into,
                     const std::string& help) {
  const CLI::Validator readable(
      [](std::string& text) {
        return parse_duration(text) ? std::string() : "write 90s, 5m or 1h30m, not " + text;
      },
      "");
  app_->add_option(
          names,
          [&into](const CLI::results_t& spans) {
            into = parse_duration(spans.front());
            return into.has_value();
          },
          help)
      ->type_name("SPAN")
      ->check(readable);
  return *this;
}

Verb& Verb::argument(const std::string& name, std::string& into, const std::string& help) {
  app_->add_option(name, into, help)->required()->type_name("");
  return *this;
}

Verb& Verb::arguments(const std::string& name, std::vector<std::string>& into,
                      const std::string& help) {
  app_->add_option(name, into, help)->required()->type_name("")->expected(1, -1);
  return *this;
}

Verb& Verb::texts(const std::string& names, std::vector<std::string>& into, const std::string& form,
                  const std::string& help) {
  app_->add_option(names, into, help)
      ->type_name(form)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  return *this;
}

Verb& Verb::optional_argument(const std::string& name, std::string& into, const std::string& help) {
  app_->add_option(name, into, help)->type_name("");
  return *this;
}

Verb& Verb::advanced() {
  app_->get_options().back()->group("");
  return *this;
}

Verb& Verb::examples(const std::vector<std::string>& lines) {
  std::string text = "Examples:";
  for (const std::string& line : lines) text += "\n  atlas-bridge " + line;
  app_->footer(text);
  return *this;
}

Verb Verb::verb(const std::string& name, const std::string& what) {
  CLI::App* below = app_->add_subcommand(name, what);
  app_->require_subcommand(1);
  return {*below, *common_, *chosen_};
}

void Verb::does(Action action) {
  app_->final_callback([chosen = chosen_, action = std::move(action)] {
    *chosen = [action](const CommonOptions& common, Terminal& terminal) {
      return common.all_tenants ? for_all_tenants(action, common, terminal)
                                : action(common, terminal);
    };
  });
}

}  // namespace atlas::app
