//! `/metadata`.

use crate::world::World;
use expect_test::expect;
use serde_json::Value;
use std::time::Duration;
use tidemark_core::model::Access;

#[tokio::test]
async fn a_listing_has_a_hash_and_contents_sorted_by_name() {
    let world = World::new().await;
    world.folder("/Photos").await;
    world.advance(Duration::from_secs(61));
    world.file("/b.jpg", "picture").await;
    world.file("/A.txt", "text").await;
    let answer = world.get("/1/metadata/auto/").await;
    expect![[r#"
        200
        access-control-allow-origin: *
        cache-control: no-cache
        content-type: application/json

        {"path":"/","is_dir":true,"bytes":0,"size":"0 bytes","icon":"folder","thumb_exists":false,"root":"dropbox","hash":"6799a095eba11be392940e9c0afe5e02","contents":[{"path":"/A.txt","is_dir":false,"bytes":4,"size":"4 bytes","rev":"300000001","revision":3,"modified":"Wed, 05 Feb 2014 09:08:04 +0000","client_mtime":"Wed, 05 Feb 2014 09:08:04 +0000","mime_type":"text/plain","icon":"page_white_text","thumb_exists":false,"root":"dropbox"},{"path":"/b.jpg","is_dir":false,"bytes":7,"size":"7 bytes","rev":"200000001","revision":2,"modified":"Wed, 05 Feb 2014 09:08:04 +0000","client_mtime":"Wed, 05 Feb 2014 09:08:04 +0000","mime_type":"image/jpeg","icon":"page_white_picture","thumb_exists":true,"root":"dropbox"},{"path":"/Photos","is_dir":true,"bytes":0,"size":"0 bytes","rev":"100000001","revision":1,"modified":"Wed, 05 Feb 2014 09:07:03 +0000","icon":"folder_photos","thumb_exists":false,"root":"dropbox"}]}"#]].assert_eq(&answer.shown_whole());
}

#[tokio::test]
async fn the_root_is_spelled_in_many_ways() {
    let world = World::new().await;
    world.file("/a", "a").await;
    let expected = world.get("/1/metadata/auto").await.shown();
    for uri in [
        "/1/metadata/auto/",
        "/1/metadata/dropbox/%2F",
        "/0/metadata/auto//",
        "/1/metadata/auto?list=true&hash=",
    ] {
        assert_eq!(world.get(uri).await.shown(), expected, "{uri}");
    }
    assert_eq!(world.post("/1/metadata/auto", "list=True&file_limit=25000").await.shown(), expected);
}

#[tokio::test]
async fn paths_are_spelled_in_many_ways() {
    let world = World::new().await;
    world.file("/a%20b/%C3%A9+%25.txt", "x").await;
    let expected = world.get("/1/metadata/auto/a%20b/%C3%A9%2B%25.txt").await;
    assert_eq!(expected.field("path"), "/a b/é+%.txt");
    for uri in [
        "/1/metadata/auto/%2Fa%20b%2F%C3%A9%2B%25.txt",
        "/1/metadata/auto/a%20b%2F%C3%A9+%25.txt",
        "/1/metadata/auto//A%20B//e%CC%81+%25.TXT/",
    ] {
        assert_eq!(world.get(uri).await.shown(), expected.shown(), "{uri}");
    }
}

#[tokio::test]
async fn without_listing_there_is_neither_hash_nor_contents() {
    let world = World::new().await;
    world.folder("/dir").await;
    let answer = world.get("/1/metadata/auto/dir?list=false&hash=00").await;
    expect![[r#"200 {"path":"/dir","is_dir":true,"bytes":0,"size":"0 bytes","rev":"100000001","revision":1,"modified":"Wed, 05 Feb 2014 09:07:03 +0000","icon":"folder","thumb_exists":false,"root":"dropbox"}"#]].assert_eq(&answer.shown());
    let answer = world.get("/1/metadata/auto?list=0").await;
    expect![[r#"200 {"path":"/","is_dir":true,"bytes":0,"size":"0 bytes","icon":"folder","thumb_exists":false,"root":"dropbox"}"#]].assert_eq(&answer.shown());
    world.file("/dir/a", "a").await;
    assert_eq!(world.get("/1/metadata/auto/dir/a?hash=00").await.json().get("hash"), None);
}

#[tokio::test]
async fn the_same_hash_is_answered_without_a_body_until_a_child_changes() {
    let world = World::new().await;
    world.folder("/dir").await;
    world.folder("/dir/sub").await;
    let uri = "/1/metadata/auto/dir";
    let hash = world.get(uri).await.field("hash");
    assert_eq!((hash.len(), hash.to_lowercase()), (32, hash.clone()));
    let answer = world.get(&format!("{uri}?hash={hash}")).await;
    assert_eq!((answer.status.as_u16(), answer.body.len()), (304, 0));
    assert_eq!((answer.header("content-type"), answer.header("content-length")), (None, None));
    // Options are part of what is hashed.
    assert_eq!(world.get(&format!("{uri}?hash={hash}&include_deleted=true")).await.status, 200);
    world.file("/dir/sub/grandchild", "x").await;
    assert_eq!(world.get(&format!("{uri}?hash={hash}")).await.status, 304);
    let mut last = hash;
    for (endpoint, form) in [
        ("create_folder", "path=/dir/new"),
        ("move", "from_path=/dir/new&to_path=/dir/renamed"),
        ("delete", "path=/dir/renamed"),
    ] {
        assert_eq!(
            world.post(&format!("/1/fileops/{endpoint}"), &format!("root=auto&{form}")).await.status,
            200
        );
        let answer = world.get(&format!("{uri}?hash={last}")).await;
        assert_eq!(answer.status, 200, "{endpoint}");
        last = answer.field("hash");
    }
}

#[tokio::test]
async fn too_many_entries_are_an_error_and_never_a_part() {
    let world = World::new().await;
    for path in ["/a", "/b", "/c"] {
        world.file(path, "x").await;
    }
    assert_eq!(world.get("/1/metadata/auto?file_limit=3").await.status, 200);
    let answer = world.get("/1/metadata/auto?file_limit=2").await;
    expect![[r#"406 {"error":"The folder has more than 2 entries"}"#]].assert_eq(&answer.shown());
    world.post("/1/fileops/delete", "root=auto&path=c").await;
    assert_eq!(world.get("/1/metadata/auto?file_limit=2").await.status, 200);
    world.get("/1/metadata/auto?file_limit=2&include_deleted=true").await.refuses(406);
    assert_eq!(world.get("/1/metadata/auto?file_limit=999999").await.status, 200);
}

#[tokio::test]
async fn what_was_deleted_is_told_and_what_never_was_is_not() {
    let world = World::new().await;
    world.file("/Dir/File.txt", "hello").await;
    world.advance(Duration::from_secs(61));
    world.post("/1/fileops/delete", "root=auto&path=/Dir/File.txt").await;
    let answer = world.get("/1/metadata/auto/dir/file.txt").await;
    expect![[r#"200 {"path":"/Dir/File.txt","is_dir":false,"bytes":0,"size":"0 bytes","rev":"300000001","revision":3,"modified":"Wed, 05 Feb 2014 09:08:04 +0000","client_mtime":"Wed, 05 Feb 2014 09:08:04 +0000","mime_type":"text/plain","icon":"page_white_text","thumb_exists":false,"root":"dropbox","is_deleted":true}"#]].assert_eq(&answer.shown());
    assert_eq!(world.get("/1/metadata/auto/Dir").await.json()["contents"], serde_json::json!([]));
    let answer = world.get("/1/metadata/auto/Dir?include_deleted=true").await;
    expect![[r#"[{"bytes":0,"client_mtime":"Wed, 05 Feb 2014 09:08:04 +0000","icon":"page_white_text","is_deleted":true,"is_dir":false,"mime_type":"text/plain","modified":"Wed, 05 Feb 2014 09:08:04 +0000","path":"/Dir/File.txt","rev":"300000001","revision":3,"root":"dropbox","size":"0 bytes","thumb_exists":false}]"#]].assert_eq(&answer.json()["contents"].to_string());
    let answer = world.get("/1/metadata/auto/Dir/NEVER").await;
    expect![[r#"404 {"error":"Path '/dir/never' not found"}"#]].assert_eq(&answer.shown());
    // Moved away counts as deleted, with everything below.
    world.file("/Dir/kept", "x").await;
    world.post("/1/fileops/move", "root=auto&from_path=/Dir&to_path=/Elsewhere").await;
    for path in ["Dir", "Dir/kept"] {
        assert_eq!(world.get(&format!("/1/metadata/auto/{path}")).await.json()["is_deleted"], true, "{path}");
    }
}

/// What went with a folder is told with it on request, also when another folder is there by now.
#[tokio::test]
async fn a_deleted_folder_tells_what_was_in_it() {
    let world = World::new().await;
    world.file("/Dir/File.txt", "hello").await;
    world.file("/Dir/sub/deep.txt", "hello").await;
    let all = "include_deleted=true";
    world.advance(Duration::from_secs(61));
    world.post("/1/fileops/delete", "root=auto&path=/Dir").await;
    let answer = world.get("/1/metadata/auto/dir").await.json();
    assert_eq!((answer.get("contents"), answer.get("hash")), (None, None), "nobody asked");
    let answer = world.get(&format!("/1/metadata/auto/dir?{all}&list=false")).await.json();
    assert_eq!(answer.get("contents"), None, "nobody asked");

    let listed = |answer: Value| -> Vec<(String, bool)> {
        let contents = answer["contents"].as_array().expect("listed");
        let one = |entry: &Value| (entry["path"].as_str().unwrap().to_owned(), entry["is_deleted"] == true);
        contents.iter().map(one).collect()
    };
    let told = |path: &str, deleted| (path.to_owned(), deleted);
    let answer = world.get(&format!("/1/metadata/auto/dir?{all}")).await.json();
    assert_eq!((&answer["is_deleted"], &answer["path"]), (&true.into(), &"/Dir".into()));
    assert_eq!(answer["contents"][0]["modified"], "Wed, 05 Feb 2014 09:08:04 +0000");
    let hash = answer["hash"].as_str().expect("a hash").to_owned();
    assert_eq!(listed(answer), [told("/Dir/File.txt", true), told("/Dir/sub", true)]);
    let answer = world.get(&format!("/1/metadata/auto/dir/sub?{all}")).await.json();
    assert_eq!(listed(answer), [told("/Dir/sub/deep.txt", true)]);
    assert_eq!(world.get(&format!("/1/metadata/auto/dir?{all}&hash={hash}")).await.status, 304);
    world.get(&format!("/1/metadata/auto/dir?{all}&file_limit=1")).await.refuses(406);
    assert_eq!(world.get("/1/metadata/auto/dir?file_limit=1").await.status, 200);

    world.file("/DIR/file.TXT", "another").await;
    let answer = world.get(&format!("/1/metadata/auto/dir?{all}&hash={hash}")).await.json();
    assert_eq!(listed(answer), [told("/DIR/file.TXT", false), told("/DIR/sub", true)]);
    assert_eq!(listed(world.get("/1/metadata/auto/dir").await.json()), [told("/DIR/file.TXT", false)]);
}

/// An app is told what was deleted in its folder, and nothing of what was elsewhere when it was.
#[tokio::test]
async fn an_app_sees_nothing_deleted_outside_its_folder() {
    let mut world = World::new().await;
    let whole = world.token.clone();
    let app = world.token_for(&world.account, "Pad", Access::AppFolder).await;
    world.token = app.clone();
    world.file("/kept/mine.txt", "x").await;
    world.file("/lost/mine.txt", "x").await;
    world.token = whole;
    world.file("/kept/mine.txt", "not the app's").await;
    world.post("/1/fileops/move", "root=auto&from_path=/Apps/Pad/lost&to_path=/lost").await;
    world.file("/lost/secret.txt", "x").await;
    for path in ["/kept", "/lost", "/Apps/Pad/kept"] {
        assert_eq!(world.post("/1/fileops/delete", &format!("root=auto&path={path}")).await.status, 200);
    }
    world.token = app;
    let all = "include_deleted=true";
    let answer = world.get(&format!("/1/metadata/sandbox/kept?{all}")).await.json();
    assert_eq!(answer["contents"].as_array().map(Vec::len), Some(1));
    assert_eq!(answer["contents"][0]["path"], "/kept/mine.txt");
    let answer = world.get(&format!("/1/metadata/sandbox/lost?{all}")).await.json();
    assert_eq!((&answer["is_deleted"], answer.get("contents")), (&true.into(), None), "it went elsewhere");
    world.folder("/lost").await;
    let answer = world.get(&format!("/1/metadata/sandbox/lost?{all}")).await.json();
    assert_eq!(answer["contents"], serde_json::json!([]));
}

#[tokio::test]
async fn a_rev_is_told_as_it_was() {
    let world = World::new().await;
    let old = world.file("/a", "one").await;
    world.file("/a", "second").await;
    let answer = world.get(&format!("/1/metadata/auto/a?rev={old}&list=true&hash=x")).await;
    assert_eq!((answer.field("rev"), answer.json()["bytes"].as_u64()), (old, Some(3)));
    world.get("/1/metadata/auto/a?rev=ffff00000001").await.refuses(404);
}

/// Of photos and videos only, only on request: pending first, then what their cameras noted.
#[tokio::test]
async fn media_info_is_pending_until_it_is_found_out() {
    let world = World::new().await;
    world.file("/m/photo.JPG", "picture taken=1391591223000 lat=37.77256666 long=-122.45934166").await;
    world.file("/m/film.mp4", "picture taken=1391591223000 ms=100500").await;
    world.file("/m/broken.png", "broken").await;
    world.file("/m/notes.txt", "picture taken=1").await;
    world.imaging.hold();
    let plain = world.get("/1/metadata/auto/m").await;
    assert!(!plain.text().contains("_info"), "{}", plain.text());
    let pending = world.get("/1/metadata/auto/m?include_media_info=true").await.json();
    let infos = |listing: &Value| -> Vec<String> {
        let of = |entry: &Value| {
            let info = |name: &str| entry.get(name).map(|info| format!("{} {name} {info}", entry["path"]));
            [info("photo_info"), info("video_info")]
        };
        listing["contents"].as_array().unwrap().iter().flat_map(of).flatten().collect()
    };
    assert_eq!(
        infos(&pending),
        [
            r#""/m/broken.png" photo_info "pending""#,
            r#""/m/film.mp4" video_info "pending""#,
            r#""/m/photo.JPG" photo_info "pending""#
        ]
    );
    let ask = async |hash: &Value| {
        let hash = hash.as_str().unwrap();
        world.get(&format!("/1/metadata/auto/m?include_media_info=true&hash={hash}")).await
    };
    assert_eq!(ask(&pending["hash"]).await.status, 200, "it is not complete");
    assert_eq!(ask(&plain.json()["hash"]).await.status, 200, "nor is the plain one the same");
    world.imaging.let_go(9);
    let known = loop {
        let listing = ask(&pending["hash"]).await.json();
        if !listing.to_string().contains("pending") {
            break listing;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(
        infos(&known),
        [
            r#""/m/broken.png" photo_info {"lat_long":null,"time_taken":null}"#,
            r#""/m/film.mp4" video_info {"duration":100500,"lat_long":null,"time_taken":"Wed, 05 Feb 2014 09:07:03 +0000"}"#,
            r#""/m/photo.JPG" photo_info {"lat_long":[37.7725667,-122.4593417],"time_taken":"Wed, 05 Feb 2014 09:07:03 +0000"}"#
        ]
    );
    assert_eq!(world.imaging.begun(), 3, "once each, and the text never");
    assert_eq!(ask(&known["hash"]).await.status, 304);
    let hash = known["hash"].as_str().unwrap();
    assert_eq!(world.get(&format!("/1/metadata/auto/m?hash={hash}")).await.status, 200);
    let one = world.get("/1/metadata/auto/m/film.mp4?include_media_info=true").await.json();
    assert_eq!(one["video_info"]["duration"], 100_500);
    world.post("/1/fileops/delete", "root=auto&path=/m/film.mp4").await;
    let gone = world.get("/1/metadata/auto/m/film.mp4?include_media_info=true").await.json();
    assert_eq!((&gone["is_deleted"], gone.get("video_info")), (&true.into(), None));
}

#[tokio::test]
async fn a_folder_of_any_size_is_listed_page_by_page() {
    let world = World::new().await;
    for name in ["b", "C", "a", "d", "e"] {
        world.file(&format!("/dir/{name}"), name).await;
    }
    let (mut after, mut told, mut pages) = (String::new(), Vec::new(), Vec::new());
    loop {
        let uri = format!("/1/metadata/auto/dir?file_limit=2&list_after={after}");
        let page = world.get(&uri).await.json();
        let names = page["contents"].as_array().unwrap().iter().map(|child| child["path"].as_str().unwrap());
        told.extend(names.map(str::to_owned));
        after = told.last().unwrap().rsplit('/').next().unwrap().to_owned();
        pages.push(page["hash"].as_str().unwrap().to_owned());
        // Whatever went or came before the mark is nothing to the pages behind it.
        if page["has_more"] == false {
            break;
        }
        assert_eq!(page["has_more"], true);
    }
    assert_eq!(told, ["/dir/a", "/dir/b", "/dir/C", "/dir/d", "/dir/e"]);
    let whole = world.get("/1/metadata/auto/dir").await.json();
    assert_eq!(pages, vec![whole["hash"].as_str().unwrap(); 3]);
    assert_eq!(whole.get("has_more"), None, "who asked for no page is told nothing of pages");
    let behind = world.get("/1/metadata/auto/dir?list_after=zz").await.json();
    assert_eq!((&behind["contents"], &behind["has_more"]), (&serde_json::json!([]), &Value::Bool(false)));
    let both = world.get("/1/metadata/auto/dir?list_after=&include_deleted=true").await;
    assert_eq!(both.status, http::StatusCode::BAD_REQUEST);
}
