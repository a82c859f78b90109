-- Who may do what. Times are milliseconds since 1970 (UTC); numbers that do not fit into SQLite's signed 64 bits are
-- kept bit by bit; secrets are SHA-256 hashes, except an app's, which signatures are computed with.

-- Every namespace ever given out; a number is never used twice.
CREATE TABLE namespace (
    id INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id < 4294967296),
    created INTEGER NOT NULL
) STRICT;

CREATE TABLE account (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL UNIQUE,      -- as e-mails are compared
    name TEXT NOT NULL,
    password TEXT,                       -- argon2id, PHC form
    namespace INTEGER NOT NULL UNIQUE REFERENCES namespace,
    quota INTEGER,                       -- bytes; NULL: no limit
    admin INTEGER NOT NULL,
    disabled INTEGER NOT NULL DEFAULT 0,
    created INTEGER NOT NULL
) STRICT;

CREATE TABLE app (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    secret TEXT NOT NULL,
    name TEXT NOT NULL,
    access TEXT NOT NULL CHECK (access IN ('full', 'app-folder')),
    redirect_uris TEXT NOT NULL,         -- one per line
    webhook_uris TEXT NOT NULL,          -- one per line
    disabled INTEGER NOT NULL,
    created INTEGER NOT NULL
) STRICT;

CREATE TABLE app_folder (
    account INTEGER NOT NULL REFERENCES account,
    app TEXT NOT NULL REFERENCES app (key),
    entry INTEGER NOT NULL,
    PRIMARY KEY (account, app)
) STRICT, WITHOUT ROWID;

-- A person's permission to a program ("grant" is a word of SQL elsewhere).
CREATE TABLE permission (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account INTEGER NOT NULL REFERENCES account,
    app TEXT NOT NULL REFERENCES app (key),
    token BLOB NOT NULL UNIQUE CHECK (length(token) = 32),
    created INTEGER NOT NULL
) STRICT;
CREATE INDEX permission_of_account ON permission (account);

CREATE TABLE ticket (
    secret BLOB PRIMARY KEY CHECK (length(secret) = 32),
    expires INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('setup', 'session', 'code', 'spent-code')),
    account INTEGER,                     -- of a session or a code
    app TEXT,                            -- of a code, and what follows
    redirect_uri TEXT,
    challenge TEXT,
    challenge_method TEXT CHECK (challenge_method IN ('plain', 'S256')),
    permission INTEGER                   -- what a spent code gave
) STRICT, WITHOUT ROWID;
CREATE INDEX ticket_by_expiry ON ticket (expires);
CREATE INDEX session_of_account ON ticket (account) WHERE kind = 'session';
