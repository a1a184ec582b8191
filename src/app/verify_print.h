#pragma once

#include "app/terminal.h"
#include "flow/ports.h"
#include "verify/verify.h"

#include <nlohmann/json_fwd.hpp>  // tidy: allow(third-party-header) declarations only

namespace atlas::app {

VerifyPorts verify_ports(const Ports& ports);

// Counts by entity, findings, the verdict; errors go to `err`.
void print_verify(const VerifyReport& report, Terminal& terminal);
nlohmann::ordered_json verify_json(const VerifyReport& report);
// "equal: 3,412 links and every row looked at" …
std::string verdict_line(const VerifyReport& report, bool colour);

}  // namespace atlas::app
