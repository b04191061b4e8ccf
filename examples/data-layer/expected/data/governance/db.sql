-- Generic interactive application: who may do what with the tables of `db`, what is kept and what
-- is erased.
-- Written from the model ec6da0378fdf6c38; change the model, not this file. Run it after
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

-- Drops the parts that are too old, unless a row of one is held
CREATE OR REPLACE PROCEDURE upkeep.drop_parts(
  parent text, keep interval, at timestamptz DEFAULT now())
LANGUAGE plpgsql AS $$
DECLARE
  part record;
BEGIN
  IF EXISTS (SELECT FROM upkeep.held_rows WHERE table_name = parent AND until > at) THEN
    RAISE WARNING 'rows of % are held: none of its parts is dropped', parent;
    RETURN;
  END IF;
  FOR part IN
    SELECT c.relname, (regexp_match(pg_get_expr(c.relpartbound, c.oid),
                       $re$TO \('([^']+)'\)$re$))[1]::timestamptz AS high
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = to_regclass(quote_ident(parent))
  LOOP
    IF part.high IS NOT NULL AND part.high <= at - keep THEN
      EXECUTE format('ALTER TABLE %I DETACH PARTITION %I', parent, part.relname);
      EXECUTE format('DROP TABLE %I', part.relname);
    END IF;
  END LOOP;
END $$;

-- Deletes rows that are too old, 5,000 in a transaction
CREATE OR REPLACE PROCEDURE upkeep.delete_old(
  tab text, key text[], col text, keep interval, free text DEFAULT '',
  at timestamptz DEFAULT now(), batch int DEFAULT 5000)
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
      tab, col, tab, text_key, free) USING at - keep, at, batch;
    GET DIAGNOSTICS gone = ROW_COUNT;
    COMMIT;
    EXIT WHEN gone < batch;
  END LOOP;
END $$;

-- Every night: CALL upkeep.keep_no_longer();
CREATE OR REPLACE PROCEDURE upkeep.keep_no_longer(at timestamptz DEFAULT now())
LANGUAGE plpgsql AS $$
BEGIN
  CALL upkeep.delete_old('items', '{id}', 'created_at', interval '1826.25 days', '', at);
END $$;

-- Erasing people

-- Who asked to be erased, by when, and what was done; `again`: something is still kept
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

-- Erases users in one transaction
CREATE OR REPLACE FUNCTION upkeep.erase_users(
  who uuid[], at timestamptz DEFAULT now()) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  told jsonb := '{}';
  n bigint;
  kept bigint;
  open boolean := false;
BEGIN
  -- items: delete, the model says so
  DELETE FROM items t WHERE (t.user_id = ANY (who)) AND NOT EXISTS (SELECT FROM upkeep.held_rows h WHERE h.table_name = 'items' AND h.row_key = t.id::text AND h.until > at);
  GET DIAGNOSTICS n = ROW_COUNT;
  SELECT count(*) INTO kept FROM items t WHERE (t.user_id = ANY (who)) AND NOT (NOT EXISTS (SELECT FROM upkeep.held_rows h WHERE h.table_name = 'items' AND h.row_key = t.id::text AND h.until > at));
  open := open OR kept > 0;
  told := told || jsonb_build_object('items', jsonb_build_object(
    'action', 'delete', 'rows', n, 'kept', kept, 'why', 'the model says so'));
  IF open THEN
  -- users: anonymise, rows that are held point to it
  UPDATE users t SET email = replace(gen_random_uuid()::text, '-', '') || '@erased.invalid', name = 'erased', last_seen_at = 'epoch' WHERE (t.id = ANY (who)) AND NOT EXISTS (SELECT FROM upkeep.held_rows h WHERE h.table_name = 'users' AND h.row_key = t.id::text AND h.until > at);
  GET DIAGNOSTICS n = ROW_COUNT;
  SELECT count(*) INTO kept FROM users t WHERE (t.id = ANY (who)) AND NOT (NOT EXISTS (SELECT FROM upkeep.held_rows h WHERE h.table_name = 'users' AND h.row_key = t.id::text AND h.until > at));
  open := open OR kept > 0;
  told := told || jsonb_build_object('users', jsonb_build_object(
    'action', 'anonymise', 'rows', n, 'kept', kept, 'why', 'rows that are held point to it'));
  ELSE
  -- users: delete, the model says so
  DELETE FROM users t WHERE (t.id = ANY (who)) AND NOT EXISTS (SELECT FROM upkeep.held_rows h WHERE h.table_name = 'users' AND h.row_key = t.id::text AND h.until > at);
  GET DIAGNOSTICS n = ROW_COUNT;
  SELECT count(*) INTO kept FROM users t WHERE (t.id = ANY (who)) AND NOT (NOT EXISTS (SELECT FROM upkeep.held_rows h WHERE h.table_name = 'users' AND h.row_key = t.id::text AND h.until > at));
  open := open OR kept > 0;
  told := told || jsonb_build_object('users', jsonb_build_object(
    'action', 'delete', 'rows', n, 'kept', kept, 'why', 'the model says so'));
  END IF;
  RETURN jsonb_build_object('tables', told, 'again', open);
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
  UPDATE upkeep.erasures SET report = found,
    done_at = coalesce(done_at, at), again = (found ->> 'again')::boolean
  WHERE person_table = 'users' AND (done_at IS NULL OR again) AND found IS NOT NULL;
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
CREATE OR REPLACE FUNCTION masked.pseudonym(plain text) RETURNS text
LANGUAGE sql STABLE STRICT SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT left(encode(sha256(convert_to(k.word || plain, 'UTF8')), 'hex'), 32) FROM masked_key k
$$;

ALTER FUNCTION masked.pseudonym(text) OWNER TO app_views;
-- A person with an account, without what tells of somebody
CREATE VIEW masked.users WITH (security_barrier) AS
SELECT
  masked.pseudonym(t.id::text) AS id,
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
  masked.pseudonym(t.user_id::text) AS user_id,
  t.title,
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
  masked.pseudonym(t.user_id::text) AS user_id,
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
  FOR one IN SELECT oid::regclass AS name FROM pg_class
             WHERE relnamespace = 'upkeep'::regnamespace AND relkind IN ('r', 'p') LOOP
    EXECUTE format('ALTER TABLE %s OWNER TO app_upkeep', one.name);
  END LOOP;
END $$;
