-- The SHA-1 of the content whose address a block is, as far as it was computed: while the content came in, or when somebody
-- asked.
ALTER TABLE blocks ADD COLUMN sha1 BLOB CHECK (length(sha1) = 20);

-- Where the SHA-1 of an upload stands; NULL for those that were begun before it was computed.
ALTER TABLE uploads ADD COLUMN sha1 BLOB;

-- From now on, `entries.live` is 2 for what was purged, besides 0 for deleted and 1 for live: the trash is what lies between.
