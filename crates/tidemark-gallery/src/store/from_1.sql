-- What was looked for in the documents stands with the pictures.
ALTER TABLE picture ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE picture ADD COLUMN kind TEXT NOT NULL DEFAULT '';
ALTER TABLE picture ADD COLUMN latitude REAL;
ALTER TABLE picture ADD COLUMN longitude REAL;
ALTER TABLE picture ADD COLUMN duration INTEGER;

CREATE TEMP TABLE told AS
    SELECT folder.id AS folder, value ->> '$.name' AS name, value ->> '$.bytes' AS bytes, value ->> '$.mime_type' AS kind,
        value ->> '$.place[0]' AS latitude, value ->> '$.place[1]' AS longitude, value ->> '$.duration' AS duration
    FROM folder, json_each(folder.document, '$.pictures') WHERE json_valid(folder.document);
CREATE INDEX temp.told_of_picture ON told (folder, name);
UPDATE picture SET bytes = told.bytes, kind = told.kind, latitude = told.latitude, longitude = told.longitude,
    duration = told.duration
    FROM told WHERE told.folder = picture.folder AND told.name = picture.name;
DROP TABLE temp.told;
