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
