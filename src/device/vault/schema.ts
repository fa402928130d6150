/**
 * The catalog, version by version: text i brings a database from version i to i+1 (`PRAGMA user_version`).
 * A text that has shipped never changes; test/unit/vault/frozen holds a database of every version.
 */
export const catalogMigrations: readonly string[] = [
  `
-- One row per clip file. Says nothing that the card should not tell: no trigger, no time of day.
CREATE TABLE clip (
  number    INTEGER PRIMARY KEY,                          -- order of opening; what "oldest" means
  id        BLOB    NOT NULL UNIQUE CHECK (length(id) = 16), -- random, also the file's name in hex
  day       INTEGER NOT NULL CHECK (day >= 0),            -- UTC day number retention counts from
  state     TEXT    NOT NULL CHECK (state IN ('open', 'sealed', 'damaged')),
  pinned    INTEGER NOT NULL DEFAULT 0 CHECK (pinned IN (0, 1)), -- 1: never erased by itself; <id>.pin beside the file says the same
  bytes     INTEGER NOT NULL CHECK (bytes >= 0),          -- length of the file; of its head while open
  video     INTEGER NOT NULL DEFAULT 0 CHECK (video >= 0), -- leaves per lane; 0 while open
  audio     INTEGER NOT NULL DEFAULT 0 CHECK (audio >= 0),
  thumbnail INTEGER NOT NULL DEFAULT 0 CHECK (thumbnail >= 0),
  meta      INTEGER NOT NULL DEFAULT 0 CHECK (meta >= 0)
);
CREATE INDEX clip_by_day ON clip (day, number);

-- Where each acknowledged fragment lies. A row is committed after the fragment's bytes are synced: a row is a promise.
CREATE TABLE fragment (
  clip    INTEGER NOT NULL REFERENCES clip (number) ON DELETE CASCADE,
  lane    INTEGER NOT NULL CHECK (lane BETWEEN 1 AND 4),  -- video 1, audio 2, thumbnail 3, meta 4
  "index" INTEGER NOT NULL CHECK ("index" >= 0),
  offset  INTEGER NOT NULL CHECK (offset > 0),            -- of the record in the file, bytes: 73 of leaf data, then ciphertext
  length  INTEGER NOT NULL CHECK (length >= 0),           -- of the ciphertext, bytes
  PRIMARY KEY (clip, lane, "index")
) WITHOUT ROWID;

-- One row: facts about the vault as a whole.
CREATE TABLE vault (
  only     INTEGER PRIMARY KEY CHECK (only = 1),
  last_day INTEGER NOT NULL                               -- newest day ever given to a clip; days never fall behind it
);
INSERT INTO vault VALUES (1, 0);
`,
];
