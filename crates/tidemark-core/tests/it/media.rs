//! What is made of files' bytes: once, in turn, and told when it is there.
#![allow(clippy::unwrap_used, reason = "a test's helpers panic as its tests do")]

use crate::world::World;
use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::join_all;
use std::sync::Arc;
use std::time::Duration;
use tidemark_core::cloud::{Condition, Page, Put, Scope};
use tidemark_core::media::{Limits, Media, Parts, RenderError, SOURCE_SIZE_MAX};
use tidemark_core::model::{
    AccountId, ClientTimes, Content, Cursor, Path, PathKey, Rendition, ThumbnailFormat, ThumbnailSpec,
    Timestamp,
};
use tidemark_core::store::StoreError;
use tidemark_core::store::memory::{MemoryRenditions, PretendImaging};

const THUMBNAIL: Rendition =
    Rendition::Thumbnail(ThumbnailSpec { width_max: 64, height_max: 64, format: ThumbnailFormat::Jpeg });

struct Studio {
    world: World,
    imaging: Arc<PretendImaging>,
    media: Arc<Media>,
}

impl Studio {
    async fn new() -> Studio {
        Studio::with(Limits::default()).await
    }

    async fn with(limits: Limits) -> Studio {
        let (world, imaging) = (World::new().await, Arc::new(PretendImaging::default()));
        let media = Arc::new(Media::new(Parts {
            blocks: world.store.clone(),
            imaging: imaging.clone(),
            renditions: Arc::new(MemoryRenditions::new(1000)),
            clock: world.clock.clone(),
            limits,
        }));
        Studio { world, imaging, media }
    }

    async fn content(&self, text: &str) -> Content {
        let mut intake = self.world.cloud.intake(u64::MAX);
        intake.push(Bytes::copy_from_slice(text.as_bytes())).await.unwrap();
        intake.finish().await.unwrap()
    }

    async fn numbered(&self, n: usize) -> Content {
        self.content(&format!("picture {n}")).await
    }

    async fn put(&self, scope: &Scope, path: &str, text: &str) -> Content {
        let content = self.content(text).await;
        let put = Put {
            at: (Path::parse_new(path).unwrap()).into(),
            content,
            condition: Condition::Overwrite,
            autorename: false,
            times: ClientTimes::default(),
        };
        self.world.cloud.put_file(scope, &put).await.unwrap();
        content
    }

    async fn render(&self, content: Content) -> Result<String, RenderError> {
        let made = self.media.render(self.account(), content, THUMBNAIL).await;
        made.map(|bytes| String::from_utf8(bytes.to_vec()).unwrap())
    }

    fn account(&self) -> AccountId {
        self.world.account.id
    }
}

/// Whatever can go on has gone on.
async fn settled() {
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_many_ask_for_at_once_is_made_once_and_kept() {
    let studio = Studio::new().await;
    let content = studio.content("picture 1").await;
    studio.imaging.hold();
    studio.imaging.let_go(1);
    for made in join_all((0..50).map(|_| studio.render(content))).await {
        assert_eq!(made.unwrap(), "Jpeg in 64x64 of picture 1");
    }
    assert_eq!(studio.render(content).await.unwrap(), "Jpeg in 64x64 of picture 1");
    assert_eq!(studio.imaging.begun(), 1);
}

#[tokio::test]
async fn what_would_not_be_decoded_is_left_alone_for_an_hour() {
    let studio = Studio::new().await;
    let content = studio.content("no such thing").await;
    for _ in 0..3 {
        assert!(matches!(studio.render(content).await, Err(RenderError::Undecodable)));
    }
    assert_eq!(studio.imaging.begun(), 1);
    studio.world.clock.advance(Duration::from_secs(3601));
    assert!(matches!(studio.render(content).await, Err(RenderError::Undecodable)));
    assert_eq!(studio.imaging.begun(), 2);
    // Nor for years, because the clock was wrong when it was tried.
    studio.world.clock.set(Timestamp(1_300_000_000_000));
    assert!(matches!(studio.render(content).await, Err(RenderError::Undecodable)));
    assert_eq!(studio.imaging.begun(), 3);
}

#[tokio::test]
async fn a_decoder_that_is_out_of_order_is_asked_again() {
    let studio = Studio::new().await;
    let content = studio.content("picture 1").await;
    studio.imaging.break_down(true);
    let refused = studio.render(content).await;
    assert!(matches!(refused, Err(RenderError::Store(StoreError::Unavailable { .. }))), "{refused:?}");
    studio.imaging.break_down(false);
    assert!(studio.render(content).await.is_ok());
}

#[tokio::test]
async fn a_missing_block_is_told_as_what_it_is() {
    let studio = Studio::new().await;
    let content = crate::world::content("never stored");
    assert!(matches!(studio.render(content).await, Err(RenderError::Store(StoreError::Corrupt(_)))));
}

#[tokio::test]
async fn large_sources_are_refused_unread() {
    let studio = Studio::new().await;
    let content = Content { size: SOURCE_SIZE_MAX + 1, ..studio.content("picture").await };
    assert!(matches!(studio.render(content).await, Err(RenderError::TooLarge)));
    assert_eq!(studio.imaging.begun(), 0);
}

#[tokio::test]
async fn an_account_waits_for_so_many_and_keeps_nobody_waiting() {
    let limits = Limits { at_once: 2, at_once_per_account: 1, waiting_per_account: 3, ..Limits::default() };
    let studio = Studio::with(limits).await;
    studio.imaging.hold();
    let mut contents = Vec::new();
    for number in 0..5 {
        contents.push(studio.content(&format!("picture {number}")).await);
    }
    let mut waiting: Vec<_> = contents[..3].iter().map(|content| Box::pin(studio.render(*content))).collect();
    for one in &mut waiting {
        assert!(one.now_or_never().is_none());
    }
    settled().await;
    assert_eq!(studio.imaging.begun(), 1, "one at a time");
    assert!(matches!(studio.render(contents[3]).await, Err(RenderError::Busy)));
    let mut other = Box::pin(studio.media.render(AccountId(99), contents[4], THUMBNAIL));
    assert!((&mut other).now_or_never().is_none());
    settled().await;
    assert_eq!(studio.imaging.begun(), 2, "the other's is being made");
    studio.imaging.let_go(2);
    assert!(other.await.is_ok());
    drop(waiting);
    studio.imaging.let_go(10);
    assert!(studio.render(contents[3]).await.is_ok(), "who went away waits no more");
    assert!(
        studio.imaging.begun() <= 4,
        "and what nobody waits for is not begun: {}",
        studio.imaging.begun()
    );
}

/// What stands in one account's line is made in another's turn, if that comes first; and not made again.
#[tokio::test]
async fn nobody_waits_in_anothers_line_for_the_same_picture() {
    let studio = Studio::new().await;
    studio.imaging.hold();
    let (first, shared) = (studio.content("picture 1").await, studio.content("picture 2").await);
    let (mut ones, mut behind) = (Box::pin(studio.render(first)), Box::pin(studio.render(shared)));
    assert!((&mut ones).now_or_never().is_none() && (&mut behind).now_or_never().is_none());
    settled().await;
    let mut others = Box::pin(studio.media.render(AccountId(99), shared, THUMBNAIL));
    assert!((&mut others).now_or_never().is_none());
    settled().await;
    assert_eq!(studio.imaging.begun(), 2, "the other's turn has come");
    studio.imaging.let_go(2);
    assert!(others.await.is_ok() && ones.await.is_ok());
    assert_eq!(behind.await.unwrap(), "Jpeg in 64x64 of picture 2");
    assert_eq!(studio.imaging.begun(), 2);
}

/// Somebody who asks and goes away, again and again, leaves nothing in line behind the work in progress.
#[tokio::test]
async fn what_nobody_waits_for_any_more_stands_in_no_line() {
    let studio = Studio::new().await;
    studio.imaging.hold();
    let mut first = Box::pin(studio.render(studio.content("picture").await));
    assert!((&mut first).now_or_never().is_none());
    settled().await;
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    for number in 0..100 {
        let content = studio.content(&format!("picture {number}")).await;
        assert!(Box::pin(studio.render(content)).now_or_never().is_none());
    }
    settled().await;
    assert_eq!(tasks(), before);
    assert_eq!(studio.imaging.begun(), 1);
    // Who comes while it is being given up is waited for all the same.
    let content = studio.content("picture 5").await;
    drop(Box::pin(studio.render(content)).now_or_never());
    let again = Box::pin(studio.render(content));
    studio.imaging.let_go(2);
    assert_eq!(again.await.unwrap(), "Jpeg in 64x64 of picture 5");
}

#[tokio::test]
async fn infos_are_pending_until_they_are_found_out() {
    let studio = Studio::new().await;
    let photo = studio.content("picture taken=1391591223000 lat=1.5 long=-2.25").await;
    let broken = studio.content("broken").await;
    let infos = studio.media.infos(studio.account(), &[photo, broken]).await;
    assert_eq!((infos.get(photo), infos.get(broken)), (None, None));
    settled().await;
    let infos = studio.media.infos(studio.account(), &[photo, broken]).await;
    let info = infos.get(photo).unwrap();
    assert_eq!(info.time_taken, Some(Timestamp(1_391_591_223_000)));
    assert_eq!(info.lat_long.unwrap().degrees(), (1.5, -2.25));
    assert_eq!(infos.get(broken), Some(Default::default()), "it says nothing");
    assert_eq!(studio.imaging.begun(), 2, "once each");
}

impl Studio {
    async fn page(&self, scope: &Scope, cursor: Cursor) -> (Page, Vec<(String, bool)>) {
        let is_media = |path: &Path| path.as_str().ends_with(".jpg");
        let page = self.media.page(&self.world.cloud, scope, cursor, 100, is_media).await.unwrap();
        let told = page.page.told.iter().map(|told| {
            let file = told.item.as_ref().and_then(|item| item.entry.file());
            let known = file.is_some_and(|file| page.infos.get(file.content).is_some());
            (told.key.as_str().to_owned(), known)
        });
        (page.page.clone(), told.collect())
    }
}

/// A reader is told of a photo when its info is there; what comes before it is told at once, and what comes after it
/// afterwards.
#[tokio::test(start_paused = true)]
async fn a_page_ends_before_what_is_not_ready() {
    let studio = Studio::new().await;
    let scope = studio.world.whole().await;
    for path in ["/a.txt", "/b.jpg", "/c.txt", "/d.jpg", "/e.txt"] {
        studio.put(&scope, path, &format!("picture {path}")).await;
    }
    studio.imaging.hold();
    let first = studio.world.cloud.first_cursor(&scope, PathKey::default(), true);
    let (page, told) = studio.page(&scope, first).await;
    assert_eq!((told, page.more, page.reset), (vec![("/a.txt".to_owned(), false)], true, true));
    let (page, told) = studio.page(&scope, page.cursor).await;
    assert_eq!((told.len(), page.more, page.reset), (0, true, false), "nothing is skipped");
    studio.imaging.let_go(1);
    let (page, told) = studio.page(&scope, page.cursor).await;
    assert_eq!(told, [("/b.jpg".to_owned(), true), ("/c.txt".to_owned(), false)]);
    studio.imaging.let_go(1);
    let (page, told) = studio.page(&scope, page.cursor).await;
    assert_eq!(told, [("/d.jpg".to_owned(), true), ("/e.txt".to_owned(), false)]);
    assert!(!page.more);
    // A photo that takes another's place by moving is told with it, or not at all.
    let from = Path::parse("/b.jpg").unwrap();
    studio.put(&scope, "/new.jpg", "picture new").await;
    let to = Path::parse_new("/moved.jpg").unwrap();
    studio.world.cloud.move_to(&scope, &from, &to, false).await.unwrap();
    let (page, told) = studio.page(&scope, page.cursor).await;
    assert_eq!((told.len(), page.more), (0, true), "{told:?}");
    studio.imaging.let_go(1);
    let (page, told) = studio.page(&scope, page.cursor).await;
    let keys: Vec<_> = told.iter().map(|(key, known)| (key.as_str(), *known)).collect();
    assert_eq!((keys, page.more), (vec![("/new.jpg", true), ("/b.jpg", false), ("/moved.jpg", true)], false));
}

/// However broken files and decoder are, a reader gets to the end.
#[tokio::test(start_paused = true)]
async fn a_page_goes_on_past_what_cannot_be_had() {
    let studio = Studio::new().await;
    let scope = studio.world.whole().await;
    for number in 0..5 {
        studio.put(&scope, &format!("/{number}.jpg"), &format!("broken {number}")).await;
    }
    studio.imaging.break_down(true);
    let first = studio.world.cloud.first_cursor(&scope, PathKey::default(), true);
    let (page, told) = studio.page(&scope, first).await;
    assert_eq!((told.len(), page.more), (5, false));
    assert!(told.iter().all(|(_, known)| *known), "known to say nothing: {told:?}");
}

/// Whoever has a link may be many; the account's own programs are served all the same, and guests beside them.
#[tokio::test]
async fn guests_wait_apart_from_the_account() {
    let limits = Limits { waiting_per_account: 1, guests_per_account: 2, ..Limits::default() };
    let studio = Studio::with(Limits { guests_waiting_per_account: 4, ..limits }).await;
    let contents = join_all((0..7).map(|n| studio.numbered(n))).await;
    let guest = |n: usize| Box::pin(studio.media.render_for_guest(studio.account(), contents[n], THUMBNAIL));
    assert!(guest(6).await.is_ok());
    studio.imaging.hold();
    let mut waiting: Vec<_> = (0..4).map(guest).collect();
    for one in &mut waiting {
        assert!(one.now_or_never().is_none());
    }
    assert!(matches!(guest(4).await, Err(RenderError::Busy)));
    assert!(guest(6).await.is_ok(), "what is made already needs no place");
    let mut own = Box::pin(studio.render(contents[5]));
    assert!((&mut own).now_or_never().is_none(), "it waits, too");
    settled().await;
    // The first two guests stand before it, and those who have no place yet behind it.
    studio.imaging.let_go(3);
    assert!(own.await.is_ok());
    waiting.pop();
    let mut again = guest(4);
    assert!((&mut again).now_or_never().is_none(), "who leaves makes room");
    studio.imaging.let_go(9);
    assert!(join_all(waiting).await.into_iter().all(|made| made.is_ok()));
    assert!(again.await.is_ok());
}

/// What one of them has had made while the other stood in line is there when its turn comes.
#[tokio::test]
async fn guests_who_look_at_the_same_all_get_it() {
    let studio = Studio::with(Limits { guests_per_account: 2, ..Limits::default() }).await;
    let contents = join_all((0..20).map(|n| studio.numbered(n))).await;
    let guests = (0..3).flat_map(|_| &contents);
    let asked = guests.map(|content| studio.media.render_for_guest(studio.account(), *content, THUMBNAIL));
    assert!(join_all(asked).await.into_iter().all(|made| made.is_ok()));
    assert_eq!(studio.imaging.begun(), 20);
}

/// A guest who finds no place in time is told so, and nothing remains of the wish.
#[tokio::test(start_paused = true)]
async fn guests_do_not_wait_for_ever() {
    let studio = Studio::with(Limits { guests_per_account: 1, ..Limits::default() }).await;
    let (one, two) = (studio.numbered(1).await, studio.numbered(2).await);
    studio.imaging.hold();
    let guest = |content| Box::pin(studio.media.render_for_guest(studio.account(), content, THUMBNAIL));
    let mut first = guest(one);
    assert!((&mut first).now_or_never().is_none());
    let begun = tokio::time::Instant::now();
    assert!(matches!(guest(two).await, Err(RenderError::Busy)));
    assert_eq!(begun.elapsed().as_secs(), 120);
    studio.imaging.let_go(9);
    assert!(first.await.is_ok());
    assert_eq!(studio.imaging.begun(), 1);
    assert!(guest(two).await.is_ok());
}
