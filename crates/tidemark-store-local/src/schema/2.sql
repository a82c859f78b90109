-- Files that are to be got from elsewhere, or were.
CREATE TABLE fetches (
    number INTEGER PRIMARY KEY,     -- in the order in which they were added
    id BLOB NOT NULL UNIQUE,
    account INTEGER NOT NULL,
    app TEXT NOT NULL,
    grant_id INTEGER NOT NULL,
    whole INTEGER NOT NULL,         -- whether the path begins at the root of the tree, and not at the app's folder
    path TEXT NOT NULL,
    url TEXT NOT NULL,              -- empty once it has ended
    upload BLOB NOT NULL,
    expires INTEGER NOT NULL,
    ended INTEGER NOT NULL,
    error TEXT                      -- why it failed, if it has ended and failed
) STRICT;
CREATE INDEX fetches_open ON fetches (ended, number) WHERE ended = 0;
CREATE INDEX fetches_by_account ON fetches (account, ended);
CREATE INDEX fetches_by_expiry ON fetches (expires);
