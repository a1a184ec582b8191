-- The platform's catalog service: what is sold, by whom it is made, and how much of it is there.
-- Services write `updated_at = now()` with every UPDATE.

CREATE SCHEMA catalog;

CREATE TABLE catalog.categories (
  id          uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
  name        text        NOT NULL UNIQUE,
  description text,
  updated_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE catalog.suppliers (
  id         uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
  name       text        NOT NULL,
  contact    jsonb       NOT NULL DEFAULT '{}',  -- {"name", "title", "phone", "fax", "web"}
  address    jsonb       NOT NULL DEFAULT '{}',
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE catalog.products (
  id           uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
  name         text        NOT NULL,
  category_id  uuid        REFERENCES catalog.categories (id),
  supplier_id  uuid        REFERENCES catalog.suppliers (id),
  packaging    text,
  price        numeric(10,2),
  discontinued boolean     NOT NULL DEFAULT false,
  updated_at   timestamptz NOT NULL DEFAULT now()
);

-- The warehouse writes these all day long, and nobody else does.
CREATE TABLE catalog.stock_levels (
  product_id    uuid        PRIMARY KEY REFERENCES catalog.products (id),
  on_hand       integer,
  on_order      integer,
  reorder_level integer,
  updated_at    timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX ON catalog.categories   (updated_at, id);
CREATE INDEX ON catalog.suppliers    (updated_at, id);
CREATE INDEX ON catalog.products     (updated_at, id);
CREATE INDEX ON catalog.stock_levels (updated_at, product_id);
