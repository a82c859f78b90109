-- What is told of an entry besides: when it was created, what its user says of it, and a client of when that was.
ALTER TABLE entries ADD COLUMN created INTEGER NOT NULL DEFAULT 0;
ALTER TABLE entries ADD COLUMN description TEXT;
ALTER TABLE entries ADD COLUMN client_created INTEGER;
UPDATE entries SET created = coalesce(
    (SELECT time FROM changes WHERE changes.ns = entries.ns AND changes.seq = entries.id), modified);

-- The versions of a file, each leading to the one before it: which change brought its bytes, and which had brought those
-- that they replaced. Of what came back from deletion it was not kept whether it came with other bytes: it counts as a
-- version.
ALTER TABLE entries ADD COLUMN version INTEGER;
ALTER TABLE changes ADD COLUMN replaced INTEGER;
-- Which change withdrew the version that this one brought.
ALTER TABLE changes ADD COLUMN withdrawn INTEGER;
UPDATE entries SET version = brought.seq
    FROM (SELECT ns, entry, max(seq) AS seq FROM changes
          WHERE act IN (0, 1, 2, 5) AND size IS NOT NULL GROUP BY ns, entry) AS brought
    WHERE entries.ns = brought.ns AND entries.id = brought.entry AND entries.size IS NOT NULL;
UPDATE changes SET replaced = chain.before
    FROM (SELECT ns, seq, lag(seq) OVER (PARTITION BY ns, entry ORDER BY seq) AS before FROM changes
          WHERE act IN (0, 1, 2, 5) AND size IS NOT NULL) AS chain
    WHERE changes.ns = chain.ns AND changes.seq = chain.seq AND chain.before IS NOT NULL;

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
