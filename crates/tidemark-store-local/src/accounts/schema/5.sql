-- Apps can be deleted. The links that one made are people's, and stay: the same table, whose apps need not be there.

CREATE TABLE link_5 (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    account INTEGER NOT NULL REFERENCES account,
    namespace INTEGER NOT NULL,
    entry INTEGER NOT NULL,
    born INTEGER NOT NULL,               -- when the entry was created: its number alone may be used again
    app TEXT NOT NULL,                   -- which may have been deleted
    created INTEGER NOT NULL,
    expires INTEGER,                     -- NULL: when somebody ends it
    audience TEXT NOT NULL DEFAULT 'everybody' CHECK (audience IN ('everybody', 'members', 'owner')),
    password TEXT CHECK (password IS NULL OR audience = 'everybody'), -- argon2id, PHC form
    can_download INTEGER NOT NULL DEFAULT 1,
    vanity TEXT COLLATE NOCASE,          -- NULL: no chosen name
    downloads INTEGER NOT NULL DEFAULT 0,
    previews INTEGER NOT NULL DEFAULT 0,
    UNIQUE (account, namespace, entry)
) STRICT;
INSERT INTO link_5 (id, key, account, namespace, entry, born, app, created, expires,
        audience, password, can_download, vanity, downloads, previews)
    SELECT id, key, account, namespace, entry, born, app, created, expires,
        audience, password, can_download, vanity, downloads, previews
    FROM link ORDER BY id;
-- Numbers of links that have ended are not given out again either.
DELETE FROM sqlite_sequence WHERE name = 'link_5';
INSERT INTO sqlite_sequence (name, seq) SELECT 'link_5', seq FROM sqlite_sequence WHERE name = 'link';
DROP TABLE link;
ALTER TABLE link_5 RENAME TO link;
CREATE INDEX link_of_account ON link (account, id);
CREATE UNIQUE INDEX link_by_vanity ON link (vanity) WHERE vanity IS NOT NULL;
