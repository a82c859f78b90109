-- Whose an app is: who registered it in the web UI, and may change it. NULL: nobody's but the administrators'.

ALTER TABLE app ADD COLUMN owner INTEGER REFERENCES account;
CREATE INDEX app_of_owner ON app (owner, number) WHERE owner IS NOT NULL;

-- Browsers in which somebody signed in. They were tickets, of which nothing is known but whose they are and when they end.
CREATE TABLE session (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    secret BLOB NOT NULL UNIQUE CHECK (length(secret) = 32),
    account INTEGER NOT NULL REFERENCES account,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    seen INTEGER NOT NULL,               -- when it was used last, to some minutes
    browser TEXT NOT NULL,               -- as it described itself; '': it did not
    address TEXT NOT NULL                -- where it signed in; '': not known
) STRICT;
CREATE INDEX session_of_account ON session (account, id);
CREATE INDEX session_by_expiry ON session (expires);
INSERT INTO session (secret, account, created, expires, seen, browser, address)
    -- They lasted thirty days.
    SELECT secret, account, expires - 2592000000, expires, expires - 2592000000, '', '' FROM ticket
    WHERE kind = 'session' ORDER BY expires;
DELETE FROM ticket WHERE kind = 'session';

-- When a permission was used last, to some minutes, and when an account was, by whatever permission or session, which may have
-- ended since. Tables of their own, so that noting it makes nobody forget the permissions that they looked up.
CREATE TABLE permission_use (
    permission INTEGER PRIMARY KEY REFERENCES permission ON DELETE CASCADE,
    at INTEGER NOT NULL
) STRICT;

CREATE TABLE account_use (
    account INTEGER PRIMARY KEY REFERENCES account,
    at INTEGER NOT NULL
) STRICT;
INSERT INTO account_use SELECT account, max(seen) FROM session GROUP BY account;
