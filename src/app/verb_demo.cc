#include "app/demo.h"
#include "app/verb.h"

namespace atlas::app {

void declare_demo(Verb& root) {
  auto options = std::make_shared<DemoOptions>();
  Verb verb =
      root.verb("demo", "Two databases, live edits on both sides, and what becomes of them");
  verb.flag("--postgres", options->postgres,
            "On two temporary PostgreSQL servers instead of SQLite files")
      .text("--dir", options->folder, "Make everything in this new or empty folder and keep it")
      .flag("--keep", options->keep, "Keep the files to try commands on them")
      .number("--users", options->users, 20, 1'000'000,
              "Users of the legacy system; the rest in proportion")
      .examples({"demo", "demo --keep", "demo --postgres --users 20000"})
      .does([options](const CommonOptions& /*common*/, Terminal& terminal) {
        return run_demo(*options, terminal);
      });
}

}  // namespace atlas::app
