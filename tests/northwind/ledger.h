#pragma once

// What both sides say about Northwind, in words of neither: an oracle in SQL that knows both
// schemas by hand and nothing of the bridge. Rows are told by what they mean, never by a key that
// only one side has, so a lost, doubled or mixed row shows as a line that one side has and the
// other has not.

#include "tests/northwind/company.h"

#include <map>
#include <string>
#include <vector>

namespace atlas::e2e::northwind {

// A chapter, such as "order line" or "reporting line", to its sorted lines.
using Ledger = std::map<std::string, std::vector<std::string>>;

Ledger legacy_ledger(Company& company);
Ledger platform_ledger(Company& company);

// Lines that only one has, as "customer: only the first: ...".
std::vector<std::string> differences(const Ledger& first, const Ledger& second);

}  // namespace atlas::e2e::northwind
