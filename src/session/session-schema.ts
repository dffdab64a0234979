/** The tables of a SessionDO. Append only: see `Schema`. */
export const SESSION_SCHEMA = [
  `CREATE TABLE registration (
     one INTEGER PRIMARY KEY CHECK (one = 1),
     session_id TEXT NOT NULL,
     machine_id TEXT NOT NULL,
     owner_id INTEGER NOT NULL,
     label TEXT,
     time_zone TEXT,
     started_at INTEGER,
     registered_at INTEGER NOT NULL,
     ending_at INTEGER,
     ended_at INTEGER,
     successor TEXT
   );
   CREATE TABLE strike (
     machine_id TEXT PRIMARY KEY,
     owner_id INTEGER NOT NULL,
     leaving TEXT NOT NULL,
     tries INTEGER NOT NULL DEFAULT 0,
     due_at INTEGER NOT NULL
   ) WITHOUT ROWID;
   CREATE TABLE token (
     chat_id INTEGER PRIMARY KEY,
     token TEXT NOT NULL
   );
   CREATE TABLE command (
     name TEXT PRIMARY KEY,
     position INTEGER NOT NULL,
     kind TEXT NOT NULL,
     text TEXT NOT NULL,
     nonce TEXT,
     choice TEXT,
     chat_id INTEGER NOT NULL,
     message_id INTEGER NOT NULL,
     button TEXT,
     action TEXT,
     same_as TEXT,
     session_id TEXT NOT NULL,
     machine_id TEXT NOT NULL,
     owner_id INTEGER NOT NULL,
     state TEXT NOT NULL,
     error TEXT,
     accepted_at INTEGER NOT NULL,
     expires_at INTEGER NOT NULL,
     receipt TEXT NOT NULL,
     receipt_due INTEGER,
     receipt_tries INTEGER NOT NULL DEFAULT 0,
     cancel_asked INTEGER NOT NULL DEFAULT 0
   ) WITHOUT ROWID;
   CREATE TABLE said (
     name TEXT PRIMARY KEY,
     say TEXT,
     at INTEGER NOT NULL
   ) WITHOUT ROWID;
   CREATE TABLE message (
     chat_id INTEGER NOT NULL,
     message_id INTEGER NOT NULL,
     keyboard TEXT NOT NULL,
     role TEXT NOT NULL,
     at INTEGER NOT NULL,
     PRIMARY KEY (chat_id, message_id)
   ) WITHOUT ROWID;
   CREATE TABLE question (
     nonce TEXT PRIMARY KEY,
     chat_id INTEGER NOT NULL,
     message_id INTEGER,
     expires_at INTEGER NOT NULL,
     answer TEXT,
     closed_by TEXT
   ) WITHOUT ROWID;
   CREATE TABLE notification (
     id TEXT PRIMARY KEY,
     chat_id INTEGER NOT NULL,
     at INTEGER NOT NULL,
     refused TEXT,
     message_ids TEXT NOT NULL DEFAULT '[]'
   ) WITHOUT ROWID;
   CREATE TABLE outbox (
     seq INTEGER PRIMARY KEY,
     chat_id INTEGER NOT NULL,
     job TEXT NOT NULL,
     tries INTEGER NOT NULL DEFAULT 0,
     due_at INTEGER NOT NULL
   );
   CREATE TABLE waiting (
     chat_id INTEGER PRIMARY KEY,
     message_id INTEGER,
     since INTEGER,
     shown TEXT NOT NULL
   );`,
  `ALTER TABLE registration ADD COLUMN typable INTEGER NOT NULL DEFAULT 1;
   ALTER TABLE command ADD COLUMN held_told INTEGER NOT NULL DEFAULT 0;`,
  // What is open stands together in its table: see `Commands` and `Questions`. A copy, since a rename costs 14 rows.
  `CREATE TABLE kept AS SELECT * FROM command;
   DROP TABLE command;
   CREATE TABLE command (
     is_open INTEGER NOT NULL DEFAULT 1,
     name TEXT NOT NULL,
     position INTEGER NOT NULL,
     kind TEXT NOT NULL,
     text TEXT NOT NULL,
     nonce TEXT,
     choice TEXT,
     chat_id INTEGER NOT NULL,
     message_id INTEGER NOT NULL,
     button TEXT,
     action TEXT,
     same_as TEXT,
     session_id TEXT NOT NULL,
     machine_id TEXT NOT NULL,
     owner_id INTEGER NOT NULL,
     state TEXT NOT NULL,
     error TEXT,
     accepted_at INTEGER NOT NULL,
     expires_at INTEGER NOT NULL,
     receipt TEXT NOT NULL,
     receipt_due INTEGER,
     receipt_tries INTEGER NOT NULL DEFAULT 0,
     cancel_asked INTEGER NOT NULL DEFAULT 0,
     held_told INTEGER NOT NULL DEFAULT 0,
     edited_by INTEGER,
     PRIMARY KEY (is_open, name)
   ) WITHOUT ROWID;
   INSERT INTO command
     SELECT state IN ('offered', 'held') OR receipt_due IS NOT NULL, name, position, kind, text, nonce, choice, chat_id,
       message_id, button, action, same_as, session_id, machine_id, owner_id, state, error, accepted_at, expires_at,
       receipt, receipt_due, receipt_tries, cancel_asked, held_told, NULL FROM kept;
   DROP TABLE kept;
   CREATE TABLE kept AS SELECT * FROM question;
   DROP TABLE question;
   CREATE TABLE question (
     is_open INTEGER NOT NULL DEFAULT 1,
     nonce TEXT NOT NULL,
     chat_id INTEGER NOT NULL,
     message_id INTEGER,
     expires_at INTEGER NOT NULL,
     answer TEXT,
     closed_by TEXT,
     PRIMARY KEY (is_open, nonce)
   ) WITHOUT ROWID;
   INSERT INTO question
     SELECT answer IS NULL AND closed_by IS NULL, nonce, chat_id, message_id, expires_at, answer, closed_by FROM kept;
   DROP TABLE kept;
   CREATE TABLE pruning (
     one INTEGER PRIMARY KEY CHECK (one = 1),
     next_at INTEGER NOT NULL
   );`,
] as const;
