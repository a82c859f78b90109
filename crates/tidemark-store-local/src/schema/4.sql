-- What is told of an entry besides: when it was created, what its user says of it, and a client of when that was.
ALTER TABLE entries ADD COLUMN created INTEGER NOT NULL DEFAULT 0;
ALTER TABLE entries ADD COLUMN description TEXT;
ALTER TABLE entries ADD COLUMN client_created INTEGER;

-- The versions of a file, each leading to the one before it: which change brought its bytes, and which had brought those
-- that they replaced. Of what came back from deletion it was not kept whether it came with other bytes: it counts as a
-- version.
ALTER TABLE entries ADD COLUMN version INTEGER;
ALTER TABLE changes ADD COLUMN replaced INTEGER;
-- Which change withdrew the version that this one brought.
ALTER TABLE changes ADD COLUMN withdrawn INTEGER;
-- Row by row, as they lie: journals have any length, and what SQLite sorts or keeps to undo one statement is in memory. So
-- what came before is looked up in a table, each update looks at a column that no index has, and one that failed would undo
-- all of them.
CREATE TABLE brought (ns INTEGER NOT NULL, entry INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (ns, entry, seq))
    STRICT, WITHOUT ROWID;
INSERT OR ROLLBACK INTO brought SELECT ns, entry, seq FROM changes WHERE act IN (0, 1, 2, 5) AND size IS NOT NULL;
UPDATE OR ROLLBACK changes SET replaced = (
    SELECT max(seq) FROM brought
    WHERE brought.ns = changes.ns AND brought.entry = changes.entry AND brought.seq < changes.seq)
    WHERE act IN (2, 5) AND size IS NOT NULL;
UPDATE OR ROLLBACK entries SET
    created = coalesce(
        (SELECT time FROM changes WHERE changes.ns = entries.ns AND changes.seq = entries.id), modified),
    version = (SELECT max(seq) FROM brought WHERE brought.ns = entries.ns AND brought.entry = entries.id)
    WHERE size IS NOT NULL;
UPDATE OR ROLLBACK entries SET
    created = coalesce(
        (SELECT time FROM changes WHERE changes.ns = entries.ns AND changes.seq = entries.id), modified)
    WHERE size IS NULL;
DROP TABLE brought;

-- Upload sessions that take parts of a declared size in any order have a plan, and a row for each part that came.
ALTER TABLE uploads ADD COLUMN committed INTEGER;   -- the first change of the commit that closed it
CREATE TABLE upload_plans (
    upload BLOB PRIMARY KEY,
    size INTEGER NOT NULL,
    part_size INTEGER NOT NULL,
    folder INTEGER,             -- where a new file goes; NULL if it is new bytes for
    file INTEGER,               -- this one
    name TEXT,                  -- what it is called there, or from then on, if not as before
    received INTEGER NOT NULL,  -- how many rows there are in upload_parts
    hashed INTEGER NOT NULL,    -- how many of them, from the first on, uploads.sha1 has passed over
    CHECK ((folder IS NULL) <> (file IS NULL)),
    CHECK (folder IS NULL OR name IS NOT NULL)
) STRICT, WITHOUT ROWID;
CREATE TABLE upload_parts (
    upload BLOB NOT NULL,
    position INTEGER NOT NULL,
    sha1 BLOB NOT NULL CHECK (length(sha1) = 20),
    blocks BLOB NOT NULL,       -- 32 bytes of digest for each
    PRIMARY KEY (upload, position)
) STRICT, WITHOUT ROWID;
