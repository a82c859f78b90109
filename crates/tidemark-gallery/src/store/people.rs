//! Who is signed in, and what opens their files.

use rusqlite::{OptionalExtension as _, params};

use super::{Database, PersonId, StoreError};

/// Somebody, as the server told it when they signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) id: PersonId,
    pub(crate) name: String,
    pub(crate) email: String,
}

/// A browser in which somebody is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Session {
    /// Of the cookie's secret.
    pub(crate) digest: [u8; 32],
    pub(crate) person: PersonId,
    /// What opens the files: sealed.
    pub(crate) token: Vec<u8>,
    /// When it was used last, to the hour or so: seconds since 1970.
    pub(crate) seen: i64,
}

/// Somebody who has just signed in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SignedIn {
    pub(crate) person: PersonId,
    /// Sessions of theirs that ended for it.
    pub(crate) ended: Vec<Session>,
}

/// In how many browsers somebody may be signed in.
const SESSIONS_MAX: u32 = 50;

impl Database {
    /// Binds the database to a server. Tokens for another one are forgotten: they must never be shown to this.
    pub(super) fn belong_to(&self, server: &str) -> Result<(), StoreError> {
        self.write(|db| {
            let before: Option<String> = db
                .query_row("SELECT value FROM fact WHERE name = 'server'", [], |row| row.get(0))
                .optional()?;
            if before.as_deref() != Some(server) {
                db.execute("DELETE FROM session", [])?;
                db.execute("INSERT OR REPLACE INTO fact VALUES ('server', ?)", [server])?;
            }
            Ok(())
        })
    }

    /// Notes who signed in, under the number that they had before, if they had one. In as many browsers as one may be, that which was
    /// used least lately is ended for it.
    pub(crate) fn sign_in(
        &self,
        (server_id, uid): (&str, u64),
        (name, email): (&str, &str),
        digest: [u8; 32],
        seal: impl FnOnce(PersonId) -> Vec<u8>,
        now: i64,
    ) -> Result<SignedIn, StoreError> {
        self.write(|db| {
            let person = db.query_row(
                "INSERT INTO person (server_id, uid, name, email) VALUES (?, ?, ?, ?)
                 ON CONFLICT DO UPDATE SET name = excluded.name, email = excluded.email, left_at = NULL
                 RETURNING id",
                params![server_id, uid.cast_signed(), name, email],
                |row| row.get(0).map(PersonId),
            )?;
            db.execute(
                "INSERT INTO session VALUES (?, ?, ?, ?)",
                params![digest, person.0, seal(person), now],
            )?;
            let mut ended = db.prepare_cached(
                "DELETE FROM session WHERE person = ?1 AND digest != ?2 AND digest NOT IN
                 (SELECT digest FROM session WHERE person = ?1 AND digest != ?2 ORDER BY seen DESC LIMIT ?3)
                 RETURNING digest, person, token, seen",
            )?;
            let ended = ended.query_map(params![person.0, digest, SESSIONS_MAX - 1], session)?;
            Ok(SignedIn { person, ended: ended.collect::<Result<_, _>>()? })
        })
    }

    /// The session whose secret has this digest.
    pub(crate) fn session(&self, digest: &[u8; 32]) -> Result<Option<Session>, StoreError> {
        let db = self.read();
        let mut query =
            db.prepare_cached("SELECT digest, person, token, seen FROM session WHERE digest = ?")?;
        Ok(query.query_row([digest], session).optional()?)
    }

    /// The session of somebody that was used last.
    pub(crate) fn latest_session(&self, person: PersonId) -> Result<Option<Session>, StoreError> {
        let db = self.read();
        let mut query = db.prepare_cached(
            "SELECT digest, person, token, seen FROM session WHERE person = ? ORDER BY seen DESC LIMIT 1",
        )?;
        Ok(query.query_row([person.0], session).optional()?)
    }

    /// Notes that a session was used.
    pub(crate) fn touch_session(&self, digest: &[u8; 32], now: i64) -> Result<(), StoreError> {
        self.write(|db| {
            db.execute("UPDATE session SET seen = ? WHERE digest = ?", params![now, digest])?;
            Ok(())
        })
    }

    /// Ends a session. Whose pictures nobody looks at any more are kept for a while, for when they come back.
    pub(crate) fn end_session(&self, digest: &[u8; 32], now: i64) -> Result<(), StoreError> {
        self.write(|db| {
            db.execute("DELETE FROM session WHERE digest = ?", [digest])?;
            note_who_left(db, now)
        })
    }

    /// Forgets sessions that were not used since `unused`, and all of those in whose name nobody is signed in since `left`. Tells
    /// whom it forgot.
    pub(crate) fn sweep(&self, unused: i64, left: i64, now: i64) -> Result<Vec<PersonId>, StoreError> {
        self.write(|db| {
            db.execute("DELETE FROM session WHERE seen < ?", [unused])?;
            note_who_left(db, now)?;
            let mut query = db.prepare("DELETE FROM person WHERE left_at < ? RETURNING id")?;
            let forgotten = query.query_map([left], |row| row.get(0).map(PersonId))?;
            Ok(forgotten.collect::<Result<_, _>>()?)
        })
    }

    /// Somebody.
    pub(crate) fn person(&self, id: PersonId) -> Result<Option<Person>, StoreError> {
        let db = self.read();
        let mut query = db.prepare_cached("SELECT name, email FROM person WHERE id = ?")?;
        let person = |row: &rusqlite::Row<'_>| Ok(Person { id, name: row.get(0)?, email: row.get(1)? });
        Ok(query.query_row([id.0], person).optional()?)
    }
}

fn session(row: &rusqlite::Row<'_>) -> rusqlite::Result<Session> {
    Ok(Session { digest: row.get(0)?, person: PersonId(row.get(1)?), token: row.get(2)?, seen: row.get(3)? })
}

fn note_who_left(db: &rusqlite::Connection, now: i64) -> Result<(), StoreError> {
    db.execute(
        "UPDATE person SET left_at = ? WHERE left_at IS NULL
         AND NOT EXISTS (SELECT 1 FROM session WHERE session.person = person.id)",
        [now],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_gets_a_number_that_somebody_had() {
        let folder = tempfile::tempdir().unwrap();
        let store = Database::open(folder.path(), 0).unwrap();
        let enter = |uid: u64, digest: u8, now: i64| {
            store
                .sign_in(("server", uid), ("Ada", "ada@example.org"), [digest; 32], |_| vec![1], now)
                .map(|signed_in| signed_in.person)
        };
        let ada = enter(1, 1, 0).unwrap();
        assert_eq!(enter(1, 2, 0).unwrap(), ada);
        for digest in [1, 2] {
            store.end_session(&[digest; 32], 10).unwrap();
        }
        assert_eq!(store.sweep(0, 10, 20).unwrap(), []);
        assert_eq!(enter(1, 3, 20).unwrap(), ada, "who comes back in time is who they were");
        store.end_session(&[3; 32], 30).unwrap();
        assert_eq!(store.sweep(0, 31, 40).unwrap(), [ada]);
        assert!(enter(2, 4, 50).unwrap() > ada && enter(1, 5, 50).unwrap() > ada);
    }

    #[test]
    fn nobody_is_signed_in_everywhere() {
        let folder = tempfile::tempdir().unwrap();
        let store = Database::open(folder.path(), 0).unwrap();
        let enter = |uid: u64, digest: u8, now: i64| {
            store.sign_in(("server", uid), ("Ada", "ada@example.org"), [digest; 32], |_| vec![digest], now)
        };
        let ended = |signed_in: SignedIn| {
            signed_in.ended.into_iter().map(|session| session.token).collect::<Vec<_>>()
        };
        assert!(ended(enter(2, 200, 0).unwrap()).is_empty());
        for digest in 0..50 {
            assert!(ended(enter(1, digest, digest.into()).unwrap()).is_empty());
        }
        store.touch_session(&[0; 32], 60).unwrap();
        assert_eq!(ended(enter(1, 100, 60).unwrap()), [[1]], "that which was used least lately");
        // A clock that was set back ends another, and not the new one.
        assert_eq!(ended(enter(1, 101, 0).unwrap()), [[2]]);
        assert!(store.session(&[101; 32]).unwrap().is_some() && store.session(&[200; 32]).unwrap().is_some());
    }
}
