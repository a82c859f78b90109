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
    app TEXT,                            -- of a code, spent or not, or an allowed request
    redirect_uri TEXT,                   -- of a code
    challenge TEXT,                      -- of a code, spent or not, and what follows
    challenge_method TEXT CHECK (challenge_method IN ('plain', 'S256')),
    permission INTEGER                   -- what a spent code gave
) STRICT, WITHOUT ROWID;
INSERT INTO ticket_2 (secret, expires, kind, account, app, redirect_uri, challenge, challenge_method, permission)
    -- Spent codes did not say whose they were, and live for minutes.
    SELECT secret, expires, kind, account, app, redirect_uri, challenge, challenge_method, permission FROM ticket
    WHERE kind <> 'spent-code';
DROP TABLE ticket;
ALTER TABLE ticket_2 RENAME TO ticket;
CREATE INDEX ticket_by_expiry ON ticket (expires);
CREATE INDEX ticket_of_account ON ticket (account) WHERE account IS NOT NULL;

-- Signed requests that must not come a second time. They are numbered, so that their count is known without counting.
CREATE TABLE nonce (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    word BLOB NOT NULL UNIQUE CHECK (length(word) = 32),
    expires INTEGER NOT NULL
) STRICT;
CREATE INDEX nonce_by_expiry ON nonce (expires);

-- Raised whenever something changed that is told with a permission: whoever keeps those that it looked up forgets them
-- then, and not whenever anything else here is written. What is added is found when it is looked up.

CREATE TABLE permission_version (number INTEGER NOT NULL) STRICT;
INSERT INTO permission_version VALUES (0);
CREATE TRIGGER permission_changed AFTER UPDATE ON permission
    BEGIN UPDATE permission_version SET number = number + 1; END;
CREATE TRIGGER permission_ended AFTER DELETE ON permission
    BEGIN UPDATE permission_version SET number = number + 1; END;
CREATE TRIGGER account_changed AFTER UPDATE ON account
    BEGIN UPDATE permission_version SET number = number + 1; END;
CREATE TRIGGER account_ended AFTER DELETE ON account
    BEGIN UPDATE permission_version SET number = number + 1; END;
CREATE TRIGGER app_changed AFTER UPDATE ON app
    BEGIN UPDATE permission_version SET number = number + 1; END;
CREATE TRIGGER app_ended AFTER DELETE ON app
    BEGIN UPDATE permission_version SET number = number + 1; END;

-- Where apps are told of changes, and how far they have been told. An app's `webhook_uris` are these from now on.

CREATE TABLE webhook (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    app TEXT NOT NULL REFERENCES app (key),
    uri TEXT NOT NULL,
    created INTEGER NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0, -- since the last delivery that did not fail
    failing_since INTEGER,
    next_try INTEGER,
    disabled INTEGER,                    -- when it was given up
    UNIQUE (app, uri)
) STRICT;

CREATE TABLE webhook_told (
    webhook INTEGER NOT NULL REFERENCES webhook ON DELETE CASCADE,
    account INTEGER NOT NULL REFERENCES account,
    epoch INTEGER,                       -- NULL: nothing was told yet, with what follows
    root INTEGER,                        -- NULL: the app had no folder
    seq INTEGER,
    again INTEGER NOT NULL DEFAULT 0,    -- how often somebody asked to tell it again
    PRIMARY KEY (webhook, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_told_again ON webhook_told (webhook, account) WHERE again > 0;

CREATE TABLE webhook_attempt (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    webhook INTEGER NOT NULL REFERENCES webhook ON DELETE CASCADE,
    at INTEGER NOT NULL,
    took INTEGER NOT NULL,               -- milliseconds
    accounts INTEGER NOT NULL,
    status INTEGER,                      -- NULL: none came back
    failure TEXT                         -- NULL: delivered
) STRICT;
CREATE INDEX attempt_of_webhook ON webhook_attempt (webhook, id);

CREATE INDEX permission_of_app ON permission (app, account);

-- Addresses that were registered before there were webhooks have answered no challenge: they wait to be enabled.
WITH RECURSIVE line (app, created, n, uri, rest) AS (
    SELECT key, created, 0, '', webhook_uris || char(10) FROM app
    UNION ALL
    SELECT app, created, n + 1, substr(rest, 1, instr(rest, char(10)) - 1), substr(rest, instr(rest, char(10)) + 1)
    FROM line WHERE rest <> ''
)
INSERT OR IGNORE INTO webhook (app, uri, created, disabled)
SELECT app, uri, created, created FROM line WHERE uri <> '' ORDER BY created, app, n;

ALTER TABLE app DROP COLUMN webhook_uris;

-- Links by which people show files to everybody. The key opens a link, and is told again to whoever made it, so it is kept
-- as it is.
CREATE TABLE link (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    account INTEGER NOT NULL REFERENCES account,
    namespace INTEGER NOT NULL,
    entry INTEGER NOT NULL,
    born INTEGER NOT NULL,               -- when the entry was created: its number alone may be used again
    app TEXT NOT NULL REFERENCES app (key),
    created INTEGER NOT NULL,
    expires INTEGER,                     -- NULL: when somebody ends it
    UNIQUE (account, namespace, entry)
) STRICT;
CREATE INDEX link_of_account ON link (account, id);

-- One row, once a server has had these accounts open: the store whose trees they own. Accounts that are older than this
-- table belong to whatever store lies beside them when a server opens them next.
CREATE TABLE home (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    store BLOB CHECK (length(store) = 32)
) STRICT;
INSERT INTO home SELECT 1, NULL WHERE EXISTS (SELECT 1 FROM account);

-- An app's webhooks are told with it.

CREATE TRIGGER webhook_added AFTER INSERT ON webhook
    BEGIN UPDATE permission_version SET number = number + 1; END;
CREATE TRIGGER webhook_changed AFTER UPDATE OF app, uri ON webhook
    BEGIN UPDATE permission_version SET number = number + 1; END;
CREATE TRIGGER webhook_ended AFTER DELETE ON webhook
    BEGIN UPDATE permission_version SET number = number + 1; END;
