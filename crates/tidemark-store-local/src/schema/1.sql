-- One row: which life of the store this is.
CREATE TABLE store (
    epoch INTEGER NOT NULL,
    secret BLOB NOT NULL        -- 32 bytes that keys are derived from
) STRICT;

CREATE TABLE namespaces (
    ns INTEGER PRIMARY KEY,
    seq INTEGER NOT NULL,       -- the last change
    horizon INTEGER NOT NULL    -- changes up to this one may have been forgotten
) STRICT;

-- Entries lie in the order in which they are listed, those that were deleted apart from the live ones: finding a name
-- and listing a folder each walk one tree only, and a row costs no second index in the same order. That a live slot is
-- held once is seen to by the one thread that writes.
CREATE TABLE entries (
    ns INTEGER NOT NULL,
    live INTEGER NOT NULL,
    parent INTEGER NOT NULL,    -- -1 for the root
    key TEXT NOT NULL,
    id INTEGER NOT NULL,
    name TEXT,                  -- NULL if spelled like the key
    seq INTEGER NOT NULL,
    appeared INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    -- A file has these:
    size INTEGER,
    address BLOB,
    client_modified INTEGER,
    -- and a folder these:
    touched INTEGER,
    bytes INTEGER,
    entries INTEGER,
    newest INTEGER,
    height INTEGER,
    PRIMARY KEY (ns, live, parent, key, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX entries_by_id ON entries (ns, id);

CREATE TABLE changes (
    ns INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    entry INTEGER NOT NULL,
    act INTEGER NOT NULL,
    left_parent INTEGER,
    left_name TEXT,
    at_parent INTEGER,
    at_name TEXT,
    size INTEGER,
    address BLOB,
    time INTEGER NOT NULL,
    author INTEGER NOT NULL,
    PRIMARY KEY (ns, seq)
) STRICT, WITHOUT ROWID;

-- What put bytes into a slot and is not the state of the live file there any more: the present revision is found by its
-- entry, so that creating a file costs no row here.
CREATE TABLE superseded (
    ns INTEGER NOT NULL,
    parent INTEGER NOT NULL,
    key TEXT NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (ns, parent, key, seq)
) STRICT, WITHOUT ROWID;

-- What took an entry away from a slot.
CREATE TABLE departures (
    ns INTEGER NOT NULL,
    parent INTEGER NOT NULL,
    key TEXT NOT NULL,
    seq INTEGER NOT NULL,
    file INTEGER NOT NULL,
    PRIMARY KEY (ns, parent, key, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE blocks (
    digest BLOB PRIMARY KEY,
    size INTEGER NOT NULL,
    segment INTEGER,            -- in which segment it lies, if in one
    offset INTEGER,             -- where in the segment
    inline INTEGER              -- in which row of inline_blocks, if in one; with neither, it is a file
) STRICT, WITHOUT ROWID;
CREATE TABLE inline_blocks (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
CREATE TABLE segments (id INTEGER PRIMARY KEY, used INTEGER NOT NULL) STRICT;

CREATE TABLE uploads (
    id BLOB PRIMARY KEY,
    account INTEGER NOT NULL,
    app TEXT NOT NULL,
    expires INTEGER NOT NULL,
    blocks INTEGER NOT NULL,    -- how many there are in upload_blocks
    tail BLOB NOT NULL,         -- 36 bytes for each part: digest, then size
    closed INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX uploads_open ON uploads (account) WHERE closed = 0;
CREATE INDEX uploads_by_expiry ON uploads (expires);
CREATE TABLE upload_blocks (
    upload BLOB NOT NULL,
    position INTEGER NOT NULL,
    digest BLOB NOT NULL,
    PRIMARY KEY (upload, position)
) STRICT, WITHOUT ROWID;
