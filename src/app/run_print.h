#pragma once

#include "app/terminal.h"
#include "flow/run.h"

namespace atlas::app {

// What a run did, entity by entity; its errors go to `err`.
void print_run(const RunReport& report, Terminal& terminal);
void print_run_json(const RunReport& report, Terminal& terminal);
// The table alone: entities in order, then the total.
void print_counts(const std::vector<EntityReport>& entities, const Counts& total,
                  Terminal& terminal, std::size_t indent = 0);

}  // namespace atlas::app
