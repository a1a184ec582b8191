-- The platform's identity service, SQLite: the tables of identity.postgres.sql in one file.
--
-- Declared types follow Atlas Bridge's convention for SQLite (README.md): the name before `_text`
-- or `_int` is the type meant, the end gives the column its affinity.
-- timestamptz_text is 'YYYY-MM-DD HH:MM:SS.ffffff+00', always UTC.
-- There are no triggers: services set updated_at with every UPDATE.

CREATE TABLE users (
  id            uuid_text NOT NULL PRIMARY KEY DEFAULT (lower(
    hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) ||
    '-a' || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))),
  tenant_id     uuid_text NOT NULL,
  kind          TEXT      NOT NULL CHECK (kind IN ('member', 'staff')),
  given_name    TEXT      NOT NULL,
  family_name   TEXT      NOT NULL DEFAULT '',
  email         TEXT      NOT NULL,
  contact       json_text NOT NULL DEFAULT '{}',  -- {"phone": "...", and whatever else clients keep}
  status        TEXT      NOT NULL CHECK (status IN ('invited', 'active', 'suspended')),
  locale        TEXT      NOT NULL,
  last_login_at timestamptz_text,
  archived_at   timestamptz_text,
  updated_at    timestamptz_text NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000+00', 'now')),
  UNIQUE (tenant_id, email)
);

-- hourly_rate is an exact decimal kept as text; NUMERIC affinity would round it.
-- team_id refers to the org service, which is another file: no foreign key can hold it.
CREATE TABLE staff_profiles (
  user_id     uuid_text NOT NULL PRIMARY KEY REFERENCES users (id),
  tenant_id   uuid_text NOT NULL,
  hourly_rate decimal_text(10,2) NOT NULL,
  hired_on    date_text,
  team_id     uuid_text,
  updated_at  timestamptz_text NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000+00', 'now'))
);

CREATE INDEX users_updated_at_idx          ON users (updated_at, id);
CREATE INDEX staff_profiles_updated_at_idx ON staff_profiles (updated_at, user_id);
