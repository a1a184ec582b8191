// Data that we did not make: the Northwind sample, synced both ways with a platform of three
// services. Needs the folder that ATLAS_SHARED_DATA names.

#include "tests/northwind/company.h"
#include "tests/northwind/ledger.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::e2e::northwind {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// One run, of which `plan` has said beforehand what it writes, but for what the databases make of
// it: numbers that only an insert brings come over to the other side after it.
Json sync_as_planned(const Company& company, long numbered = 0) {
  const Json planned = company.json({"plan"});
  Json done = company.sync();
  EXPECT_EQ(planned["writes"].get<long>() + numbered, done["total"]["rows_written"].get<long>());
  for (const Json& entity : planned["entities"]) {
    const std::string name = entity["entity"];
    for (const char* count : {"created_legacy", "created_platform", "adopted", "conflicts"}) {
      for (const Json& was : done["entities"]) {
        if (was["entity"] != name) continue;
        EXPECT_EQ(entity["counts"][count], was["counts"][count]) << name << ' ' << count;
      }
    }
  }
  return done;
}

class Northwind : public testing::Test {
 protected:
  void SetUp() override {
    const auto text = sample();
    if (!text) GTEST_SKIP() << "ATLAS_SHARED_DATA names no folder with the Northwind sample";
    sample_ = *text;
  }

  // Checked, and synced for the first time.
  std::unique_ptr<Company> synced_company() const {
    auto company = std::make_unique<Company>(sample_);
    company->check();
    EXPECT_EQ(sync_as_planned(*company)["outcome"], "done");
    return company;
  }

  std::string sample_;
};

// Equal by hand, equal by `verify`, and nothing left to write.
void expect_settled(Company& company) {
  EXPECT_THAT(differences(legacy_ledger(company), platform_ledger(company)), IsEmpty())
      << "the first is legacy";
  const Verdict verdict = company.verify();
  EXPECT_TRUE(verdict.complete);
  EXPECT_EQ(verdict.different, 0) << verdict.report.dump(1);
  EXPECT_EQ(verdict.unlinked, 0) << verdict.report.dump(1);
  EXPECT_EQ(verdict.pending, 0) << verdict.report.dump(1);
  EXPECT_EQ(verdict.drift, 0) << verdict.report.dump(1);
  EXPECT_THAT(verdict.aside, IsEmpty());
  const RowVersions before = company.versions();
  EXPECT_EQ(company.sync()["total"]["rows_written"], 0);
  EXPECT_EQ(company.versions(), before);
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

std::string id_of(Sql& sql, const std::string& table, const std::string& name) {
  return sql.one(fmt::format("select id from {} where name = {}", table, literal(name)));
}

std::string order_lines(Company& company, const std::string& customer) {
  return company.legacy().one(fmt::format(
      "select string_agg(concat_ws(' ', p.product_name, d.quantity, d.unit_price, d.discount), "
      "', ' order by p.product_name, d.quantity) from orders o join order_details d using "
      "(order_id) "
      "join products p using (product_id) where o.customer_id = '{}'",
      customer));
}

TEST_F(Northwind, TheFirstSyncBringsEveryRowOver) {
  const auto company = synced_company();
  // The sample's own figures: that the ledgers are equal must not be because they are empty.
  const Ledger ledger = platform_ledger(*company);
  EXPECT_EQ(ledger.at("customer").size(), 91U);
  EXPECT_EQ(ledger.at("order").size(), 830U);
  EXPECT_EQ(ledger.at("order line").size(), 2155U);
  EXPECT_EQ(ledger.at("product").size(), 77U);
  EXPECT_EQ(ledger.at("territory").size(), 53U);
  EXPECT_EQ(ledger.at("assignment").size(), 49U);
  EXPECT_EQ(ledger.at("state").size(), 51U);
  EXPECT_THAT(ledger.at("reporting line"),
              testing::Contains("Anne Dodsworth < Steven Buchanan < Andrew Fuller"));
  EXPECT_THAT(ledger.at("customer's turnover"), testing::Contains("'ALFKI' 6 orders 4273.0000"));
  expect_settled(*company);
}

// A new customer with two orders, one of them packed.
void platform_sells(Company& company) {
  Sql& sales = company.sales();
  const std::string nancy = id_of(company.people(), "people.employees", "Nancy Davolio");
  const std::string chai = id_of(company.catalog(), "catalog.products", "Chai");
  const std::string tofu = id_of(company.catalog(), "catalog.products", "Tofu");
  (void)sales.query(fmt::format(
      "insert into sales.segments values ('BOAT', 'Supplies ships');"
      "insert into sales.customers (code, company, contact_given, contact_family, address) values"
      "  ('NORDL', 'Nordlicht Kontor', 'Ada', 'van Bergen', '{{\"city\": \"Kiel\", \"gln\": 42}}');"
      "insert into sales.customer_segments values ('NORDL', 'BOAT');"
      "insert into sales.orders (id, customer_code, employee_id, ordered_on) values"
      "  ('00000000-0000-4000-8000-000000000001', 'NORDL', '{0}', '2024-05-01'),"
      "  ('00000000-0000-4000-8000-000000000002', 'NORDL', '{0}', '2024-05-02');"
      "insert into sales.order_lines"
      "  (order_id, product_id, unit_price, quantity, discount_percent) values"
      "  ('00000000-0000-4000-8000-000000000001', '{1}', 17.35, 3, 12.5),"
      "  ('00000000-0000-4000-8000-000000000001', '{2}', 23.25, 1, 0),"
      "  ('00000000-0000-4000-8000-000000000002', '{2}', 23.20, 40, 5);"
      "insert into sales.shipments values ('00000000-0000-4000-8000-000000000002', "
      "  (select id from sales.shippers where name = 'DHL'), '2024-05-03', 7.90, 'Dock 4')",
      nancy, chai, tofu));
}

// The staff, and the shelves.
void platform_rearranges(Company& company) {
  Sql& people = company.people();
  const std::string nancy = id_of(people, "people.employees", "Nancy Davolio");
  (void)people.query(fmt::format(
      "update people.employees set manager_id = '{0}', updated_at = now()"
      "  where name = 'Robert King';"
      "insert into people.employees (id, name, courtesy, manager_id) values"
      "  ('00000000-0000-4000-8000-000000000003', 'Grace Hopper', 'dr',"
      "   (select id from people.employees where name = 'Robert King'));"
      "insert into people.personnel_files (employee_id, born_on, address) values"
      "  ('00000000-0000-4000-8000-000000000003', '1906-12-09', '{{\"country\": \"USA\"}}');"
      "insert into people.assignments values ('02116', '00000000-0000-4000-8000-000000000003')",
      nancy));
  (void)company.catalog().query(
      "update catalog.products set category_id = (select id from catalog.categories where name = "
      "'Condiments'), updated_at = now() where name = 'Chai';"
      "update catalog.stock_levels set on_hand = 7, updated_at = now() where product_id = "
      "(select id from catalog.products where name = 'Tofu')");
}

// Lines and prices, names, an order by positions: the applications there know no stamp.
void legacy_edits(Company& company) {
  (void)company.legacy().query(
      "update order_details set quantity = 99, discount = 0.15 where order_id = 10248 and "
      "  product_id = 11;"
      "update products set unit_price = 19.9, supplier_id = 4 where product_name = 'Chai';"
      "update categories set category_name = 'Sauces' where category_name = 'Condiments';"
      "update customers set company_name = 'Alfreds AG' where customer_id = 'ALFKI';"
      "update employees set last_name = 'Davolio-Lee' where last_name = 'Davolio';"
      "update us_states set state_region = null where state_abbr = 'AK';"
      "insert into orders values (default, 'PARIS', 9, '1998-06-01', '1998-06-29', null, null,"
      "  null, 'Paris specialites', null, 'Paris', null, null, 'France');"
      "insert into order_details select max(order_id), 1, 18, 5, 0.0500000007 from orders;"
      "insert into order_details select max(order_id), 77, 13, 2, 0 from orders");
}

// Two fields of one customer, and one field of another, where the platform is later by more than
// the servers' clocks can be told apart.
void both_edit(Company& company) {
  (void)company.sales().query(
      "update sales.customers set phone = '030-1', updated_at = now() where code = 'ALFKI'");
  (void)company.legacy().query("update customers set phone = 'lost' where customer_id = 'ANATR'");
  (void)company.sales().query(
      "select pg_sleep(0.5);"
      "update sales.customers set phone = 'kept', updated_at = clock_timestamp()"
      "  where code = 'ANATR'");
}

TEST_F(Northwind, EditsOnBothSidesMeet) {
  const auto company = synced_company();
  platform_sells(*company);
  platform_rearranges(*company);
  legacy_edits(*company);
  both_edit(*company);
  const auto apart = differences(legacy_ledger(*company), platform_ledger(*company));
  EXPECT_GT(apart.size(), 20U) << "the ledgers see the edits";
  EXPECT_EQ(sync_as_planned(*company, 2)["outcome"], "done") << "two new orders";
  expect_settled(*company);

  // Equal, and to what was meant.
  Sql& legacy = company->legacy();
  Sql& catalog = company->catalog();
  Sql& sales = company->sales();
  EXPECT_EQ(order_lines(*company, "NORDL"),
            "Chai 3 17.35 0.125, Tofu 1 23.25 0, Tofu 40 23.2 0.05");
  EXPECT_EQ(order_lines(*company, "PARIS"),
            "Chai 5 18 0.05, Original Frankfurter grüne Soße 2 13 0");
  EXPECT_EQ(
      sales.one("select string_agg(number::text, ' ' order by number) from sales.orders where "
                "customer_code in ('NORDL', 'PARIS')"),
      "11078 11079 11080");
  EXPECT_EQ(sales.number("select count(*) from sales.shipments s join sales.orders o on o.id = "
                         "s.order_id where o.customer_code = 'NORDL'"),
            1)
      << "an order that is not packed has no shipment";
  EXPECT_EQ(sales.one("select address->>'gln' from sales.customers where code = 'NORDL'"), "42");
  EXPECT_THAT(legacy_ledger(*company).at("reporting line"),
              testing::Contains("Grace Hopper < Robert King < Nancy Davolio-Lee < Andrew Fuller"));
  EXPECT_EQ(legacy.one("select company_name || phone from customers where customer_id = 'ALFKI'"),
            "Alfreds AG030-1");
  EXPECT_EQ(legacy.one("select phone from customers where customer_id = 'ANATR'"), "kept");
  EXPECT_THAT(company->run({"conflicts", "list", "--all"}).out, HasSubstr("customers/ANATR"));
  EXPECT_EQ(catalog.one("select concat_ws(' ', c.name, s.name, p.price, l.on_hand) from "
                        "catalog.products p join catalog.categories c on c.id = p.category_id "
                        "join catalog.suppliers s on s.id = p.supplier_id join "
                        "catalog.stock_levels l on l.product_id = p.id where p.name = 'Chai'"),
            "Sauces Tokyo Traders 19.90 39");
  EXPECT_EQ(legacy.number("select units_in_stock from products where product_name = 'Tofu'"), 7);
}

TEST_F(Northwind, DeletesReachTheOtherSideAndTakeNothingElseAlong) {
  const auto company = synced_company();
  Sql& legacy = company->legacy();
  Sql& people = company->people();
  Sql& sales = company->sales();
  // A line on either side, a whole order, and the two customers who never ordered.
  (void)legacy.query(
      "delete from order_details where order_id = 10248 and product_id = 42;"
      "delete from order_details where order_id = 10252;"
      "delete from orders where order_id = 10252;"
      "delete from customers where customer_id = 'FISSA'");
  (void)sales.query(
      "delete from sales.order_lines where order_id = (select id from sales.orders where number = "
      "10250) and quantity = 15;"
      "update sales.customers set archived_at = now(), updated_at = now() where code = 'PARIS'");
  (void)people.query("delete from people.assignments where territory_code = '01581'");
  EXPECT_THAT(differences(legacy_ledger(*company), platform_ledger(*company)), Not(IsEmpty()));

  const Json run = company->json({"reconcile"});
  EXPECT_EQ(run["outcome"], "done") << run.dump(1);
  expect_settled(*company);
  const Ledger ledger = platform_ledger(*company);
  EXPECT_EQ(ledger.at("order line").size(), 2155U - 1 - 3 - 1);
  EXPECT_EQ(ledger.at("order").size(), 829U);
  EXPECT_EQ(ledger.at("customer").size(), 89U);
  EXPECT_EQ(ledger.at("assignment").size(), 48U);
  EXPECT_EQ(legacy.number("select count(*) from order_details"), 2155 - 1 - 3 - 1);
  EXPECT_EQ(legacy.number("select count(*) from customers where customer_id in ('FISSA', 'PARIS')"),
            0);
  EXPECT_EQ(sales.number("select count(*) from sales.shipments"), 829);
  EXPECT_EQ(sales.number("select count(*) from sales.customers where archived_at is not null"), 2);
}

// Both sides were filled before there was a bridge. Orders are told by a number that both have.
TEST_F(Northwind, WhatBothSidesHaveIsRecognisedWithoutAWrite) {
  const auto company = synced_company();
  company->forget_bridge();
  (void)company->sales().query("alter table sales.orders alter number set not null");
  company->set_mapping(replaced(
      replaced(company->mapping(), R"("order_id -> o.number": {loss: "legacy counts the orders"})",
               R"("order_id <-> o.number": copy)"),
      "order:\n", "order:\n    match:    [order_id]\n"));
  company->check();
  const Json run = sync_as_planned(*company);
  EXPECT_EQ(run["total"]["rows_written"], 0) << run.dump(1);
  EXPECT_EQ(run["total"]["adopted"], 3362) << "every row of the sample";
  expect_settled(*company);
}

// All rows of the platform go into a legacy system that has none: what comes out is Northwind
// again, under other numbers.
TEST_F(Northwind, TheWayBackMakesTheSameCompanyAgain) {
  const auto first = synced_company();
  Company second(sample_, Rows::kNone);
  second.copy_platform(*first);
  (void)second.sales().query("update sales.orders set number = null");
  second.check();
  EXPECT_EQ(sync_as_planned(second, 830)["outcome"], "done") << "orders";
  expect_settled(second);
  Ledger original = legacy_ledger(*first);
  original.erase("order's number");
  EXPECT_EQ(original.at("order line").size(), 2155U);
  EXPECT_THAT(differences(original, legacy_ledger(second)), IsEmpty()) << "the first is Northwind";
}

}  // namespace
}  // namespace atlas::e2e::northwind
