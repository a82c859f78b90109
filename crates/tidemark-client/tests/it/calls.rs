//! Every call, against the server itself.

use tidemark_client::{
    ContentHash, DownloadOptions, Error, Image, Kind, ListOptions, Listing, RefusalKind, Rev, SaveStatus,
    SearchOptions, ThumbnailFormat, ThumbnailSize, Timestamp, UploadOptions, WriteMode,
};

use crate::world::{BEGINNING, World, noise, path};

fn names(entries: &[tidemark_client::Metadata]) -> Vec<&str> {
    entries.iter().map(|entry| entry.path.as_str()).collect()
}

#[track_caller]
fn refused<T: std::fmt::Debug>(outcome: Result<T, Error>, kind: RefusalKind) {
    let error = outcome.expect_err("it should be refused");
    assert_eq!(error.kind(), Some(kind), "{error}");
}

/// Whose files these are, and the room that there is; with and without a limit.
#[tokio::test]
async fn the_account_and_its_room_are_told() {
    let world = World::new().await;
    world.put("/a", noise(1000, 1)).await;
    let account = world.client().account().await.unwrap();
    assert_eq!(account.uid, world.account.id.0);
    assert_eq!((account.display_name.as_str(), account.email.as_str()), ("Ada King", "ada@example.org"));
    assert_eq!((account.quota.limit, account.quota.used), (Some(100 << 20), 1000));
    assert!(
        account.server_id.is_some() && account.server_id == world.client().account().await.unwrap().server_id
    );
}

/// What there is at a path, what was there, and what never was.
#[tokio::test]
async fn entries_are_told_apart() {
    let world = World::new().await;
    let client = world.client();
    let root = client.metadata(&path("/")).await.unwrap();
    assert!(root.is_folder() && root.rev.is_none() && root.id.is_none());
    let put = world.put("/Folder/File.txt", "hello").await;
    let told = client.metadata(&path("/folder/file.TXT")).await.unwrap();
    assert_eq!(told, put);
    let file = told.file().unwrap();
    assert_eq!((file.bytes, file.mime_type.as_deref()), (5, Some("text/plain")));
    assert_eq!(told.modified, Some(Timestamp(BEGINNING)));
    assert_eq!(told.path, path("/Folder/File.txt"));

    assert!(client.delete(&path("/Folder/File.txt"), None).await.unwrap().is_deleted);
    assert!(client.metadata(&path("/Folder/File.txt")).await.unwrap().is_deleted);
    refused(client.metadata(&path("/never")).await, RefusalKind::NotFound);
}

/// A folder is listed, and not again while its hash holds.
#[tokio::test]
async fn folders_are_listed_once() {
    let world = World::new().await;
    let client = world.client();
    world.put("/f/a", "1").await;
    world.put("/f/b", "2").await;
    world.put("/f/picture.jpg", "picture").await;
    client.delete(&path("/f/b"), None).await.unwrap();
    let list = async |options: &ListOptions| client.list(&path("/f"), options).await.unwrap();
    let Listing::Folder { folder, hash, contents, has_more: false } = list(&ListOptions::default()).await
    else {
        panic!()
    };
    assert_eq!(folder.path, path("/f"));
    assert_eq!(names(&contents), ["/f/a", "/f/picture.jpg"]);
    let same = ListOptions { hash: Some(hash), ..ListOptions::default() };
    assert_eq!(list(&same).await, Listing::Unchanged);
    world.put("/f/c", "3").await;
    assert!(matches!(list(&same).await, Listing::Folder { .. }));

    let all = ListOptions { include_deleted: true, include_media_info: true, ..ListOptions::default() };
    let Listing::Folder { contents, .. } = list(&all).await else { panic!() };
    assert_eq!(names(&contents), ["/f/a", "/f/b", "/f/c", "/f/picture.jpg"]);
    assert_eq!(
        contents.iter().map(|entry| entry.is_deleted).collect::<Vec<_>>(),
        [false, true, false, false]
    );
    assert!(contents[3].file().unwrap().media.is_some());
    let file = client.list(&path("/f/a"), &ListOptions::default()).await.unwrap();
    assert!(matches!(file, Listing::Entry(entry) if entry.path == path("/f/a")));
}

/// Names that mean something in addresses and forms arrive as they are.
#[tokio::test]
async fn names_are_what_they_are() {
    let world = World::new().await;
    let client = world.client();
    for name in [
        "a b", "a+b", "a%20b", "100%", "a&b=c", "a?b", "a#b", "a;b", "a'b\"c", "ünï", "日本", "🌊", "a:b",
        "~", "...", ".hidden", "-", "a*|<>b", "@{[$]}^`",
    ] {
        let at = path("/dir").join(name).unwrap();
        let mut source = bytes::Bytes::from_static(b"x");
        let put = client.upload(&at, &mut source, UploadOptions::default()).await.unwrap();
        assert_eq!(put.metadata.path.name(), Some(name));
        assert_eq!(client.metadata(&at).await.unwrap().path, at);
        let to = path("/moved").join(name).unwrap();
        assert_eq!(client.move_to(&at, &to, None).await.unwrap().path, to);
        assert_eq!(client.delete(&to, None).await.unwrap().path, to);
    }
}

/// Entries are copied, made, moved and deleted; whatever is in the way is told.
#[tokio::test]
async fn entries_are_arranged() {
    let world = World::new().await;
    let client = world.client();
    world.put("/a", "1").await;
    assert_eq!(client.copy(&path("/a"), &path("/b")).await.unwrap().path, path("/b"));
    assert!(client.create_folder(&path("/x/y")).await.unwrap().is_folder());
    assert_eq!(client.move_to(&path("/b"), &path("/x/y/b"), None).await.unwrap().path, path("/x/y/b"));
    let cursor = client.latest_cursor(None).await.unwrap();
    assert!(client.delete(&path("/x"), Some(&cursor)).await.unwrap().is_deleted);

    refused(client.create_folder(&path("/a")).await, RefusalKind::Forbidden);
    refused(client.copy(&path("/a"), &path("/a")).await, RefusalKind::Forbidden);
    refused(client.move_to(&path("/none"), &path("/z"), None).await, RefusalKind::NotFound);
    refused(client.delete(&path("/none"), None).await, RefusalKind::NotFound);
    refused(client.delete(&path("/"), None).await, RefusalKind::Forbidden);
}

/// A file's versions are told, the newest first, and any of them can be had again.
#[tokio::test]
async fn versions_come_back() {
    let world = World::new().await;
    let client = world.client();
    let first = world.put("/a", "one").await;
    let second = world.put("/a", "two!").await;
    let all = client.revisions(&path("/a"), None).await.unwrap();
    assert_eq!(all.iter().map(|entry| entry.file().unwrap().bytes).collect::<Vec<_>>(), [4, 3]);
    assert_eq!(client.revisions(&path("/a"), Some(1)).await.unwrap(), all[..1]);
    let restored = client.restore(&path("/a"), first.rev.as_ref().unwrap()).await.unwrap();
    assert_eq!(restored.file().unwrap().bytes, 3);
    assert_ne!(restored.rev, second.rev);
    refused(client.restore(&path("/a"), &Rev::new("1ffffffffffff").unwrap()).await, RefusalKind::NotFound);
}

/// What has all words in its name is found, below the folder only.
#[tokio::test]
async fn names_are_found() {
    let world = World::new().await;
    let client = world.client();
    for at in ["/in/big report.txt", "/in/deep/Report (big)", "/out/big report", "/in/gone big report"] {
        world.put(at, "x").await;
    }
    client.delete(&path("/in/gone big report"), None).await.unwrap();
    let found = async |options: &SearchOptions| {
        let mut found = client.search(&path("/in"), "report big", options).await.unwrap();
        found.sort_by(|a, b| a.path.cmp(&b.path));
        found
    };
    assert_eq!(
        names(&found(&SearchOptions::default()).await),
        ["/in/big report.txt", "/in/deep/Report (big)"]
    );
    let all = SearchOptions { include_deleted: true, ..SearchOptions::default() };
    assert_eq!(found(&all).await.len(), 3);
    let one = SearchOptions { limit: Some(1), ..SearchOptions::default() };
    assert_eq!(found(&one).await.len(), 1);
    refused(client.search(&path("/"), "ab", &one).await, RefusalKind::BadRequest);
}

/// Links and references stand for the entry; a link hides its address from logs.
#[tokio::test]
async fn entries_have_links() {
    let world = World::new().await;
    let client = world.client();
    world.put("/a.txt", "1").await;
    let short = client.share(&path("/a.txt"), true).await.unwrap();
    let long = client.share(&path("/a.txt"), false).await.unwrap();
    assert!(short.url.starts_with("http") && short.url != long.url && long.url.contains("a.txt"));
    assert!(!format!("{short:?}").contains(&short.url));
    let direct = client.media(&path("/a.txt")).await.unwrap();
    assert!(direct.expires.is_some_and(|end| end > Timestamp(BEGINNING)));
    let source = client.copy_ref(&path("/a.txt")).await.unwrap();
    assert!(!format!("{source:?}").contains(source.copy_ref.as_str()));
    let copy = client.copy_from(&source.copy_ref, &path("/copy.txt")).await.unwrap();
    assert_eq!(copy.path, path("/copy.txt"));
    refused(client.media(&path("/none")).await, RefusalKind::NotFound);
}

/// Small pictures are bytes of a kind; what is no picture is refused so.
#[tokio::test]
async fn pictures_are_made_small() {
    let world = World::new().await;
    let client = world.client();
    world.put("/a.jpg", "picture of the sea").await;
    world.put("/b.jpg", "words").await;
    world.put("/c.txt", "words").await;
    world.put("/d.xlsx", "picture of numbers").await;
    let small =
        async |at: &str| client.thumbnail(&path(at), None, ThumbnailSize::Xs, ThumbnailFormat::Png).await;
    let Image { mime_type, bytes } = small("/a.jpg").await.unwrap();
    assert!(mime_type.starts_with("image/") && !bytes.is_empty());
    refused(small("/b.jpg").await, RefusalKind::Unsupported);
    refused(small("/c.txt").await, RefusalKind::NotFound);
    let page = client.preview(&path("/d.xlsx"), None).await.unwrap();
    assert!(page.mime_type.starts_with("text/html") && !page.bytes.is_empty());
    refused(client.preview(&path("/a.jpg"), None).await, RefusalKind::NotFound);
}

/// The server's own downloads are begun, and asked about.
#[tokio::test]
async fn the_server_downloads_by_itself() {
    let world = World::new().await;
    let client = world.client();
    let job = client.save_url(&path("/page.html"), "https://elsewhere.example/").await.unwrap();
    assert_eq!(job.status, SaveStatus::Pending);
    assert_eq!(client.save_url_job(&job.id).await.unwrap(), SaveStatus::Pending);
    let other = tidemark_client::JobId::new("a/b").unwrap();
    refused(client.save_url_job(&other).await, RefusalKind::NotFound);
}

/// A token that was ended opens nothing more.
#[tokio::test]
async fn tokens_end() {
    let world = World::new().await;
    let client = world.client();
    client.disable_access_token().await.unwrap();
    refused(client.account().await, RefusalKind::Unauthorized);
    refused(client.disable_access_token().await, RefusalKind::Unauthorized);
}

/// A write says what it expects to be there, and is refused if it is not.
#[tokio::test]
async fn writes_have_conditions() {
    let world = World::new().await;
    let client = world.client();
    let put = async |mode: WriteMode, bytes: &'static str| {
        let options =
            UploadOptions { mode, client_mtime: Some(Timestamp(1_000_000_000)), ..UploadOptions::default() };
        client.upload(&path("/a.txt"), &mut bytes::Bytes::from_static(bytes.as_bytes()), options).await
    };
    let first = put(WriteMode::Create, "1").await.unwrap().metadata;
    refused(put(WriteMode::Create, "2").await, RefusalKind::Conflict);
    let first_rev = first.rev.unwrap();
    let second = put(WriteMode::Replace(first_rev.clone()), "2").await.unwrap().metadata;
    refused(put(WriteMode::Replace(first_rev), "3").await, RefusalKind::Conflict);
    let third = put(WriteMode::Overwrite, "3").await.unwrap().metadata;
    assert!(second.path == third.path && second.rev != third.rev);
    let beside = put(WriteMode::Rename, "4").await.unwrap().metadata;
    assert_eq!(beside.path, path("/a (1).txt"));
    assert!(matches!(beside.kind, Kind::File(_)));
}

/// Every call that tells an entry tells which it is: the same one wherever it goes, another one for a copy.
#[tokio::test]
async fn entries_have_an_identity() {
    let world = World::new().await;
    let client = world.client();
    let (a, b) = (path("/abc"), path("/b"));
    let put = world.put("/abc", "hello").await;
    let (id, hash) = (put.id.clone(), put.file().unwrap().content_hash);
    assert!(id.is_some());
    assert_eq!(hash, Some(ContentHash::of(b"hello")));
    let page = client.delta(None, None).await.unwrap();
    let download = client.download(&a, &DownloadOptions::default()).await.unwrap();
    let Listing::Folder { contents, .. } = client.list(&path("/"), &ListOptions::default()).await.unwrap()
    else {
        panic!()
    };
    let told = vec![
        client.metadata(&a).await.unwrap(),
        page.entries[0].1.clone().unwrap(),
        download.metadata.clone(),
        contents[0].clone(),
        client.revisions(&a, None).await.unwrap()[0].clone(),
        client.search(&path("/"), "abc", &SearchOptions::default()).await.unwrap()[0].clone(),
        client.restore(&a, put.rev.as_ref().unwrap()).await.unwrap(),
        client.move_to(&a, &b, None).await.unwrap(),
        client.move_to(&b, &a, None).await.unwrap(),
    ];
    for entry in told {
        assert_eq!((&entry.id, entry.file().unwrap().content_hash), (&id, hash), "{entry:?}");
    }
    let copy = client.copy(&a, &b).await.unwrap();
    assert!(copy.id.is_some() && copy.id != id);
    assert_eq!(copy.file().unwrap().content_hash, hash);
    let folder = client.create_folder(&path("/f")).await.unwrap();
    assert!(folder.id.is_some() && folder.id != id);
    assert_eq!(client.delete(&a, None).await.unwrap().id, id);
}

/// What has changed since is neither deleted nor moved; what has not is.
#[tokio::test]
async fn removals_are_as_of_a_cursor() {
    let world = World::new().await;
    let client = world.client();
    world.put("/f/a", "1").await;
    let before = client.latest_cursor(None).await.unwrap();
    world.put("/f/deep/b", "2").await;
    let after = client.latest_cursor(None).await.unwrap();
    world.put("/elsewhere", "3").await;
    refused(client.delete(&path("/f"), Some(&before)).await, RefusalKind::ChangedSince);
    refused(client.move_to(&path("/f"), &path("/g"), Some(&before)).await, RefusalKind::ChangedSince);
    client.move_to(&path("/f"), &path("/g"), Some(&after)).await.unwrap();
    refused(client.delete(&path("/g"), Some(&after)).await, RefusalKind::ChangedSince);
    let now = client.latest_cursor(None).await.unwrap();
    client.delete(&path("/g"), Some(&now)).await.unwrap();
}

/// When a file was edited is kept, whether it is small or large.
#[tokio::test]
async fn files_keep_their_time() {
    let world = World::new().await;
    let client = world.client();
    for size in [1, (8 << 20) + 1] {
        let edited = Some(Timestamp(1_234_567_890));
        let options =
            UploadOptions { mode: WriteMode::Overwrite, client_mtime: edited, ..UploadOptions::default() };
        client.upload(&path("/a"), &mut noise(size, 5), options).await.unwrap();
        let told = client.metadata(&path("/a")).await.unwrap();
        assert_eq!(told.file().unwrap().client_mtime, edited);
        assert_eq!(told.modified, Some(Timestamp(BEGINNING)));
    }
}
