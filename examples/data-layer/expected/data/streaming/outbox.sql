-- `db`, PostgreSQL 18 or later: 57 events/s a primary, of 5,000/s that an outbox carries
-- (assumed): the row and its event are one transaction, so neither is there without the other.
-- Written from the model e077aef687015f77; change the model, not this file. After the tables of
-- the store: psql -v ON_ERROR_STOP=1 -1 -f outbox.sql

-- The outbox.
-- Events beside the rows they tell of; in parts by time, so that what was published is dropped and
-- not deleted
CREATE TABLE outbox (
  id bigint GENERATED ALWAYS AS IDENTITY,
  event_id uuid NOT NULL DEFAULT uuidv7(),
  lane smallint NOT NULL,
  subject text NOT NULL,
  stream_key text NOT NULL,
  row_key text NOT NULL,
  person text NOT NULL DEFAULT '_',
  table_name text NOT NULL,
  change text NOT NULL CHECK (change IN ('insert', 'update', 'delete', 'erase')),
  row jsonb,
  happened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  published_at timestamptz,
  PRIMARY KEY (happened_at, id)
) PARTITION BY RANGE (happened_at);
-- What no part is made for; watched, and empty where parts are made in time
CREATE TABLE outbox_rest PARTITION OF outbox DEFAULT;
-- holds only what waits, so a look costs the same however many rows are kept
CREATE INDEX outbox_waiting ON outbox (lane, id) WHERE published_at IS NULL;
-- finds what an erasure must reach
CREATE INDEX outbox_person ON outbox (person);
CREATE TABLE outbox_lanes (lane smallint PRIMARY KEY, looked_at timestamptz);
INSERT INTO outbox_lanes (lane) SELECT generate_series(0, 0);
-- stands for a person in subjects and files: it names nobody, and finds all of theirs
CREATE FUNCTION person_token(person text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN person IS NULL THEN '_' ELSE
    left(encode(sha256(convert_to(person, 'UTF8')), 'hex'), 32) END
$$;

-- What writes it: a trigger for each table, as the owner, so that services need no right to it.
-- items: an event in the transaction of each change
CREATE FUNCTION tell_items() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = public, pg_temp AS $$
DECLARE
  changed items := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
  kept_by text := changed.id::text;
  whose text := person_token(changed.user_id::text);
BEGIN
  INSERT INTO outbox (lane, subject, stream_key, row_key, person, table_name, change, row)
  VALUES ((hashtextextended(kept_by, 0) & 9223372036854775807) % 1,
    'app.item.' || whose, kept_by, changed.id::text, whose, 'items',
    lower(TG_OP), CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(changed) END);
  RETURN NULL;
END $$;
CREATE TRIGGER tell_items AFTER INSERT OR UPDATE OR DELETE ON items FOR EACH ROW EXECUTE FUNCTION tell_items();

-- Who may read it, and whose it is.
-- signs in by a certificate of its own
DO $$ BEGIN CREATE ROLE app_relay NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
DO $$ BEGIN CREATE ROLE app_upkeep NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
GRANT SELECT, UPDATE (published_at) ON outbox TO app_relay;
GRANT SELECT, UPDATE (looked_at) ON outbox_lanes TO app_relay;
GRANT USAGE, CREATE ON SCHEMA public TO app_upkeep;
ALTER TABLE outbox OWNER TO app_upkeep;
ALTER TABLE outbox_rest OWNER TO app_upkeep;
ALTER TABLE outbox_lanes OWNER TO app_upkeep;
ALTER FUNCTION tell_items() OWNER TO app_upkeep;
-- whose triggers read the row that a row hangs on
ALTER TABLE items OWNER TO app_upkeep;

-- Parts are made ahead and dropped when all in them is published and old enough.
-- each hour; keeps 24 h of what was published, and all that was not
CREATE PROCEDURE outbox_upkeep() LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  hour timestamptz;
  part record;
  waits boolean;
BEGIN
  SET LOCAL lock_timeout = '2s';
  FOR step IN 0..48 LOOP
    hour := date_trunc('hour', now(), 'UTC') + step * interval '3600 s';
    EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF outbox FOR VALUES FROM (%L) TO (%L)',
      'outbox_' || to_char(hour AT TIME ZONE 'UTC', 'YYYYMMDDHH24'), hour,
      hour + interval '3600 s');
  END LOOP;
  FOR part IN SELECT child.relname FROM pg_inherits
    JOIN pg_class child ON child.oid = inhrelid
    WHERE inhparent = 'outbox'::regclass AND child.relname ~ '^outbox_[0-9]{10}$'
      AND to_timestamp(right(child.relname, 10) || '+00', 'YYYYMMDDHH24TZH')
        < now() - interval '90000 s' LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE published_at IS NULL)', part.relname) INTO waits;
    IF NOT waits THEN
      EXECUTE format('DROP TABLE %I', part.relname);
    END IF;
  END LOOP;
END $$;
ALTER PROCEDURE outbox_upkeep() OWNER TO app_upkeep;
REVOKE ALL ON PROCEDURE outbox_upkeep() FROM PUBLIC;
CALL outbox_upkeep();

-- What a relay does.
-- Each 1 s, at most 173 events; at once again when there were so many. At peak 57.4/s in each of 1
-- lanes. Set idle_in_transaction_session_timeout above the time to publish. Several relays may
-- run: a lane that is locked is skipped.
-- BEGIN;
-- SELECT lane FROM outbox_lanes ORDER BY looked_at NULLS FIRST LIMIT 1 FOR UPDATE SKIP LOCKED;
-- SELECT id, happened_at, event_id, subject, stream_key, row_key, person, table_name, change, row::text AS row FROM outbox WHERE lane = $1 AND published_at IS NULL ORDER BY id LIMIT $2;
-- publish each in order, event_id as the message id; wait for all acknowledgements
-- UPDATE outbox SET published_at = now() FROM unnest($1::timestamptz[], $2::bigint[]) AS done(happened_at, id) WHERE outbox.happened_at = done.happened_at AND outbox.id = done.id;
-- UPDATE outbox_lanes SET looked_at = clock_timestamp() WHERE lane = $1;
-- COMMIT;

-- What is watched.
-- seconds the oldest event waits
-- SELECT coalesce(extract(epoch FROM now() - min(happened_at)), 0) FROM outbox WHERE published_at IS NULL;

-- Instead of triggers: the store's own log (`capture: cdc`). A logical replication slot keeps the
-- store's log while its reader is away: set max_slot_wal_keep_size so that the store outlives it,
-- and read the tables anew when a slot was lost.
--   ALTER TABLE items REPLICA IDENTITY DEFAULT;
--   CREATE PUBLICATION changes_items FOR TABLE items (id, user_id, title, body, state, labels, created_at, updated_at);
