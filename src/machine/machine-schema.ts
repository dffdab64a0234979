/** The tables of a MachineDO. Append only: see `Schema`. */
export const MACHINE_SCHEMA = [
  `CREATE TABLE machine (
     one INTEGER PRIMARY KEY CHECK (one = 1),
     name TEXT NOT NULL,
     owner_id INTEGER NOT NULL,
     key_hash TEXT,
     connection INTEGER NOT NULL DEFAULT 0,
     journal_epoch TEXT,
     agent_version TEXT,
     last_seen_at INTEGER
   );
   CREATE TABLE pairing (
     one INTEGER PRIMARY KEY CHECK (one = 1),
     command TEXT NOT NULL,
     owner_id INTEGER NOT NULL,
     chat_id INTEGER NOT NULL,
     code_hash TEXT NOT NULL,
     key_hash TEXT,
     expires_at INTEGER NOT NULL,
     tries_left INTEGER NOT NULL,
     message_id INTEGER,
     state TEXT NOT NULL,
     shown TEXT NOT NULL
   );
   CREATE TABLE session (
     session_id TEXT PRIMARY KEY,
     owner_id INTEGER NOT NULL,
     label TEXT,
     registered_at INTEGER NOT NULL,
     ending TEXT
   ) WITHOUT ROWID;
   CREATE TABLE queue (
     seq INTEGER PRIMARY KEY,
     id TEXT NOT NULL UNIQUE,
     owner_id INTEGER NOT NULL,
     session_id TEXT NOT NULL,
     kind TEXT NOT NULL,
     urgent INTEGER NOT NULL,
     command TEXT NOT NULL,
     nonce TEXT,
     choice TEXT,
     expires_at INTEGER NOT NULL,
     sent_on INTEGER,
     cancelling INTEGER NOT NULL DEFAULT 0,
     outcome TEXT,
     error TEXT,
     hand_on_at INTEGER,
     hand_on_tries INTEGER NOT NULL DEFAULT 0
   );
   CREATE INDEX queue_urgent ON queue (seq) WHERE urgent = 1;
   CREATE INDEX queue_to_hand_on ON queue (hand_on_at) WHERE outcome IS NOT NULL;`,
] as const;
