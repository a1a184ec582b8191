-- The platform's org service, SQLite: the tables of org.postgres.sql in one file.
--
-- Declared types follow Atlas Bridge's convention for SQLite (README.md): the name before `_text`
-- or `_int` is the type meant, the end gives the column its affinity.
-- timestamptz_text is 'YYYY-MM-DD HH:MM:SS.ffffff+00', always UTC.
-- There are no triggers: services set updated_at with every UPDATE.

CREATE TABLE categories (
  tenant_id  uuid_text NOT NULL,
  code       TEXT      NOT NULL,
  name       TEXT      NOT NULL,
  colour     TEXT,
  updated_at timestamptz_text NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000+00', 'now')),
  PRIMARY KEY (tenant_id, code)
);

-- lead_id refers to the identity service, another file.
CREATE TABLE teams (
  id            uuid_text NOT NULL PRIMARY KEY DEFAULT (lower(
    hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) ||
    '-a' || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))),
  tenant_id     uuid_text NOT NULL,
  name          TEXT      NOT NULL,
  lead_id       uuid_text,
  category_code TEXT,
  archived_at   timestamptz_text,
  updated_at    timestamptz_text NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000+00', 'now')),
  FOREIGN KEY (tenant_id, category_code) REFERENCES categories (tenant_id, code)
);

CREATE TABLE team_members (
  tenant_id   uuid_text NOT NULL,
  team_id     uuid_text NOT NULL REFERENCES teams (id),
  user_id     uuid_text NOT NULL,
  role        TEXT      NOT NULL CHECK (role IN ('member', 'lead')),
  joined_at   timestamptz_text NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000+00', 'now')),
  archived_at timestamptz_text,
  updated_at  timestamptz_text NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000+00', 'now')),
  PRIMARY KEY (team_id, user_id)
);

CREATE INDEX categories_updated_at_idx   ON categories (updated_at, tenant_id, code);
CREATE INDEX teams_updated_at_idx        ON teams (updated_at, id);
CREATE INDEX team_members_updated_at_idx ON team_members (updated_at, team_id, user_id);
