-- The legacy monolith, SQLite: the tables of legacy.postgres.sql in one file.
--
-- Declared types follow Atlas Bridge's convention for SQLite (README.md): the name before `_text`
-- or `_int` is the type meant, the end gives the column its affinity.
-- timestamp_text is 'YYYY-MM-DD HH:MM:SS.ffffff', local time in Europe/Berlin. The long default
-- below is "now in Berlin": summer time from the last Sunday of March, 01:00 UTC, to the last of
-- October. There are no triggers: applications set updated_at with every UPDATE.

CREATE TABLE categories (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_id  INTEGER NOT NULL,
  code       TEXT    NOT NULL,
  label      TEXT    NOT NULL,
  colour     TEXT,
  updated_at timestamp_text NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now',
    CASE WHEN date('now', '-1 hour')
           BETWEEN date('now', 'start of year', '+2 months', '+24 days', 'weekday 0')
               AND date('now', 'start of year', '+9 months', '+23 days', 'weekday 6')
         THEN '+2 hours' ELSE '+1 hour' END)),
  UNIQUE (tenant_id, code)
);

-- Teams and staff refer to each other. Only lead_id is deferrable in the PostgreSQL twin; here a
-- bulk load says PRAGMA defer_foreign_keys = ON.
CREATE TABLE teams (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_id   INTEGER NOT NULL,
  title       TEXT    NOT NULL,
  lead_id     INTEGER REFERENCES staff (id),
  category_id INTEGER REFERENCES categories (id),
  updated_at  timestamp_text NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now',
    CASE WHEN date('now', '-1 hour')
           BETWEEN date('now', 'start of year', '+2 months', '+24 days', 'weekday 0')
               AND date('now', 'start of year', '+9 months', '+23 days', 'weekday 6')
         THEN '+2 hours' ELSE '+1 hour' END)),
  deleted_at  timestamp_text
);

CREATE TABLE staff (
  id                INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_id         INTEGER NOT NULL,
  name              TEXT    NOT NULL,
  email             TEXT    NOT NULL,
  hourly_rate_cents INTEGER NOT NULL,
  team_id           INTEGER REFERENCES teams (id),
  status            INTEGER NOT NULL DEFAULT 1,  -- as in users
  hired_on          date_text,
  updated_at        timestamp_text NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now',
    CASE WHEN date('now', '-1 hour')
           BETWEEN date('now', 'start of year', '+2 months', '+24 days', 'weekday 0')
               AND date('now', 'start of year', '+9 months', '+23 days', 'weekday 6')
         THEN '+2 hours' ELSE '+1 hour' END)),
  deleted_at        timestamp_text
);

CREATE TABLE users (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_id    INTEGER NOT NULL,
  name         TEXT    NOT NULL,
  email        TEXT    NOT NULL,
  phone        TEXT,
  status       INTEGER NOT NULL DEFAULT 1,  -- 0 invited, 1 active, 2 suspended, 3 suspended (unpaid)
  last_login   INTEGER NOT NULL DEFAULT 0,  -- Unix seconds, 0 means never
  legacy_flags INTEGER NOT NULL,
  password_md5 TEXT,
  created_at   timestamp_text NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now',
    CASE WHEN date('now', '-1 hour')
           BETWEEN date('now', 'start of year', '+2 months', '+24 days', 'weekday 0')
               AND date('now', 'start of year', '+9 months', '+23 days', 'weekday 6')
         THEN '+2 hours' ELSE '+1 hour' END)),
  updated_at   timestamp_text NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now',
    CASE WHEN date('now', '-1 hour')
           BETWEEN date('now', 'start of year', '+2 months', '+24 days', 'weekday 0')
               AND date('now', 'start of year', '+9 months', '+23 days', 'weekday 6')
         THEN '+2 hours' ELSE '+1 hour' END)),
  deleted_at   timestamp_text
);

CREATE TABLE members (
  tenant_id  INTEGER NOT NULL,
  team_id    INTEGER NOT NULL REFERENCES teams (id),
  user_id    INTEGER NOT NULL REFERENCES users (id),
  role       INTEGER NOT NULL DEFAULT 0,  -- 0 member, 1 lead
  joined_at  timestamp_text NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now',
    CASE WHEN date('now', '-1 hour')
           BETWEEN date('now', 'start of year', '+2 months', '+24 days', 'weekday 0')
               AND date('now', 'start of year', '+9 months', '+23 days', 'weekday 6')
         THEN '+2 hours' ELSE '+1 hour' END)),
  updated_at timestamp_text NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now',
    CASE WHEN date('now', '-1 hour')
           BETWEEN date('now', 'start of year', '+2 months', '+24 days', 'weekday 0')
               AND date('now', 'start of year', '+9 months', '+23 days', 'weekday 6')
         THEN '+2 hours' ELSE '+1 hour' END)),
  deleted_at timestamp_text,
  PRIMARY KEY (team_id, user_id)
);

-- team_id has no foreign key, and it shows: some geofences name teams that never were.
CREATE TABLE geofences (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_id  INTEGER NOT NULL,
  label      TEXT    NOT NULL,
  lat        REAL    NOT NULL,
  lng        REAL    NOT NULL,
  radius     INTEGER NOT NULL,  -- metres
  team_id    INTEGER,
  updated_at timestamp_text NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now',
    CASE WHEN date('now', '-1 hour')
           BETWEEN date('now', 'start of year', '+2 months', '+24 days', 'weekday 0')
               AND date('now', 'start of year', '+9 months', '+23 days', 'weekday 6')
         THEN '+2 hours' ELSE '+1 hour' END)),
  deleted_at timestamp_text
);

-- Stamped capture reads in the order (stamp, key).
CREATE INDEX categories_updated_at_idx ON categories (updated_at, id);
CREATE INDEX teams_updated_at_idx      ON teams (updated_at, id);
CREATE INDEX staff_updated_at_idx      ON staff (updated_at, id);
CREATE INDEX users_updated_at_idx      ON users (updated_at, id);
CREATE INDEX members_updated_at_idx    ON members (updated_at, team_id, user_id);
CREATE INDEX geofences_updated_at_idx  ON geofences (updated_at, id);

-- Rows are adopted by e-mail, and their owners look them up so.
CREATE INDEX users_email_idx ON users (tenant_id, email);
CREATE INDEX staff_email_idx ON staff (tenant_id, email);
