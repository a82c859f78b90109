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
UPDATE entries SET version = brought.seq
    FROM (SELECT ns, entry, max(seq) AS seq FROM changes
          WHERE act IN (0, 1, 2, 5) AND size IS NOT NULL GROUP BY ns, entry) AS brought
    WHERE entries.ns = brought.ns AND entries.id = brought.entry AND entries.size IS NOT NULL;
UPDATE changes SET replaced = chain.before
    FROM (SELECT ns, seq, lag(seq) OVER (PARTITION BY ns, entry ORDER BY seq) AS before FROM changes
          WHERE act IN (0, 1, 2, 5) AND size IS NOT NULL) AS chain
    WHERE changes.ns = chain.ns AND changes.seq = chain.seq AND chain.before IS NOT NULL;
