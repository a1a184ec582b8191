-- Platform tables of the mappings in ../right and ../wrong.

CREATE TYPE app.letter AS ENUM ('a', 'b', 'c');

CREATE TABLE app.users (
  id          uuid NOT NULL PRIMARY KEY,
  tenant_id   uuid NOT NULL,
  kind        text NOT NULL CHECK (kind IN ('member', 'staff')),
  given_name  text NOT NULL,
  family_name text NOT NULL DEFAULT '',
  email       text NOT NULL UNIQUE,
  status      text NOT NULL,
  contact     jsonb NOT NULL DEFAULT '{}',
  locale      text NOT NULL,
  updated_at  timestamptz NOT NULL DEFAULT now(),
  archived_at timestamptz
);

CREATE TABLE app.profiles (
  user_id    uuid NOT NULL PRIMARY KEY,
  grade      integer NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);

-- Three kinds of accounts, two legacy tables.
CREATE TABLE app.accounts (
  id         uuid NOT NULL PRIMARY KEY,
  kind       text NOT NULL CHECK (kind IN ('member', 'staff', 'robot')),
  name       text NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE app.teams (
  id         uuid NOT NULL PRIMARY KEY,
  name       text NOT NULL,
  parent_id  uuid,
  lead_id    uuid,
  owner_id   uuid NOT NULL,
  shout      text GENERATED ALWAYS AS (upper(name)) STORED,
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE app.members (
  team_id    uuid NOT NULL,
  user_id    uuid NOT NULL,
  role       text NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (team_id, user_id)
);

CREATE TABLE app.codes (
  code       text NOT NULL PRIMARY KEY,
  name       text NOT NULL,
  letter     app.letter NOT NULL UNIQUE,
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE app.orders (
  id         uuid NOT NULL PRIMARY KEY,
  total      numeric(12,2) NOT NULL,
  placed_at  timestamptz,
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE app.places (
  id         uuid NOT NULL PRIMARY KEY,
  centre     jsonb NOT NULL,
  name       text NOT NULL,
  letter     app.letter NOT NULL,
  srid       integer NOT NULL,
  made_at    timestamptz NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE app.counters (
  id uuid NOT NULL PRIMARY KEY,
  n  integer NOT NULL
);

-- What one operator needs, each.
CREATE TABLE app.phones (
  id         uuid NOT NULL PRIMARY KEY,
  name       text NOT NULL,
  number     text NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE app.contacts (
  id         uuid NOT NULL PRIMARY KEY,
  name       text NOT NULL,
  mail       text NOT NULL UNIQUE,
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE app.cards (
  id         uuid NOT NULL PRIMARY KEY,
  holder     text NOT NULL,
  card_end   text,
  card_hash  text,
  short      text,
  updated_at timestamptz NOT NULL DEFAULT now()
);

-- Flags one by one, and by name.
CREATE TABLE app.subscribers (
  id         uuid NOT NULL PRIMARY KEY,
  name       text NOT NULL,
  admin      boolean NOT NULL,
  beta       boolean NOT NULL,
  mail       boolean NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE app.role_sets (
  id         uuid NOT NULL PRIMARY KEY,
  name       text NOT NULL,
  roles      jsonb NOT NULL DEFAULT '[]',
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE app.addresses (
  id         uuid NOT NULL PRIMARY KEY,
  name       text NOT NULL,
  address    jsonb NOT NULL DEFAULT '{}',
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE app.zones (
  id         uuid NOT NULL PRIMARY KEY,
  name       text NOT NULL,
  centre     jsonb NOT NULL,
  shape      jsonb NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE app.products (
  id         uuid NOT NULL PRIMARY KEY,
  sku        text NOT NULL UNIQUE,
  title      text NOT NULL,
  net        numeric(12,2) NOT NULL,
  kilos      numeric(12,3) NOT NULL,
  label      text,
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE app.readings (
  id         uuid NOT NULL PRIMARY KEY,
  name       text NOT NULL,
  degrees    numeric(12,2) NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE app.switches (
  id         uuid NOT NULL PRIMARY KEY,
  name       text NOT NULL,
  visible    boolean NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE app.grants (
  id         uuid NOT NULL PRIMARY KEY,
  name       text NOT NULL,
  can_read   boolean NOT NULL,
  can_write  boolean NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE app.tickets (
  id         uuid NOT NULL PRIMARY KEY,
  title      text NOT NULL,
  status     text NOT NULL,
  priority   text,
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE app.notes (
  id          uuid NOT NULL PRIMARY KEY,
  body        text NOT NULL,
  target_type text NOT NULL,
  target_id   uuid NOT NULL,
  updated_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE app.visits (
  id         uuid NOT NULL PRIMARY KEY,
  name       text NOT NULL,
  came       timestamptz NOT NULL,
  seen       timestamptz,
  updated_at timestamptz NOT NULL DEFAULT now()
);

-- Times without a zone on this side as well.
CREATE TABLE app.diaries (
  id         uuid NOT NULL PRIMARY KEY,
  name       text NOT NULL,
  came       timestamp NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE app.stock (
  depot      text NOT NULL,
  shelf      integer NOT NULL,
  bin        integer NOT NULL,
  amount     integer NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (bin, shelf, depot)
);

-- Workers, and a second table for those who have a badge.
CREATE TABLE app.workers (
  id         uuid NOT NULL PRIMARY KEY,
  name       text NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE app.badges (
  worker_id  uuid NOT NULL PRIMARY KEY,
  badge      text,
  room       text,
  updated_at timestamptz NOT NULL DEFAULT now()
);
