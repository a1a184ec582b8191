-- The platform's people service: who works here, for whom, and where they sell.
-- Services write `updated_at = now()` with every UPDATE.

CREATE SCHEMA people;

CREATE TABLE people.employees (
  id          uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
  name        text        NOT NULL,
  courtesy    text        CHECK (courtesy IN ('mr', 'ms', 'mrs', 'dr')),
  job_title   text,
  extension   text,
  hired_on    date,
  manager_id  uuid        REFERENCES people.employees (id),
  archived_at timestamptz,
  updated_at  timestamptz NOT NULL DEFAULT now()
);

-- What only the personnel office may read. Everybody has a file.
CREATE TABLE people.personnel_files (
  employee_id uuid        PRIMARY KEY REFERENCES people.employees (id),
  born_on     date,
  home_phone  text,
  address     jsonb       NOT NULL DEFAULT '{}',
  notes       text,
  updated_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE people.regions (
  id         uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
  name       text        NOT NULL UNIQUE,
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE people.territories (
  code       text        PRIMARY KEY,
  name       text        NOT NULL,
  region_id  uuid        NOT NULL REFERENCES people.regions (id),
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE people.assignments (
  territory_code text        NOT NULL REFERENCES people.territories (code),
  employee_id    uuid        NOT NULL REFERENCES people.employees (id),
  updated_at     timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (territory_code, employee_id)
);

CREATE INDEX ON people.employees       (updated_at, id);
CREATE INDEX ON people.personnel_files (updated_at, employee_id);
CREATE INDEX ON people.regions         (updated_at, id);
CREATE INDEX ON people.territories     (updated_at, code);
CREATE INDEX ON people.assignments     (updated_at, territory_code, employee_id);
