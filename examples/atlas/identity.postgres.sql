-- The platform's identity service, PostgreSQL: a database of its own with the schema `identity`.
-- Members and staff are one table with a discriminator; what only staff have is in a second one.
--
-- No triggers: services write `updated_at = now()` with every UPDATE.

CREATE SCHEMA identity;

CREATE TABLE identity.users (
  id            uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id     uuid        NOT NULL,
  kind          text        NOT NULL CHECK (kind IN ('member', 'staff')),
  given_name    text        NOT NULL,
  family_name   text        NOT NULL DEFAULT '',
  email         text        NOT NULL,
  contact       jsonb       NOT NULL DEFAULT '{}',  -- {"phone": "...", and whatever else clients keep}
  status        text        NOT NULL CHECK (status IN ('invited', 'active', 'suspended')),
  locale        text        NOT NULL,
  last_login_at timestamptz,
  archived_at   timestamptz,
  updated_at    timestamptz NOT NULL DEFAULT now(),
  UNIQUE (tenant_id, email)
);

-- team_id refers to the org service, which is another database: no foreign key can hold it.
CREATE TABLE identity.staff_profiles (
  user_id     uuid          PRIMARY KEY REFERENCES identity.users (id),
  tenant_id   uuid          NOT NULL,
  hourly_rate numeric(10,2) NOT NULL,
  hired_on    date,
  team_id     uuid,
  updated_at  timestamptz   NOT NULL DEFAULT now()
);

CREATE INDEX users_updated_at_idx          ON identity.users (updated_at, id);
CREATE INDEX staff_profiles_updated_at_idx ON identity.staff_profiles (updated_at, user_id);
