#include "tests/northwind/ledger.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

namespace atlas::e2e::northwind {
namespace {

using Service = Sql& (Company::*)();

struct Chapter {
  const char* name;
  const char* legacy;
  Service service;
  const char* platform;
};

// On the platform `employee` and `product` are tables of id and name everywhere, see names_of().
// Money is compared to the cent, the value of an order to a hundredth of it.
constexpr std::array kChapters = {
    Chapter{
        "customer",
        "select format('%L %L %L %L %L %L %L %L %L %L %L', customer_id, company_name, "
        "  contact_name, contact_title, phone, fax, address, city, region, postal_code, country) "
        "from customers",
        &Company::sales,
        "select format('%L %L %L %L %L %L %L %L %L %L %L', code, company, "
        "  nullif(concat_ws(' ', contact_given, contact_family), ''), contact_title, phone, fax, "
        "  address->>'street', address->>'city', address->>'region', address->>'postal_code', "
        "  address->>'country') "
        "from sales.customers where archived_at is null"},
    Chapter{"customer's turnover",
            "select format('%L %s orders %s', c.customer_id, count(distinct o.order_id), "
            "  coalesce(sum(d.unit_price::numeric * d.quantity * (1 - d.discount::numeric)), 0)"
            "    ::numeric(14,4)) "
            "from customers c left join orders o using (customer_id) "
            "left join order_details d using (order_id) group by c.customer_id",
            &Company::sales,
            "select format('%L %s orders %s', c.code, count(distinct o.id), "
            "  coalesce(sum(l.unit_price * l.quantity * (1 - l.discount_percent / 100)), 0)"
            "    ::numeric(14,4)) "
            "from sales.customers c left join sales.orders o on o.customer_code = c.code "
            "left join sales.order_lines l on l.order_id = o.id "
            "where c.archived_at is null group by c.code"},
    Chapter{"order",
            "select format('%L %L %L %L %L %L %L %L %L %L %L %L %L %L', o.customer_id, "
            "  e.first_name || ' ' || e.last_name, o.order_date, o.required_date, o.shipped_date, "
            "  s.company_name, o.freight::numeric(10,2), o.ship_name, o.ship_address, o.ship_city, "
            "  o.ship_region, o.ship_postal_code, o.ship_country, "
            "  (select count(*) from order_details d where d.order_id = o.order_id)) "
            "from orders o left join employees e using (employee_id) "
            "left join shippers s on s.shipper_id = o.ship_via",
            &Company::sales,
            "select format('%L %L %L %L %L %L %L %L %L %L %L %L %L %L', o.customer_code, e.name, "
            "  o.ordered_on, o.required_on, p.shipped_on, s.name, p.freight, p.recipient, "
            "  p.address->>'street', p.address->>'city', p.address->>'region', "
            "  p.address->>'postal_code', p.address->>'country', "
            "  (select count(*) from sales.order_lines l where l.order_id = o.id)) "
            "from sales.orders o left join employee e on e.id = o.employee_id "
            "left join sales.shipments p on p.order_id = o.id "
            "left join sales.shippers s on s.id = p.shipper_id"},
    Chapter{"order line",
            "select format('%L %L %L %L %L %L', o.customer_id, o.order_date, p.product_name, "
            "  d.unit_price::numeric(10,2), d.quantity, (d.discount * 100)::numeric(5,2)) "
            "from order_details d join orders o using (order_id) "
            "join products p using (product_id)",
            &Company::sales,
            "select format('%L %L %L %L %L %L', o.customer_code, o.ordered_on, p.name, "
            "  l.unit_price, l.quantity, l.discount_percent) "
            "from sales.order_lines l join sales.orders o on o.id = l.order_id "
            "left join product p on p.id = l.product_id"},
    Chapter{"order's number",
            "select format('%s %L %s', o.order_id, o.customer_id, string_agg(format('%L %s', "
            "  p.product_name, d.quantity), ', ' order by p.product_name collate \"C\")) "
            "from orders o left join order_details d using (order_id) "
            "left join products p using (product_id) group by o.order_id",
            &Company::sales,
            "select format('%s %L %s', o.number, o.customer_code, string_agg(format('%L %s', "
            "  p.name, l.quantity), ', ' order by p.name collate \"C\")) "
            "from sales.orders o left join sales.order_lines l on l.order_id = o.id "
            "left join product p on p.id = l.product_id group by o.id"},
    Chapter{"product",
            "select format('%L %L %L %L %L %L %L %L %L', p.product_name, c.category_name, "
            "  s.company_name, p.quantity_per_unit, p.unit_price::numeric(10,2), "
            "  p.discontinued <> 0, p.units_in_stock, p.units_on_order, p.reorder_level) "
            "from products p left join categories c using (category_id) "
            "left join suppliers s using (supplier_id)",
            &Company::catalog,
            "select format('%L %L %L %L %L %L %L %L %L', p.name, c.name, s.name, p.packaging, "
            "  p.price, p.discontinued, l.on_hand, l.on_order, l.reorder_level) "
            "from catalog.products p left join catalog.categories c on c.id = p.category_id "
            "left join catalog.suppliers s on s.id = p.supplier_id "
            "left join catalog.stock_levels l on l.product_id = p.id"},
    Chapter{"category", "select format('%L %L', category_name, description) from categories",
            &Company::catalog, "select format('%L %L', name, description) from catalog.categories"},
    Chapter{"supplier",
            "select format('%L %L %L %L %L %L %L %L %L %L %L', company_name, contact_name, "
            "  contact_title, phone, fax, homepage, address, city, region, postal_code, country) "
            "from suppliers",
            &Company::catalog,
            "select format('%L %L %L %L %L %L %L %L %L %L %L', name, contact->>'name', "
            "  contact->>'title', contact->>'phone', contact->>'fax', contact->>'web', "
            "  address->>'street', address->>'city', address->>'region', address->>'postal_code', "
            "  address->>'country') "
            "from catalog.suppliers"},
    Chapter{"shipper", "select format('%L %L', company_name, phone) from shippers", &Company::sales,
            "select format('%L %L', name, phone) from sales.shippers"},
    Chapter{
        "employee",
        "select format('%L %L %L %L %L %L %L %L %L %L %L %L %L', first_name || ' ' || "
        "  last_name, lower(rtrim(title_of_courtesy, '.')), title, extension, hire_date, "
        "  birth_date, home_phone, address, city, region, postal_code, country, notes) "
        "from employees",
        &Company::people,
        "select format('%L %L %L %L %L %L %L %L %L %L %L %L %L', e.name, e.courtesy, "
        "  e.job_title, e.extension, e.hired_on, f.born_on, f.home_phone, f.address->>'street', "
        "  f.address->>'city', f.address->>'region', f.address->>'postal_code', "
        "  f.address->>'country', f.notes) "
        "from people.employees e left join people.personnel_files f on f.employee_id = e.id "
        "where e.archived_at is null"},
    Chapter{"reporting line",
            "with recursive up (line, boss) as ("
            "  select first_name || ' ' || last_name, reports_to from employees union all "
            "  select up.line || ' < ' || e.first_name || ' ' || e.last_name, e.reports_to "
            "  from up join employees e on e.employee_id = up.boss) "
            "select line from up where boss is null",
            &Company::people,
            "with recursive up (line, boss) as ("
            "  select name, manager_id from people.employees where archived_at is null union all "
            "  select up.line || ' < ' || e.name, e.manager_id "
            "  from up join people.employees e on e.id = up.boss) "
            "select line from up where boss is null"},
    Chapter{"assignment",
            "select format('%L %L', e.first_name || ' ' || e.last_name, t.territory_id) "
            "from employee_territories t join employees e using (employee_id)",
            &Company::people,
            "select format('%L %L', e.name, a.territory_code) "
            "from people.assignments a join people.employees e on e.id = a.employee_id"},
    Chapter{"territory",
            "select format('%L %L %L', t.territory_id, t.territory_description, "
            "  r.region_description) "
            "from territories t join region r using (region_id)",
            &Company::people,
            "select format('%L %L %L', t.code, t.name, r.name) "
            "from people.territories t join people.regions r on r.id = t.region_id"},
    Chapter{"region", "select region_description from region", &Company::people,
            "select name from people.regions"},
    Chapter{"state",
            "select format('%L %L %L', state_abbr, coalesce(state_name, ''), "
            "coalesce(state_region, '')) from us_states",
            &Company::sales, "select format('%L %L %L', code, name, area) from sales.states"},
    Chapter{"segment",
            "select format('%L %L', customer_type_id, customer_desc) from customer_demographics",
            &Company::sales, "select format('%L %L', code, description) from sales.segments"},
    Chapter{"customer's segment",
            "select format('%L %L', customer_id, customer_type_id) from customer_customer_demo",
            &Company::sales,
            "select format('%L %L', customer_code, segment_code) from sales.customer_segments"},
};

std::vector<std::string> sorted_lines(Sql& sql, const std::string& query) {
  std::vector<std::string> lines;
  for (const SqlRow& row : sql.query(query)) lines.push_back(row[0].value_or("NULL"));
  std::ranges::sort(lines);
  return lines;
}

// Rows of another database as a subquery: {"id": "name", ...} told as a table.
std::string names_of(Sql& sql, const std::string& table) {
  return fmt::format("select key::uuid as id, value as name from json_each_text({}::json)",
                     literal(sql.one(fmt::format(
                         "select coalesce(json_object_agg(id, name), '{{}}') from {}", table))));
}

void add_only(const std::vector<std::string>& here, const std::vector<std::string>& there,
              const std::string& title, std::vector<std::string>& out) {
  std::vector<std::string> only;
  std::ranges::set_difference(here, there, std::back_inserter(only));
  for (const std::string& line : only) out.push_back(title + line);
}

}  // namespace

Ledger legacy_ledger(Company& company) {
  Ledger out;
  for (const Chapter& chapter : kChapters)
    out[chapter.name] = sorted_lines(company.legacy(), chapter.legacy);
  return out;
}

Ledger platform_ledger(Company& company) {
  const std::string others = fmt::format("with employee as ({}), product as ({}) ",
                                         names_of(company.people(), "people.employees"),
                                         names_of(company.catalog(), "catalog.products"));
  Ledger out;
  for (const Chapter& chapter : kChapters) {
    const bool recursive = std::string_view(chapter.platform).starts_with("with");
    out[chapter.name] =
        sorted_lines((company.*chapter.service)(), (recursive ? "" : others) + chapter.platform);
  }
  return out;
}

std::vector<std::string> differences(const Ledger& first, const Ledger& second) {
  std::vector<std::string> out;
  for (const auto& [chapter, lines] : first) {
    const auto other = second.find(chapter);
    if (other == second.end()) continue;
    add_only(lines, other->second, chapter + ": only the first: ", out);
    add_only(other->second, lines, chapter + ": only the second: ", out);
  }
  return out;
}

}  // namespace atlas::e2e::northwind
