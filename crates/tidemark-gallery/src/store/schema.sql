-- The gallery's database. What is not here can be had again from the server, but for who is signed in.

CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- Whoever is, or was lately, signed in. Thumbnails are kept elsewhere by these numbers, so they are never used again, either.
CREATE TABLE person (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    server_id TEXT NOT NULL,
    uid INTEGER NOT NULL,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    -- How far the changes were read; nothing before the first.
    cursor TEXT,
    -- How often they were read from the beginning: folders that the last walk did not meet are gone.
    walk INTEGER NOT NULL DEFAULT 0,
    -- Counts changes of pictures.
    changed INTEGER NOT NULL DEFAULT 0,
    -- Since when nobody is signed in.
    left_at INTEGER,
    UNIQUE (server_id, uid)
);

-- By the digest of the cookie's secret: who reads this can be nobody with it.
CREATE TABLE session (
    digest BLOB PRIMARY KEY,
    person INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,
    -- Sealed.
    token BLOB NOT NULL,
    seen INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX session_of_person ON session (person, seen);

-- A folder that has, or had, pictures in it.
CREATE TABLE folder (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    person INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,
    -- As paths are compared, and as it is written.
    key TEXT NOT NULL,
    path TEXT NOT NULL,
    document TEXT,
    walk INTEGER NOT NULL,
    -- When the server is to be asked for it, and how often that came to nothing.
    due INTEGER,
    tries INTEGER NOT NULL DEFAULT 0,
    UNIQUE (person, key)
);
CREATE INDEX folder_due ON folder (person, due) WHERE due IS NOT NULL;

-- What the documents hold, to be found: numbers are never used again.
CREATE TABLE picture (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    person INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,
    folder INTEGER NOT NULL REFERENCES folder ON DELETE CASCADE,
    name TEXT NOT NULL,
    rev TEXT NOT NULL,
    taken INTEGER NOT NULL,
    month INTEGER NOT NULL,
    is_film INTEGER NOT NULL,
    -- What is told of one picture at a time.
    bytes INTEGER NOT NULL,
    kind TEXT NOT NULL,
    latitude REAL,
    longitude REAL,
    -- Milliseconds.
    duration INTEGER,
    -- Of its thumbnail, whose shape it has; nothing before it was seen, and 0 if there is none.
    width INTEGER,
    height INTEGER,
    changed INTEGER NOT NULL,
    UNIQUE (folder, name)
);
CREATE INDEX picture_in_time ON picture (person, month, taken, id, changed);
CREATE INDEX picture_in_folder ON picture (folder, month, taken, id, changed);
CREATE INDEX picture_unmeasured ON picture (person, taken) WHERE width IS NULL;
