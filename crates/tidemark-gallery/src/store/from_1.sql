-- What was looked for in the documents stands with the pictures.
ALTER TABLE picture ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE picture ADD COLUMN kind TEXT NOT NULL DEFAULT '';
ALTER TABLE picture ADD COLUMN latitude REAL;
ALTER TABLE picture ADD COLUMN longitude REAL;
ALTER TABLE picture ADD COLUMN duration INTEGER;

CREATE TEMP TABLE told AS
    -- What is damaged tells nothing; and SQLite reads a number that is too large for it as one with a fraction.
    SELECT folder.id AS folder, value ->> '$.name' AS name,
        CAST(value ->> '$.bytes' AS INTEGER) AS bytes,
        CAST(value ->> '$.mime_type' AS TEXT) AS kind,
        CAST(value ->> '$.place[0]' AS REAL) AS latitude, CAST(value ->> '$.place[1]' AS REAL) AS longitude,
        CAST(value ->> '$.duration' AS INTEGER) AS duration
    FROM folder, json_each(iif(json_valid(folder.document), folder.document, '{}'), '$.pictures')
    WHERE json_each.type = 'object';
CREATE INDEX temp.told_of_picture ON told (folder, name);
UPDATE picture SET bytes = coalesce(told.bytes, 0), kind = coalesce(told.kind, ''), latitude = told.latitude, longitude = told.longitude,
    duration = told.duration
    FROM told WHERE told.folder = picture.folder AND told.name = picture.name;
DROP TABLE temp.told;
