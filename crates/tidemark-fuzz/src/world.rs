//! A cloud in memory with one account, for targets that need a whole adapter.

use axum::body::Body;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{Method, Request};
use std::cell::OnceCell;
use std::sync::Arc;

use tidemark_api::box_events::BoxEvents;
use tidemark_api::dropbox_v1::DropboxV1;
use tidemark_core::cloud::{Cloud, Reach};
use tidemark_core::model::{Access, Account, Path};
use tidemark_core::store::memory::ManualClock;
use tidemark_testing::{BEGINNING, Choices, MemoryServer, Seams};
use tokio::runtime::Runtime;

pub(crate) struct World {
    pub(crate) runtime: Runtime,
    pub(crate) api: Arc<DropboxV1>,
    pub(crate) box_events: Arc<BoxEvents>,
    pub(crate) token: String,
    cloud: Arc<Cloud>,
    account: Account,
}

thread_local! {
    static WORLD: OnceCell<World> = const { OnceCell::new() };
}

impl World {
    /// Does something in this thread's world.
    pub(crate) fn with<T>(act: impl FnOnce(&World) -> T) -> T {
        WORLD.with(|world| act(world.get_or_init(World::new)))
    }

    fn new() -> World {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let clock = Arc::new(ManualClock::new(BEGINNING));
        // The hub and what is in it belong to the runtime.
        let (server, account, token) = runtime.block_on(async {
            let server = MemoryServer::assemble(Seams::new(&clock), Choices::default());
            let account = server.account("ada@example.org", "Ada", None).await;
            let token = server.token(&account, &server.app("Fuzz", Access::Full).await).await;
            (server, account, token)
        });
        World {
            runtime,
            api: server.dropbox_v1,
            box_events: server.box_events,
            token,
            cloud: server.cloud,
            account,
        }
    }

    /// A form whose boundary is `X`, in pieces of `step` bytes, without a length.
    pub(crate) fn form(&self, uri: &str, step: usize, body: &[u8]) -> Request<Body> {
        let pieces: Vec<_> = body.chunks(step).map(|piece| Ok::<_, std::io::Error>(piece.to_vec())).collect();
        Request::builder()
            .method(Method::POST)
            .uri(uri)
            .header(AUTHORIZATION, format!("Bearer {}", self.token))
            .header(CONTENT_TYPE, "multipart/form-data; boundary=X")
            .body(Body::from_stream(futures_util::stream::iter(pieces)))
            .expect("a good request")
    }

    /// How many files the account has.
    pub(crate) async fn files(&self) -> u64 {
        let scope = self.cloud.scope(&self.account, Reach::Whole).await.expect("a scope");
        let listing = self.cloud.list(&scope, &Path::root(), usize::MAX, false).await.expect("a listing");
        let mut files = 0;
        for child in listing.children {
            let inside = self.cloud.list(&scope, &child.path, usize::MAX, false).await;
            files += inside.map_or(1, |listing| listing.children.len() as u64);
        }
        files
    }

    /// Takes every file away.
    pub(crate) async fn clear(&self) {
        let scope = self.cloud.scope(&self.account, Reach::Whole).await.expect("a scope");
        let listing = self.cloud.list(&scope, &Path::root(), usize::MAX, false).await.expect("a listing");
        for child in listing.children {
            self.cloud.delete(&scope, &child.path).await.expect("it was just there");
        }
    }
}
