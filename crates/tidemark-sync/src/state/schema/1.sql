-- What one sync folder's engine knows. Times are seconds since 1970 unless the name says otherwise; sizes are bytes.

-- How far the server's changes were read.
CREATE TABLE progress (
    one    INTEGER PRIMARY KEY CHECK (one = 1),
    cursor TEXT,
    -- Whether a listing from nothing has come to its end since the last time it began.
    whole  INTEGER NOT NULL DEFAULT 0
);
INSERT INTO progress (one) VALUES (1);

-- What the server has. Rows are called by a number of ours, so that a folder that was not told itself, but has something
-- in it, can be there without an identity. The root is 0 and has no row. Files have a size, folders have none.
CREATE TABLE remote (
    n        INTEGER PRIMARY KEY,
    id       TEXT UNIQUE,
    parent   INTEGER NOT NULL,
    key      TEXT NOT NULL,
    name     TEXT NOT NULL,
    rev      TEXT,
    size     INTEGER,
    hash     BLOB,
    modified INTEGER,
    UNIQUE (parent, key)
);

-- What the disk was seen to have. The root is 0 and has no row. Numbers are never given again.
CREATE TABLE local (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    parent      INTEGER NOT NULL,
    name        TEXT NOT NULL,
    key         TEXT NOT NULL,
    device      INTEGER NOT NULL,
    inode       INTEGER NOT NULL,
    born_ns     INTEGER,
    -- The rest is of files only.
    size        INTEGER,
    modified_ns INTEGER,
    changed_ns  INTEGER,
    executable  INTEGER,
    hash        BLOB,
    UNIQUE (parent, name)
);
CREATE INDEX local_key ON local (parent, key);
CREATE INDEX local_identity ON local (inode, device);

-- What is on the disk and not kept in sync: the first of it, in the order of its places. No name: the folder itself.
CREATE TABLE left_out (
    seq    INTEGER PRIMARY KEY,
    folder TEXT NOT NULL,
    name   TEXT,
    why    INTEGER NOT NULL,
    detail INTEGER NOT NULL
);

-- What else is known of the disk.
CREATE TABLE observed (
    one           INTEGER PRIMARY KEY CHECK (one = 1),
    -- How much more is not kept in sync.
    left_out_more INTEGER NOT NULL DEFAULT 0
);
INSERT INTO observed (one) VALUES (1);

-- What both agreed on last.
CREATE TABLE synced (
    remote       TEXT PRIMARY KEY NOT NULL,
    local        INTEGER NOT NULL UNIQUE,
    parent       TEXT NOT NULL,
    local_parent INTEGER NOT NULL,
    name         TEXT NOT NULL,
    rev          TEXT,
    size         INTEGER,
    hash         BLOB,
    modified     INTEGER
) WITHOUT ROWID;
CREATE INDEX synced_children ON synced (parent);

-- What must be looked at: a pair by its remote name only, everything else by the name that it has.
CREATE TABLE dirty (
    seq     INTEGER PRIMARY KEY,
    remote  TEXT UNIQUE,
    local   INTEGER UNIQUE,
    -- Bits: 1 the server's side changed, 2 the disk's side changed, 4 another reason.
    causes  INTEGER NOT NULL,
    -- Bits, for pairs: 1 gone from the disk, 2 gone from the server.
    missing INTEGER NOT NULL DEFAULT 0,
    CHECK ((remote IS NULL) <> (local IS NULL))
);
CREATE INDEX dirty_missing ON dirty (missing) WHERE missing <> 0;

-- What somebody should look at.
CREATE TABLE problems (
    seq      INTEGER PRIMARY KEY,
    remote   TEXT UNIQUE,
    local    INTEGER UNIQUE,
    path     TEXT NOT NULL,
    side     INTEGER NOT NULL,
    kind     INTEGER NOT NULL,
    text     TEXT NOT NULL,
    since    INTEGER NOT NULL,
    retry_at INTEGER,
    CHECK ((remote IS NULL) <> (local IS NULL))
);
CREATE INDEX problems_retry ON problems (retry_at) WHERE retry_at IS NOT NULL;

-- Copies that were made because both sides had something for one name.
CREATE TABLE conflicts (
    local INTEGER PRIMARY KEY,
    -- The name that it had.
    name  TEXT NOT NULL,
    -- The name that it was given.
    copy  TEXT NOT NULL,
    since INTEGER NOT NULL
);

-- Uploads that can be gone on with, as long as the file is as it was.
CREATE TABLE sessions (
    local   INTEGER PRIMARY KEY,
    stamp   BLOB NOT NULL,
    session TEXT NOT NULL
);

-- What the server was asked for and has not answered: it may have happened.
CREATE TABLE sending (
    seq      INTEGER PRIMARY KEY,
    local    INTEGER NOT NULL,
    -- None for what is to be new there.
    remote   TEXT,
    path     TEXT NOT NULL,
    name     TEXT NOT NULL,
    -- The bytes that were sent; none of these if it was only moved.
    size     INTEGER,
    hash     BLOB,
    modified INTEGER,
    at       INTEGER NOT NULL
);
CREATE INDEX sending_local ON sending (local);
CREATE INDEX sending_path ON sending (path);

-- Files that came and were to get their places here: that may have happened.
CREATE TABLE placing (
    seq         INTEGER PRIMARY KEY,
    remote      TEXT NOT NULL UNIQUE,
    -- Where the server had it, and which version.
    parent      TEXT NOT NULL,
    name        TEXT NOT NULL,
    rev         TEXT NOT NULL,
    size        INTEGER NOT NULL,
    hash        BLOB NOT NULL,
    modified    INTEGER,
    -- Its place here, and by what it is known.
    to_parent   INTEGER NOT NULL,
    to_name     TEXT NOT NULL,
    device      INTEGER NOT NULL,
    inode       INTEGER NOT NULL,
    born_ns     INTEGER,
    modified_ns INTEGER NOT NULL,
    at          INTEGER NOT NULL
);
CREATE INDEX placing_inode ON placing (inode);

-- What was done, for people.
CREATE TABLE log (
    seq    INTEGER PRIMARY KEY AUTOINCREMENT,
    at     INTEGER NOT NULL,
    did    INTEGER NOT NULL,
    path   TEXT NOT NULL,
    detail TEXT
);

CREATE TABLE settings (
    name  TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- How much is in each tree, kept by the triggers below, so that asking costs nothing.
CREATE TABLE totals (
    tree    TEXT PRIMARY KEY NOT NULL,
    files   INTEGER NOT NULL DEFAULT 0,
    folders INTEGER NOT NULL DEFAULT 0,
    bytes   INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
INSERT INTO totals (tree) VALUES ('remote'), ('local'), ('synced');

CREATE TRIGGER remote_in AFTER INSERT ON remote BEGIN
    UPDATE totals SET files = files + (NEW.size IS NOT NULL), folders = folders + (NEW.size IS NULL),
        bytes = bytes + ifnull(NEW.size, 0) WHERE tree = 'remote';
END;
CREATE TRIGGER remote_out AFTER DELETE ON remote BEGIN
    UPDATE totals SET files = files - (OLD.size IS NOT NULL), folders = folders - (OLD.size IS NULL),
        bytes = bytes - ifnull(OLD.size, 0) WHERE tree = 'remote';
END;
CREATE TRIGGER remote_size AFTER UPDATE OF size ON remote BEGIN
    UPDATE totals SET bytes = bytes + ifnull(NEW.size, 0) - ifnull(OLD.size, 0) WHERE tree = 'remote';
END;
CREATE TRIGGER local_in AFTER INSERT ON local BEGIN
    UPDATE totals SET files = files + (NEW.size IS NOT NULL), folders = folders + (NEW.size IS NULL),
        bytes = bytes + ifnull(NEW.size, 0) WHERE tree = 'local';
END;
CREATE TRIGGER local_out AFTER DELETE ON local BEGIN
    UPDATE totals SET files = files - (OLD.size IS NOT NULL), folders = folders - (OLD.size IS NULL),
        bytes = bytes - ifnull(OLD.size, 0) WHERE tree = 'local';
END;
CREATE TRIGGER local_size AFTER UPDATE OF size ON local BEGIN
    UPDATE totals SET bytes = bytes + ifnull(NEW.size, 0) - ifnull(OLD.size, 0) WHERE tree = 'local';
END;
CREATE TRIGGER synced_in AFTER INSERT ON synced BEGIN
    UPDATE totals SET files = files + (NEW.size IS NOT NULL), folders = folders + (NEW.size IS NULL),
        bytes = bytes + ifnull(NEW.size, 0) WHERE tree = 'synced';
END;
CREATE TRIGGER synced_out AFTER DELETE ON synced BEGIN
    UPDATE totals SET files = files - (OLD.size IS NOT NULL), folders = folders - (OLD.size IS NULL),
        bytes = bytes - ifnull(OLD.size, 0) WHERE tree = 'synced';
END;
CREATE TRIGGER synced_size AFTER UPDATE OF size ON synced BEGIN
    UPDATE totals SET bytes = bytes + ifnull(NEW.size, 0) - ifnull(OLD.size, 0) WHERE tree = 'synced';
END;
