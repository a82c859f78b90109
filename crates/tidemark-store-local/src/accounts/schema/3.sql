-- What somebody laid down about a link, and how often it was used. Those that are older are open to everybody.
ALTER TABLE link ADD COLUMN audience TEXT NOT NULL DEFAULT 'everybody' CHECK (audience IN ('everybody', 'members', 'owner'));
ALTER TABLE link ADD COLUMN password TEXT CHECK (password IS NULL OR audience = 'everybody'); -- argon2id, PHC form
ALTER TABLE link ADD COLUMN can_download INTEGER NOT NULL DEFAULT 1;
ALTER TABLE link ADD COLUMN vanity TEXT COLLATE NOCASE;                                        -- NULL: no chosen name
ALTER TABLE link ADD COLUMN downloads INTEGER NOT NULL DEFAULT 0;
ALTER TABLE link ADD COLUMN previews INTEGER NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX link_by_vanity ON link (vanity) WHERE vanity IS NOT NULL;
