-- The platform's sales service: customers, their orders, and how these are shipped.
-- Services write `updated_at = now()` with every UPDATE. Employees and products are in databases of
-- other services: no foreign key can hold them.

CREATE SCHEMA sales;

CREATE TABLE sales.states (
  code       text        PRIMARY KEY,
  name       text        NOT NULL,
  area       text        NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE sales.shippers (
  id         uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
  name       text        NOT NULL,
  phone      text,
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE sales.customers (
  code           text        PRIMARY KEY CHECK (code ~ '^[A-Z]{5}$'),
  company        text        NOT NULL,
  contact_given  text,
  contact_family text,
  contact_title  text,
  phone          text,
  fax            text,
  address        jsonb       NOT NULL DEFAULT '{}',
  archived_at    timestamptz,
  updated_at     timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE sales.segments (
  code        text        PRIMARY KEY,
  description text,
  updated_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE sales.customer_segments (
  customer_code text        NOT NULL REFERENCES sales.customers (code),
  segment_code  text        NOT NULL REFERENCES sales.segments (code),
  updated_at    timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (customer_code, segment_code)
);

CREATE TABLE sales.orders (
  id            uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
  number        integer     UNIQUE,  -- what people call it by; legacy gives it
  customer_code text        REFERENCES sales.customers (code),
  employee_id   uuid,
  ordered_on    date,
  required_on   date,
  updated_at    timestamptz NOT NULL DEFAULT now()
);

-- A new order has none until somebody packs it.
CREATE TABLE sales.shipments (
  order_id   uuid        PRIMARY KEY REFERENCES sales.orders (id),
  shipper_id uuid        REFERENCES sales.shippers (id),
  shipped_on date,
  freight    numeric(10,2),
  recipient  text,
  address    jsonb       NOT NULL DEFAULT '{}',
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE sales.order_lines (
  order_id         uuid          NOT NULL REFERENCES sales.orders (id),
  product_id       uuid          NOT NULL,
  unit_price       numeric(10,2) NOT NULL CHECK (unit_price >= 0),
  quantity         integer       NOT NULL CHECK (quantity > 0),
  discount_percent numeric(5,2)  NOT NULL DEFAULT 0 CHECK (discount_percent BETWEEN 0 AND 100),
  updated_at       timestamptz   NOT NULL DEFAULT now(),
  PRIMARY KEY (order_id, product_id)
);

CREATE INDEX ON sales.states            (updated_at, code);
CREATE INDEX ON sales.shippers          (updated_at, id);
CREATE INDEX ON sales.customers         (updated_at, code);
CREATE INDEX ON sales.segments          (updated_at, code);
CREATE INDEX ON sales.customer_segments (updated_at, customer_code, segment_code);
CREATE INDEX ON sales.orders            (updated_at, id);
CREATE INDEX ON sales.shipments         (updated_at, order_id);
CREATE INDEX ON sales.order_lines       (updated_at, order_id, product_id);
