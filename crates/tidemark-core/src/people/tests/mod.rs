//! The rules, over the memory store and a clock that is moved by hand.

mod accounts;
mod administration;
mod codes;
mod families;
mod grants;
mod guests;
mod oauth1;
mod own_password;
mod own_profile;
mod sessions;
mod stewards;

use super::{NewApp, NewPerson, Peer, People};
use crate::model::{Access, Account, App, Timestamp};
use crate::store::memory::{ManualClock, MemoryAccounts, SeededEntropy};
use std::net::IpAddr;
use std::sync::Arc;

const PASSWORD: &str = "correct horse";
const BROWSER: &str = "Firefox on Linux";

struct World {
    people: People,
    clock: Arc<ManualClock>,
}

impl World {
    fn new() -> World {
        let store = Arc::new(MemoryAccounts::default());
        let clock = Arc::new(ManualClock::new(Timestamp(1_700_000_000_000)));
        let entropy = Arc::new(SeededEntropy::new(1));
        let people = People::new(store.clone(), store, clock.clone(), entropy);
        World { people, clock }
    }

    async fn account(&self, email: &str) -> Account {
        self.people.add_account(person(email)).await.unwrap()
    }

    async fn app(&self) -> App {
        let app = NewApp {
            name: "Camera".into(),
            access: Access::Full,
            redirect_uris: vec!["https://camera.example/cb".into()],
            same_name: true,
            owner: None,
            webhook_uris: vec![],
        };
        self.people.register_app(app).await.unwrap()
    }
}

fn person(email: &str) -> NewPerson {
    NewPerson { email: email.into(), name: None, password: PASSWORD.into(), quota: None, admin: false }
}

fn peer(last: u8) -> Peer {
    IpAddr::from([192, 0, 2, last]).into()
}
