-- OAuth 1: tokens that sign, and request tokens that somebody decided about.

ALTER TABLE permission ADD COLUMN proof TEXT NOT NULL DEFAULT 'bearer' CHECK (proof IN ('bearer', 'oauth1'));

-- The same table with more kinds: a CHECK cannot be changed.
CREATE TABLE ticket_2 (
    secret BLOB PRIMARY KEY CHECK (length(secret) = 32),
    expires INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN (
        'setup', 'session', 'code', 'spent-code', 'allowed-request', 'denied-request', 'spent-request'
    )),
    account INTEGER,                     -- of a session, a code or an allowed request
    app TEXT,                            -- of a code or an allowed request
    redirect_uri TEXT,                   -- of a code, and what follows
    challenge TEXT,
    challenge_method TEXT CHECK (challenge_method IN ('plain', 'S256')),
    permission INTEGER                   -- what a spent code gave
) STRICT, WITHOUT ROWID;
INSERT INTO ticket_2 (secret, expires, kind, account, app, redirect_uri, challenge, challenge_method, permission)
    SELECT secret, expires, kind, account, app, redirect_uri, challenge, challenge_method, permission FROM ticket;
DROP TABLE ticket;
ALTER TABLE ticket_2 RENAME TO ticket;
CREATE INDEX ticket_by_expiry ON ticket (expires);
CREATE INDEX session_of_account ON ticket (account) WHERE kind = 'session';

-- Signed requests that must not come a second time. They are numbered, so that their count is known without counting.
CREATE TABLE nonce (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    word BLOB NOT NULL UNIQUE CHECK (length(word) = 32),
    expires INTEGER NOT NULL
) STRICT;
CREATE INDEX nonce_by_expiry ON nonce (expires);
