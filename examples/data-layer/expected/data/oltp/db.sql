-- Generic interactive application: the tables of `db`, PostgreSQL 18 or later (uuidv7).
-- Written from the model e077aef687015f77; change the model, not this file. On an empty database:
-- psql -v ON_ERROR_STOP=1 -1 -f "db.sql", then "../governance/db.sql".


-- Tables

-- A person with an account
CREATE TABLE users (
  id uuid DEFAULT uuidv7() NOT NULL,
  email text NOT NULL,
  name text NOT NULL,
  locale text NOT NULL,
  settings_theme text NOT NULL,
  settings_time_zone text NOT NULL,
  settings_mail_digest text NOT NULL,
  last_seen_at timestamptz DEFAULT now() NOT NULL,
  created_at timestamptz DEFAULT now() NOT NULL,
  CONSTRAINT users_pkey PRIMARY KEY (id),
  CONSTRAINT users_email_key UNIQUE (email),
  CONSTRAINT users_email_length CHECK (char_length(email) <= 254),
  CONSTRAINT users_name_length CHECK (char_length(name) <= 120),
  CONSTRAINT users_locale_length CHECK (char_length(locale) <= 35),
  CONSTRAINT users_settings_theme_value CHECK (settings_theme IN ('system', 'light', 'dark')),
  CONSTRAINT users_settings_time_zone_length CHECK (char_length(settings_time_zone) <= 60),
  CONSTRAINT users_settings_mail_digest_value CHECK (settings_mail_digest IN ('never', 'daily', 'weekly'))
);

-- A thing a user keeps
CREATE TABLE items (
  id uuid DEFAULT uuidv7() NOT NULL,
  user_id uuid NOT NULL,
  title text NOT NULL,
  body text,
  state text NOT NULL,
  labels text[] DEFAULT '{}' NOT NULL,
  created_at timestamptz DEFAULT now() NOT NULL,
  updated_at timestamptz DEFAULT now() NOT NULL,
  CONSTRAINT items_pkey PRIMARY KEY (id),
  CONSTRAINT items_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id),
  CONSTRAINT items_title_length CHECK (char_length(title) <= 200),
  CONSTRAINT items_body_length CHECK (char_length(body) <= 20000),
  CONSTRAINT items_state_value CHECK (state IN ('open', 'done', 'archived'))
);

-- Indexes

-- for db.search_items: Full-text search in the items of one user; 31.7/s at peak, 20 rows
-- costs about 13.4 GB and an entry more in 44.5 writes/s at peak
CREATE INDEX items_title_body_words ON items USING gin (to_tsvector('simple', coalesce(title, '') || ' ' || coalesce(body, '')));

-- for db.list_items: A page of fifty items of a user; 203/s at peak, 50 rows
-- for db.recent_items: The twenty last changed items of a user; 192/s at peak, 20 rows
-- for db.search_items: Full-text search in the items of one user; 31.7/s at peak, 20 rows
-- for deleting a row it hangs on
-- costs about 1.6 GB and an entry more in 44.5 writes/s at peak
CREATE INDEX items_user_id_updated_at_idx ON items (user_id, updated_at DESC);

-- Comments

COMMENT ON TABLE users IS 'A person with an account';
COMMENT ON COLUMN users.id IS 'Id; class: internal; purpose: account';
COMMENT ON COLUMN users.email IS 'Email; class: personal; purpose: account';
COMMENT ON COLUMN users.name IS 'Name; class: personal; purpose: account';
COMMENT ON COLUMN users.locale IS 'Locale; class: internal; purpose: account';
COMMENT ON COLUMN users.settings_theme IS 'Settings theme; class: internal; purpose: account';
COMMENT ON COLUMN users.settings_time_zone IS 'Settings time zone; class: internal; purpose: account';
COMMENT ON COLUMN users.settings_mail_digest IS 'Settings mail digest; class: internal; purpose: account';
COMMENT ON COLUMN users.last_seen_at IS 'Last seen at; class: personal; purpose: account';
COMMENT ON COLUMN users.created_at IS 'Created at; class: internal; purpose: account';
COMMENT ON TABLE items IS 'A thing a user keeps';
COMMENT ON COLUMN items.id IS 'Id; class: internal; purpose: account';
COMMENT ON COLUMN items.user_id IS 'Whose it is; class: internal; purpose: account';
COMMENT ON COLUMN items.title IS 'Title; class: internal; purpose: account';
COMMENT ON COLUMN items.body IS 'Body; class: personal; purpose: account';
COMMENT ON COLUMN items.state IS 'State; class: internal; purpose: account';
COMMENT ON COLUMN items.labels IS 'Labels; class: internal; purpose: account';
COMMENT ON COLUMN items.created_at IS 'Created at; class: internal; purpose: account';
COMMENT ON COLUMN items.updated_at IS 'Updated at; class: internal; purpose: account';