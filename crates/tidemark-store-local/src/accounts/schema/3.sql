-- OAuth 2 with tokens that expire and are renewed.

CREATE TABLE family (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    handle BLOB NOT NULL UNIQUE CHECK (length(handle) = 32), -- what all its refresh tokens begin with
    account INTEGER NOT NULL REFERENCES account,
    app TEXT NOT NULL REFERENCES app (key),
    created INTEGER NOT NULL,
    permission INTEGER NOT NULL UNIQUE,  -- of the current pair, with what follows
    refresh BLOB NOT NULL CHECK (length(refresh) = 32),
    expires INTEGER NOT NULL,            -- of the refresh token
    former_permission INTEGER,           -- of the former pair, with what follows; NULL: there is none
    former_refresh BLOB CHECK (length(former_refresh) = 32),
    former_expires INTEGER
) STRICT;
CREATE INDEX family_of_account ON family (account, app);
CREATE INDEX family_by_expiry ON family (expires);

ALTER TABLE permission ADD COLUMN expires INTEGER;  -- NULL: when somebody ends it
ALTER TABLE permission ADD COLUMN family INTEGER REFERENCES family;
CREATE INDEX permission_of_family ON permission (family) WHERE family IS NOT NULL;
CREATE INDEX permission_by_expiry ON permission (expires) WHERE expires IS NOT NULL AND family IS NULL;

-- Whether a permission's first use must be noted is told with it.
CREATE TRIGGER family_changed AFTER UPDATE ON family
    BEGIN UPDATE permission_version SET number = number + 1; END;

-- Of a code: what it gives. A spent one gave a permission, or else a family.
ALTER TABLE ticket ADD COLUMN lifetime TEXT NOT NULL DEFAULT 'lasting' CHECK (lifetime IN ('lasting', 'renewed'));
ALTER TABLE ticket ADD COLUMN family INTEGER;

-- What somebody laid down about a link, and how often it was used. Those that are older are open to everybody.
ALTER TABLE link ADD COLUMN audience TEXT NOT NULL DEFAULT 'everybody' CHECK (audience IN ('everybody', 'members', 'owner'));
ALTER TABLE link ADD COLUMN password TEXT CHECK (password IS NULL OR audience = 'everybody'); -- argon2id, PHC form
ALTER TABLE link ADD COLUMN can_download INTEGER NOT NULL DEFAULT 1;
ALTER TABLE link ADD COLUMN vanity TEXT COLLATE NOCASE;                                        -- NULL: no chosen name
ALTER TABLE link ADD COLUMN downloads INTEGER NOT NULL DEFAULT 0;
ALTER TABLE link ADD COLUMN previews INTEGER NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX link_by_vanity ON link (vanity) WHERE vanity IS NOT NULL;
