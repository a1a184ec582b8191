-- The platform's geo service, PostgreSQL: a database of its own with the schema `geo`.
-- A geofence is a circle or a polygon; the legacy system only knows circles. Deleting is deleting:
-- there is no archive flag here.
--
-- No triggers: the service writes `updated_at = now()` with every UPDATE.

CREATE SCHEMA geo;

-- centre is a GeoJSON Point, {"type": "Point", "coordinates": [longitude, latitude]}.
-- team_id refers to the org service, another database.
CREATE TABLE geo.geofences (
  id         uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id  uuid        NOT NULL,
  shape      text        NOT NULL DEFAULT 'circle' CHECK (shape IN ('circle', 'polygon')),
  name       text        NOT NULL,
  srid       integer     NOT NULL DEFAULT 4326,  -- spatial reference; 4326 is WGS 84
  centre     jsonb       NOT NULL,
  radius_m   integer     NOT NULL,
  outline    jsonb,  -- of a polygon
  team_id    uuid,
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX geofences_updated_at_idx ON geo.geofences (updated_at, id);
