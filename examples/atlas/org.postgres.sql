-- The platform's org service, PostgreSQL: a database of its own with the schema `org`.
-- A category is known by its code, a team by its UUID, a membership by the pair it joins.
--
-- No triggers: services write `updated_at = now()` with every UPDATE.

CREATE SCHEMA org;

CREATE TABLE org.categories (
  tenant_id  uuid        NOT NULL,
  code       text        NOT NULL,
  name       text        NOT NULL,
  colour     text,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, code)
);

-- lead_id refers to the identity service, another database.
CREATE TABLE org.teams (
  id            uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id     uuid        NOT NULL,
  name          text        NOT NULL,
  lead_id       uuid,
  category_code text,
  archived_at   timestamptz,
  updated_at    timestamptz NOT NULL DEFAULT now(),
  FOREIGN KEY (tenant_id, category_code) REFERENCES org.categories (tenant_id, code)
);

CREATE TABLE org.team_members (
  tenant_id   uuid        NOT NULL,
  team_id     uuid        NOT NULL REFERENCES org.teams (id),
  user_id     uuid        NOT NULL,
  role        text        NOT NULL CHECK (role IN ('member', 'lead')),
  joined_at   timestamptz NOT NULL DEFAULT now(),
  archived_at timestamptz,
  updated_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (team_id, user_id)
);

CREATE INDEX categories_updated_at_idx   ON org.categories (updated_at, tenant_id, code);
CREATE INDEX teams_updated_at_idx        ON org.teams (updated_at, id);
CREATE INDEX team_members_updated_at_idx ON org.team_members (updated_at, team_id, user_id);
