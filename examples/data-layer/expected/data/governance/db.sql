-- Generic interactive application: who may do what with the tables of `db`, what is kept and what
-- is erased.
-- Written from the model e077aef687015f77; change the model, not this file. Run it after
-- "../oltp/db.sql". Roles cannot sign in: give each a login of its own, one for each service, with
-- certificates and not passwords.
-- Every night, as the role of the upkeep: CALL upkeep.keep_no_longer(); CALL upkeep.erase_asked();
-- CALL upkeep.shorten_audit(); and, where tables have parts, CALL upkeep.make_all_parts();

-- What must stay

CREATE SCHEMA IF NOT EXISTS upkeep;
-- Rows that a court or an authority wants kept: no job deletes them before `until`
CREATE TABLE IF NOT EXISTS upkeep.held_rows (
  table_name text NOT NULL,
  row_key text NOT NULL,
  reason text NOT NULL,
  until timestamptz NOT NULL,
  PRIMARY KEY (table_name, row_key)
);

-- What goes when it is old

-- Deletes rows that are too old, 5,000 in a transaction
CREATE OR REPLACE PROCEDURE upkeep.delete_old(
  tab text, key text[], col text, keep interval, free text DEFAULT '',
  at timestamptz DEFAULT now(), batch int DEFAULT 5000, held_as text DEFAULT NULL)
LANGUAGE plpgsql AS $$
DECLARE
  gone bigint;
  text_key text := (SELECT string_agg(format('t.%I::text', k), ' || ''/'' || ') FROM unnest(key) k);
BEGIN
  LOOP
    EXECUTE format(
      'DELETE FROM %1$I WHERE ctid = ANY (ARRAY(SELECT t.ctid FROM %1$I t WHERE t.%2$I < $1'
      ' AND NOT EXISTS (SELECT FROM upkeep.held_rows h WHERE h.table_name = %3$L'
      ' AND h.row_key = %4$s AND h.until > $2)%5$s LIMIT $3 FOR UPDATE SKIP LOCKED))',
      tab, col, coalesce(held_as, tab), text_key, free) USING at - keep, at, batch;
    GET DIAGNOSTICS gone = ROW_COUNT;
    COMMIT;
    EXIT WHEN gone < batch;
  END LOOP;
END $$;

-- Drops the parts that are too old; where rows of other tables point to them, or a row is held,
-- rows go first, those that may
CREATE OR REPLACE PROCEDURE upkeep.drop_parts(
  parent text, key text[], col text, keep interval, pointed boolean, free text DEFAULT '',
  at timestamptz DEFAULT now())
LANGUAGE plpgsql AS $$
DECLARE
  part record;
  held boolean := EXISTS (
    SELECT FROM upkeep.held_rows WHERE table_name = parent AND until > at);
  filled boolean;
BEGIN
  FOR part IN
    SELECT c.relname, (regexp_match(pg_get_expr(c.relpartbound, c.oid),
                       $re$TO \('([^']+)'\)$re$))[1]::timestamptz AS high
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = to_regclass(quote_ident(parent)) ORDER BY c.relname
  LOOP
    CONTINUE WHEN part.high > at - keep;
    IF part.high IS NULL OR held OR pointed THEN
      CALL upkeep.delete_old(part.relname, key, col, keep, free, at, held_as => parent);
    END IF;
    CONTINUE WHEN part.high IS NULL;
    filled := false;
    IF held OR pointed THEN
      EXECUTE format('SELECT EXISTS (SELECT FROM %I)', part.relname) INTO filled;
    END IF;
    IF NOT filled THEN
      EXECUTE format('ALTER TABLE %I DETACH PARTITION %I', parent, part.relname);
      EXECUTE format('DROP TABLE %I', part.relname);
      COMMIT;
    END IF;
  END LOOP;
END $$;

-- Every night: CALL upkeep.keep_no_longer();
CREATE OR REPLACE PROCEDURE upkeep.keep_no_longer(at timestamptz DEFAULT now())
LANGUAGE plpgsql AS $$
BEGIN
  CALL upkeep.delete_old('items', '{id}', 'created_at', interval '1826.25 days', '', at);
END $$;

-- Erasing people

-- Who asked to be erased, by when, and what was done; `again`: something is kept that has an end,
-- and the job comes back
CREATE TABLE IF NOT EXISTS upkeep.erasures (
  person_table text NOT NULL,
  person_key text NOT NULL,
  asked_at timestamptz NOT NULL DEFAULT now(),
  due_at timestamptz NOT NULL,
  done_at timestamptz,
  again boolean NOT NULL DEFAULT true,
  report jsonb,
  PRIMARY KEY (person_table, person_key)
);

-- Adds to the report of each person what was done with rows of a table
CREATE OR REPLACE FUNCTION upkeep.told(
  so_far jsonb, people text[], tab text, action text, why text, done jsonb, kept jsonb)
RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT so_far || coalesce(jsonb_object_agg(p, (so_far -> p) || jsonb_build_object(tab,
    jsonb_build_object('action', action, 'rows', coalesce((done ->> p)::bigint, 0),
      'kept', coalesce((kept ->> p)::bigint, 0), 'why', why))), '{}')
  FROM unnest(people) AS p
$$;

-- A report with the rows of an earlier pass added
CREATE OR REPLACE FUNCTION upkeep.summed(before jsonb, now jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE AS $$
  SELECT jsonb_set(now, '{tables}', coalesce((
    SELECT jsonb_object_agg(key, value || jsonb_build_object('rows', (value ->> 'rows')::bigint
      + coalesce((before -> 'tables' -> key ->> 'rows')::bigint, 0)))
    FROM jsonb_each(now -> 'tables')), '{}'))
$$;

-- Where the store has an outbox: bodies of the person's events are emptied, and an event tells
-- whoever reads them to forget the person
CREATE OR REPLACE FUNCTION upkeep.forget_in_streams(people text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF to_regclass('public.outbox') IS NOT NULL THEN
    UPDATE outbox SET row = NULL WHERE person = ANY (SELECT person_token(p) FROM unnest(people) AS p);
    INSERT INTO outbox (lane, subject, stream_key, row_key, person, table_name, change) SELECT 0, 'app.erasure.' || token, token, token, token, 'erasure', 'erase' FROM (SELECT DISTINCT person_token(p) AS token FROM unnest(people) AS p) AS those;
  END IF;
END $$;

-- Erases users in one transaction; tells of each key what was done and kept
CREATE OR REPLACE FUNCTION upkeep.erase_users(
  who uuid[], at timestamptz DEFAULT now()) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  everybody text[] := who::text[];
  told jsonb := (SELECT coalesce(jsonb_object_agg(p, '{}'::jsonb), '{}') FROM unnest(everybody) AS p);
  done jsonb;
  kept jsonb;
  open jsonb := '{}';  -- of whom something is kept that has an end
  pointed jsonb := '{}';  -- of whom a row stays because others point to it
BEGIN
  -- items: delete, the model says so
  WITH changed AS (DELETE FROM items t WHERE (t.user_id = ANY (who)) AND NOT EXISTS (SELECT FROM upkeep.held_rows h WHERE h.table_name = 'items' AND h.row_key = t.id::text AND h.until > at)
    RETURNING ARRAY[t.user_id] AS theirs)
  SELECT jsonb_object_agg(p, n) INTO done FROM (SELECT p, count(*) AS n
    FROM changed, unnest(theirs) AS p GROUP BY p) AS each;
  SELECT jsonb_object_agg(p, n) INTO kept FROM (SELECT p, count(*) AS n
    FROM (SELECT ARRAY[t.user_id] AS theirs FROM items t
      WHERE (t.user_id = ANY (who)) AND NOT (NOT EXISTS (SELECT FROM upkeep.held_rows h WHERE h.table_name = 'items' AND h.row_key = t.id::text AND h.until > at))) AS found, unnest(theirs) AS p GROUP BY p) AS each;
  open := open || coalesce(kept, '{}');
  told := upkeep.told(told, everybody, 'items', 'delete', 'the model says so', done, kept);
  -- users: delete, the model says so
  WITH changed AS (DELETE FROM users t WHERE (t.id = ANY (who)) AND NOT (open ? t.id::text OR pointed ? t.id::text) AND NOT EXISTS (SELECT FROM upkeep.held_rows h WHERE h.table_name = 'users' AND h.row_key = t.id::text AND h.until > at)
    RETURNING ARRAY[t.id] AS theirs)
  SELECT jsonb_object_agg(p, n) INTO done FROM (SELECT p, count(*) AS n
    FROM changed, unnest(theirs) AS p GROUP BY p) AS each;
  SELECT jsonb_object_agg(p, n) INTO kept FROM (SELECT p, count(*) AS n
    FROM (SELECT ARRAY[t.id] AS theirs FROM users t
      WHERE (t.id = ANY (who)) AND NOT (open ? t.id::text OR pointed ? t.id::text) AND NOT (NOT EXISTS (SELECT FROM upkeep.held_rows h WHERE h.table_name = 'users' AND h.row_key = t.id::text AND h.until > at))) AS found, unnest(theirs) AS p GROUP BY p) AS each;
  open := open || coalesce(kept, '{}');
  told := upkeep.told(told, ARRAY(SELECT p FROM unnest(everybody) AS p WHERE NOT (open ? p OR pointed ? p)), 'users', 'delete', 'the model says so', done, kept);
  -- users: anonymise, rows that stay point to it
  WITH changed AS (UPDATE users t SET email = replace(gen_random_uuid()::text, '-', '') || '@erased.invalid', name = 'erased', last_seen_at = 'epoch' WHERE (t.id = ANY (who)) AND (open ? t.id::text OR pointed ? t.id::text) AND NOT EXISTS (SELECT FROM upkeep.held_rows h WHERE h.table_name = 'users' AND h.row_key = t.id::text AND h.until > at) AND (t.email NOT LIKE '%@erased.invalid' OR t.name <> 'erased' OR t.last_seen_at <> 'epoch')
    RETURNING ARRAY[t.id] AS theirs)
  SELECT jsonb_object_agg(p, n) INTO done FROM (SELECT p, count(*) AS n
    FROM changed, unnest(theirs) AS p GROUP BY p) AS each;
  SELECT jsonb_object_agg(p, n) INTO kept FROM (SELECT p, count(*) AS n
    FROM (SELECT ARRAY[t.id] AS theirs FROM users t
      WHERE (t.id = ANY (who)) AND (open ? t.id::text OR pointed ? t.id::text) AND NOT (NOT EXISTS (SELECT FROM upkeep.held_rows h WHERE h.table_name = 'users' AND h.row_key = t.id::text AND h.until > at))) AS found, unnest(theirs) AS p GROUP BY p) AS each;
  open := open || coalesce(kept, '{}');
  told := upkeep.told(told, ARRAY(SELECT p FROM unnest(everybody) AS p WHERE (open ? p OR pointed ? p)), 'users', 'anonymise', 'rows that stay point to it', done, kept);
  PERFORM upkeep.forget_in_streams(ARRAY(SELECT p FROM unnest(everybody) AS p WHERE
    EXISTS (SELECT FROM jsonb_each(told -> p) AS d
      WHERE (d.value ->> 'rows')::bigint > 0)
    OR NOT EXISTS (SELECT FROM upkeep.erasures e WHERE e.person_table = 'users' AND e.person_key = p AND e.done_at IS NOT NULL)));
  RETURN (SELECT coalesce(jsonb_object_agg(p, jsonb_build_object('tables', told -> p, 'again', open ? p)), '{}') FROM unnest(everybody) AS p);
END $$;

-- Every night: CALL upkeep.erase_asked(); everybody at once, so a table is read once
CREATE OR REPLACE PROCEDURE upkeep.erase_asked(at timestamptz DEFAULT now())
LANGUAGE plpgsql AS $$
DECLARE
  found jsonb;
BEGIN
  SELECT upkeep.erase_users(
    array_agg(person_key::uuid), at) INTO found
  FROM upkeep.erasures WHERE person_table = 'users' AND (done_at IS NULL OR again)
  HAVING count(*) > 0;
  UPDATE upkeep.erasures AS e SET report = upkeep.summed(e.report, found -> e.person_key::uuid::text),
    done_at = coalesce(done_at, at),
    again = (found -> e.person_key::uuid::text ->> 'again')::boolean
  WHERE person_table = 'users' AND (done_at IS NULL OR again)
    AND found ? e.person_key::uuid::text;
END $$;

-- Roles

-- owns the tables and the jobs that keep and erase; nobody signs in as it
DO $$ BEGIN CREATE ROLE app_upkeep NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;

-- reads tables for the masked views; nobody signs in as it
DO $$ BEGIN CREATE ROLE app_views NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;

-- reads the masked views, nothing else
DO $$ BEGIN CREATE ROLE app_analyst NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;

-- reads the log of changes, nothing else
DO $$ BEGIN CREATE ROLE app_auditor NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;

-- reads what is to be published
DO $$ BEGIN CREATE ROLE app_relay NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;

-- the service `app`: what its statements need
DO $$ BEGIN CREATE ROLE app_app_service NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;

-- Rights

REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
-- What masked views read
GRANT SELECT ON users, items TO app_views;

GRANT DELETE, INSERT, SELECT ON items TO app_app_service;
GRANT UPDATE ON items TO app_app_service;
GRANT DELETE, INSERT, SELECT ON users TO app_app_service;
GRANT UPDATE ON users TO app_app_service;

-- Masked views

CREATE SCHEMA IF NOT EXISTS masked AUTHORIZATION app_views;
-- One row; only the owner of the views reads it
CREATE TABLE IF NOT EXISTS masked_key (
  only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
  word text NOT NULL DEFAULT gen_random_uuid()::text || gen_random_uuid()::text
);

INSERT INTO masked_key DEFAULT VALUES ON CONFLICT DO NOTHING;
REVOKE ALL ON masked_key FROM PUBLIC;
GRANT SELECT ON masked_key TO app_views;
-- A person with an account, without what tells of somebody
CREATE VIEW masked.users WITH (security_barrier) AS
SELECT
  (SELECT left(encode(sha256(convert_to(k.word || t.id::text, 'UTF8')), 'hex'), 32) FROM public.masked_key k) AS id,
  '***@' || split_part(t.email, '@', 2) AS email,
  CASE WHEN t.name IS NULL THEN NULL ELSE '***' END AS name,
  t.locale,
  t.settings_theme,
  t.settings_time_zone,
  t.settings_mail_digest,
  date_trunc('day', t.last_seen_at) AS last_seen_at,
  t.created_at
FROM public.users t;

ALTER VIEW masked.users OWNER TO app_views;
-- A thing a user keeps, without what tells of somebody
CREATE VIEW masked.items WITH (security_barrier) AS
SELECT
  t.id,
  (SELECT left(encode(sha256(convert_to(k.word || t.user_id::text, 'UTF8')), 'hex'), 32) FROM public.masked_key k) AS user_id,
  CASE WHEN t.title IS NULL THEN NULL ELSE '***' END AS title,
  CASE WHEN t.body IS NULL THEN NULL ELSE '***' END AS body,
  t.state,
  t.labels,
  t.created_at,
  t.updated_at
FROM public.items t;

ALTER VIEW masked.items OWNER TO app_views;
GRANT USAGE ON SCHEMA masked TO app_analyst;
GRANT SELECT ON ALL TABLES IN SCHEMA masked TO app_analyst;

-- Data products

CREATE SCHEMA IF NOT EXISTS offered AUTHORIZATION app_views;
-- Items made and finished
CREATE VIEW offered.item_activity WITH (security_barrier) AS
SELECT
  t.id AS id,
  t.created_at AS created_at,
  (SELECT left(encode(sha256(convert_to(k.word || t.user_id::text, 'UTF8')), 'hex'), 32) FROM public.masked_key k) AS user_id,
  t.state AS state
FROM public.items t;

ALTER VIEW offered.item_activity OWNER TO app_views;
GRANT USAGE ON SCHEMA offered TO app_analyst;
GRANT SELECT ON ALL TABLES IN SCHEMA offered TO app_analyst;

-- Log of changes

CREATE SCHEMA IF NOT EXISTS audit;
-- Names of columns, no values: the log must not become a second store
CREATE TABLE IF NOT EXISTS audit.changes (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  role text NOT NULL,
  caller text,
  table_name text NOT NULL,
  row_key text NOT NULL,
  action text NOT NULL,
  columns text[] NOT NULL
);

CREATE OR REPLACE FUNCTION audit.note() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = audit, pg_temp AS $$
DECLARE
  was jsonb := to_jsonb(OLD);
  is_now jsonb := CASE TG_OP WHEN 'UPDATE' THEN to_jsonb(NEW) ELSE '{}' END;
BEGIN
  INSERT INTO audit.changes (role, caller, table_name, row_key, action, columns)
  VALUES (session_user, nullif(current_setting('app.caller', true), ''), TG_TABLE_NAME,
    (SELECT string_agg(was ->> k, '/' ORDER BY n) FROM unnest(TG_ARGV) WITH ORDINALITY a(k, n)),
    lower(TG_OP),
    ARRAY(SELECT key FROM jsonb_each(was) WHERE value IS DISTINCT FROM is_now -> key
          AND TG_OP = 'UPDATE' ORDER BY key));
  RETURN NULL;
END $$;

CREATE TRIGGER audited AFTER UPDATE OF email, name, last_seen_at OR DELETE ON users
FOR EACH ROW EXECUTE FUNCTION audit.note('id');

CREATE TRIGGER audited AFTER UPDATE OF body OR DELETE ON items
FOR EACH ROW EXECUTE FUNCTION audit.note('id');

REVOKE ALL ON ALL TABLES IN SCHEMA audit FROM PUBLIC;
GRANT USAGE ON SCHEMA audit TO app_auditor;
GRANT SELECT ON audit.changes TO app_auditor;
GRANT USAGE ON SCHEMA audit TO app_upkeep;
GRANT SELECT (at), DELETE ON audit.changes TO app_upkeep;
CREATE OR REPLACE PROCEDURE upkeep.shorten_audit(at timestamptz DEFAULT now())
LANGUAGE sql AS $$
  DELETE FROM audit.changes WHERE at < shorten_audit.at - interval '365 days';
$$;

-- Whose it is

GRANT USAGE, CREATE ON SCHEMA public, upkeep TO app_upkeep;
ALTER TABLE users OWNER TO app_upkeep;
ALTER TABLE items OWNER TO app_upkeep;
DO $$
DECLARE
  one record;
BEGIN
  FOR one IN SELECT oid::regprocedure AS name FROM pg_proc
             WHERE pronamespace = 'upkeep'::regnamespace LOOP
    EXECUTE format('ALTER ROUTINE %s OWNER TO app_upkeep', one.name);
    EXECUTE format('REVOKE ALL ON ROUTINE %s FROM PUBLIC', one.name);
  END LOOP;
  FOR one IN SELECT p.relid AS name FROM pg_class c, pg_partition_tree(c.oid) p
             WHERE c.relkind = 'p' AND c.relowner = 'app_upkeep'::regrole LOOP
    EXECUTE format('ALTER TABLE %s OWNER TO app_upkeep', one.name);
  END LOOP;
  FOR one IN SELECT oid::regclass AS name FROM pg_class
             WHERE relnamespace = 'upkeep'::regnamespace AND relkind IN ('r', 'p') LOOP
    EXECUTE format('ALTER TABLE %s OWNER TO app_upkeep', one.name);
  END LOOP;
END $$;
