-- The platform's geo service, SQLite: the table of geo.postgres.sql in one file.
--
-- Declared types follow Atlas Bridge's convention for SQLite (README.md): the name before `_text`
-- or `_int` is the type meant, the end gives the column its affinity.
-- timestamptz_text is 'YYYY-MM-DD HH:MM:SS.ffffff+00', always UTC.
-- There are no triggers: services set updated_at with every UPDATE.

-- centre is a GeoJSON Point, {"type": "Point", "coordinates": [longitude, latitude]}.
-- team_id refers to the org service, another file.
CREATE TABLE geofences (
  id         uuid_text NOT NULL PRIMARY KEY DEFAULT (lower(
    hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) ||
    '-a' || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))),
  tenant_id  uuid_text NOT NULL,
  shape      TEXT      NOT NULL DEFAULT 'circle' CHECK (shape IN ('circle', 'polygon')),
  name       TEXT      NOT NULL,
  srid       INTEGER   NOT NULL DEFAULT 4326,  -- spatial reference; 4326 is WGS 84
  centre     json_text NOT NULL,
  radius_m   INTEGER   NOT NULL,
  outline    json_text,  -- of a polygon
  team_id    uuid_text,
  updated_at timestamptz_text NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000+00', 'now'))
);

CREATE INDEX geofences_updated_at_idx ON geofences (updated_at, id);
