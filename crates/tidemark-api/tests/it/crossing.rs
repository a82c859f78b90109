//! Two protocols over one tree: whatever programs of both do at once, four ways of looking agree: the listing of each, what
//! `delta` tells and what the events tell.
//!
//! `TIDEMARK_HISTORIES=5000 cargo test -p tidemark-api crossing` runs that many; a failing one is shrunk, printed, and kept as
//! a seed.

use crate::world::World;
use http::Method;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What a program of the Core API does.
#[derive(Clone, Debug)]
enum ByPath {
    Put { folder: Index, name: &'static str, text: &'static str },
    CreateFolder { folder: Index, name: &'static str },
    Move { entry: Index, folder: Index, name: &'static str },
    Copy { entry: Index, folder: Index, name: &'static str },
    Delete { entry: Index },
    Restore { folder: Index, name: &'static str },
    Share { entry: Index },
}

/// What a program of Box's API does.
#[derive(Clone, Debug)]
enum ById {
    Upload {
        folder: Index,
        name: &'static str,
        text: &'static str,
    },
    UploadVersion {
        entry: Index,
        text: &'static str,
    },
    CreateFolder {
        folder: Index,
        name: &'static str,
    },
    Update {
        entry: Index,
        folder: Option<Index>,
        name: Option<&'static str>,
        description: Option<&'static str>,
    },
    Copy {
        entry: Index,
        folder: Index,
        name: &'static str,
    },
    Delete {
        entry: Index,
    },
    Untrash {
        entry: Index,
        folder: Index,
        name: &'static str,
    },
    Purge {
        entry: Index,
    },
    Promote {
        entry: Index,
        version: Index,
    },
}

#[derive(Clone, Debug)]
struct History {
    /// Each pair happens at once.
    steps: Vec<(ByPath, ById)>,
    limits: Vec<usize>,
}

const NAMES: [&str; 5] = ["a", "b", "A", "\u{e9}", "\u{c9}"];

fn history() -> impl Strategy<Value = History> {
    let name = || prop::sample::select(NAMES.as_slice());
    let text = || prop::sample::select(["", "one", "other"].as_slice());
    let pick = any::<Index>;
    let by_path = prop_oneof![
        6 => (pick(), name(), text()).prop_map(|(folder, name, text)| ByPath::Put { folder, name, text }),
        3 => (pick(), name()).prop_map(|(folder, name)| ByPath::CreateFolder { folder, name }),
        4 => (pick(), pick(), name()).prop_map(|(entry, folder, name)| ByPath::Move { entry, folder, name }),
        2 => (pick(), pick(), name()).prop_map(|(entry, folder, name)| ByPath::Copy { entry, folder, name }),
        2 => pick().prop_map(|entry| ByPath::Delete { entry }),
        2 => (pick(), name()).prop_map(|(folder, name)| ByPath::Restore { folder, name }),
        1 => pick().prop_map(|entry| ByPath::Share { entry }),
    ];
    let update = (pick(), prop::option::of(pick()), prop::option::of(name()), prop::option::of(text()));
    let by_id = prop_oneof![
        4 => (pick(), name(), text()).prop_map(|(folder, name, text)| ById::Upload { folder, name, text }),
        2 => (pick(), text()).prop_map(|(entry, text)| ById::UploadVersion { entry, text }),
        4 => (pick(), name()).prop_map(|(folder, name)| ById::CreateFolder { folder, name }),
        6 => update.prop_map(|(entry, folder, name, description)| ById::Update { entry, folder, name, description }),
        2 => (pick(), pick(), name()).prop_map(|(entry, folder, name)| ById::Copy { entry, folder, name }),
        3 => pick().prop_map(|entry| ById::Delete { entry }),
        3 => (pick(), pick(), name()).prop_map(|(entry, folder, name)| ById::Untrash { entry, folder, name }),
        1 => pick().prop_map(|entry| ById::Purge { entry }),
        2 => (pick(), pick()).prop_map(|(entry, version)| ById::Promote { entry, version }),
    ];
    let limits = prop::collection::vec(1..6usize, 4);
    (prop::collection::vec((by_path, by_id), 3..25), limits)
        .prop_map(|(steps, limits)| History { steps, limits })
}

/// What is at a path: the size of a file, or nothing for a folder.
type Tree = BTreeMap<String, Option<u64>>;

/// An entry as Box's listing tells it.
#[derive(Clone, Debug)]
struct Listed {
    path: String,
    id: String,
    is_folder: bool,
    size: u64,
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// Everything, by listing folder after folder, with markers.
async fn listed_by_id(world: &World) -> Vec<Listed> {
    let (mut listed, mut folders) = (Vec::new(), vec![("0".to_owned(), String::new())]);
    while let Some((id, path)) = folders.pop() {
        let mut marker = String::new();
        loop {
            let uri = format!("/2.0/folders/{id}/items?usemarker=true&limit=3&fields=name,size{marker}");
            let page = world.box_get(&uri).await.json();
            for entry in page["entries"].as_array().expect("entries") {
                let path = format!("{path}/{}", text(&entry["name"]));
                let is_folder = entry["type"] == "folder";
                if is_folder {
                    folders.push((text(&entry["id"]), path.clone()));
                }
                let size = entry["size"].as_u64().expect("a size");
                listed.push(Listed { path, id: text(&entry["id"]), is_folder, size });
            }
            match page["next_marker"].as_str() {
                Some(next) => marker = format!("&marker={next}"),
                None => break,
            }
        }
    }
    listed.sort_by(|one, other| one.path.cmp(&other.path));
    listed
}

/// Everything, as `metadata` tells it.
async fn listed_by_path(world: &World) -> Tree {
    let (mut tree, mut folders) = (Tree::new(), vec![String::new()]);
    while let Some(folder) = folders.pop() {
        let uri = format!("/1/metadata/auto{}", folder.split('/').map(encoded).collect::<Vec<_>>().join("/"));
        for entry in world.get(&uri).await.json()["contents"].as_array().expect("contents") {
            let path = text(&entry["path"]);
            let is_folder = entry["is_dir"] == true;
            tree.insert(path.clone(), (!is_folder).then(|| entry["bytes"].as_u64().expect("a size")));
            if is_folder {
                folders.push(path);
            }
        }
    }
    tree
}

/// What a client of `delta` holds in the end, by the rules of such clients.
async fn replayed_delta(world: &World) -> Tree {
    let (mut held, mut cursor) = (BTreeMap::<String, (String, Option<u64>)>::new(), String::new());
    loop {
        let page = world.post("/1/delta", &format!("cursor={cursor}")).await.json();
        for told in page["entries"].as_array().expect("entries") {
            let (key, entry) = (text(&told[0]), &told[1]);
            if entry.is_null() || entry["is_dir"] == false {
                held.retain(|path, _| *path != key && !path.starts_with(&format!("{key}/")));
            }
            if !entry.is_null() {
                let size = (entry["is_dir"] == false).then(|| entry["bytes"].as_u64().expect("a size"));
                held.insert(key, (text(&entry["path"]), size));
            }
        }
        cursor = text(&page["cursor"]);
        if page["has_more"] == false {
            return held.into_values().collect();
        }
    }
}

/// What a client of the events holds in the end, who has followed them from the beginning in pages of these sizes.
async fn replayed_events(world: &World, limits: &[usize]) -> Tree {
    #[derive(Debug)]
    struct Held {
        name: String,
        parent: String,
        size: Option<u64>,
        is_trashed: bool,
    }
    let (mut held, mut position, mut seen) =
        (BTreeMap::<String, Held>::new(), 0, std::collections::BTreeSet::new());
    for limit in limits.iter().cycle() {
        let uri = format!("/2.0/events?stream_position={position}&limit={limit}");
        let page = world.box_get(&uri).await.json();
        let next = page["next_stream_position"].as_u64().expect("a number");
        for event in page["entries"].as_array().expect("entries") {
            assert!(seen.insert(text(&event["event_id"])), "told twice: {event}");
            let source = &event["source"];
            let (name, parent) = (text(&source["name"]), text(&source["parent"]["id"]));
            let size = (source["type"] == "file").then(|| source["size"].as_u64().expect("a size"));
            let is_trashed = event["event_type"] == "ITEM_TRASH";
            assert_eq!(is_trashed, source["item_status"] == "trashed", "{event}");
            held.insert(text(&source["id"]), Held { name, parent, size, is_trashed });
        }
        if page["chunk_size"] == 0 {
            break;
        }
        assert!(next > position, "it goes on");
        position = next;
    }
    let path = |id: &String| {
        let (mut names, mut at) = (Vec::new(), id);
        while at != "0" {
            let entry = &held[at];
            if entry.is_trashed {
                return None;
            }
            names.push(&*entry.name);
            at = &entry.parent;
        }
        names.reverse();
        Some(format!("/{}", names.join("/")))
    };
    held.iter().filter_map(|(id, entry)| Some((path(id)?, entry.size))).collect()
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

/// What is refused changes nothing, which is as good a history as any; what fails is not.
fn fair(answer: &crate::world::Answer, what: &dyn std::fmt::Debug) {
    assert!(!answer.status.is_server_error(), "{what:?}: {} {}", answer.status, answer.text());
}

async fn do_by_path(world: &World, listed: &[Listed], act: &ByPath) {
    let folder = |index: &Index| {
        let folders: Vec<&str> = std::iter::once("")
            .chain(listed.iter().filter(|entry| entry.is_folder).map(|entry| &*entry.path))
            .collect();
        index.get(&folders).to_string()
    };
    let entry = |index: &Index| (!listed.is_empty()).then(|| index.get(listed).path.clone());
    let below = |index: &Index, name: &str| format!("{}/{name}", folder(index));
    let url = |path: &str| path.split('/').map(encoded).collect::<Vec<_>>().join("/");
    let relocate = async |verb: &str, from: Option<String>, to: String| {
        let from = from?;
        let form = format!("root=auto&from_path={}&to_path={}", encoded(&from), encoded(&to));
        Some(world.post(&format!("/1/fileops/{verb}"), &form).await)
    };
    let answer = match act {
        ByPath::Put { folder, name, text } => {
            Some(world.put(&format!("/1/files_put/auto{}", url(&below(folder, name))), *text).await)
        }
        ByPath::CreateFolder { folder, name } => {
            let form = format!("root=auto&path={}", encoded(&below(folder, name)));
            Some(world.post("/1/fileops/create_folder", &form).await)
        }
        ByPath::Move { entry: index, folder, name } => {
            relocate("move", entry(index), below(folder, name)).await
        }
        ByPath::Copy { entry: index, folder, name } => {
            relocate("copy", entry(index), below(folder, name)).await
        }
        ByPath::Delete { entry: index } => match entry(index) {
            Some(path) => {
                Some(world.post("/1/fileops/delete", &format!("root=auto&path={}", encoded(&path))).await)
            }
            None => None,
        },
        ByPath::Restore { folder, name } => {
            let path = url(&below(folder, name));
            let revisions = world.get(&format!("/1/revisions/auto{path}")).await;
            let rev = if revisions.status == 200 {
                revisions.json()[0]["rev"].as_str().map(str::to_owned)
            } else {
                None
            };
            match rev {
                Some(rev) => Some(world.post(&format!("/1/restore/auto{path}"), &format!("rev={rev}")).await),
                None => None,
            }
        }
        ByPath::Share { entry: index } => match entry(index) {
            Some(path) => Some(world.post(&format!("/1/shares/auto{}", url(&path)), "").await),
            None => None,
        },
    };
    if let Some(answer) = answer {
        fair(&answer, act);
    }
}

async fn do_by_id(world: &World, listed: &[Listed], act: &ById) {
    let folder = |index: &Index| {
        let folders: Vec<&str> = std::iter::once("0")
            .chain(listed.iter().filter(|entry| entry.is_folder).map(|entry| &*entry.id))
            .collect();
        json!({ "id": index.get(&folders) })
    };
    let kind = |is_folder: bool| if is_folder { "folders" } else { "files" };
    let entry = |index: &Index| {
        (!listed.is_empty()).then(|| {
            let entry = index.get(listed);
            format!("/2.0/{}/{}", kind(entry.is_folder), entry.id)
        })
    };
    let trashed = async |index: &Index| {
        let trash = world.box_get("/2.0/folders/trash/items?limit=1000").await.json();
        let entries = trash["entries"].as_array().expect("entries");
        (!entries.is_empty()).then(|| {
            let entry = index.get(entries);
            format!("/2.0/{}/{}", kind(entry["type"] == "folder"), text(&entry["id"]))
        })
    };
    let upload = async |uri: &str, said: Value, text: &str| {
        let part = |head: &str, body: &str| {
            format!("--B\r\nContent-Disposition: form-data; {head}\r\n\r\n{body}\r\n")
        };
        let form =
            part("name=\"attributes\"", &said.to_string()) + &part("name=\"file\"; filename=\"\"", text);
        let request = world.ask(Method::POST, uri).header("content-type", "multipart/form-data; boundary=B");
        world.box_send(request.body((form + "--B--\r\n").into()).expect("a good request")).await
    };
    let answer = match act {
        ById::Upload { folder: index, name, text } => {
            let said = json!({ "name": name, "parent": folder(index) });
            Some(upload("/api/2.0/files/content", said, text).await)
        }
        ById::UploadVersion { entry: index, text } => {
            match entry(index).filter(|uri| uri.contains("/files/")) {
                Some(uri) => Some(upload(&format!("/api{uri}/content"), json!({}), text).await),
                None => None,
            }
        }
        ById::CreateFolder { folder: index, name } => {
            let body = json!({ "name": name, "parent": folder(index) });
            Some(world.box_json(Method::POST, "/2.0/folders", &body).await)
        }
        ById::Update { entry: index, folder: into, name, description } => match entry(index) {
            Some(uri) => {
                let parent = into.as_ref().map(folder);
                let body = json!({ "name": name, "parent": parent, "description": description });
                Some(world.box_json(Method::PUT, &uri, &body).await)
            }
            None => None,
        },
        ById::Copy { entry: index, folder: into, name } => match entry(index) {
            Some(uri) => {
                let body = json!({ "name": name, "parent": folder(into) });
                Some(world.box_json(Method::POST, &format!("{uri}/copy"), &body).await)
            }
            None => None,
        },
        ById::Delete { entry: index } => match entry(index) {
            Some(uri) => {
                let uri = format!("{uri}?recursive=true");
                Some(world.box_json(Method::DELETE, &uri, &json!({})).await)
            }
            None => None,
        },
        ById::Untrash { entry: index, folder: into, name } => match trashed(index).await {
            Some(uri) => {
                let body = json!({ "name": name, "parent": folder(into) });
                Some(world.box_json(Method::POST, &uri, &body).await)
            }
            None => None,
        },
        ById::Purge { entry: index } => match trashed(index).await {
            Some(uri) => Some(world.box_json(Method::DELETE, &format!("{uri}/trash"), &json!({})).await),
            None => None,
        },
        ById::Promote { entry: index, version } => match entry(index).filter(|uri| uri.contains("/files/")) {
            Some(uri) => {
                let versions = world.box_get(&format!("{uri}/versions")).await;
                let versions =
                    if versions.status == 200 { versions.json()["entries"].take() } else { json!([]) };
                let versions = versions.as_array().expect("entries").clone();
                if versions.is_empty() {
                    return;
                }
                let body = json!({ "type": "file_version", "id": version.get(&versions)["id"] });
                Some(world.box_json(Method::POST, &format!("{uri}/versions/current"), &body).await)
            }
            None => None,
        },
    };
    if let Some(answer) = answer {
        fair(&answer, act);
    }
}

async fn run(history: &History) {
    let world = World::new().await;
    for (by_path, by_id) in &history.steps {
        let listed = listed_by_id(&world).await;
        tokio::join!(do_by_path(&world, &listed, by_path), do_by_id(&world, &listed, by_id));
    }
    let listed = listed_by_id(&world).await;
    let size = |entry: Listed| (entry.path, (!entry.is_folder).then_some(entry.size));
    let tree: Tree = listed.into_iter().map(size).collect();
    assert_eq!(listed_by_path(&world).await, tree, "the listings differ");
    assert_eq!(replayed_delta(&world).await, tree, "delta tells another tree");
    assert_eq!(replayed_events(&world, &history.limits).await, tree, "the events tell another tree");
}

#[expect(clippy::disallowed_methods, reason = "how many to run is said from outside")]
fn histories() -> u32 {
    std::env::var("TIDEMARK_HISTORIES").ok().and_then(|count| count.parse().ok()).unwrap_or(200)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: histories(), max_shrink_iters: 5_000, ..ProptestConfig::default() })]

    #[test]
    fn both_protocols_tell_the_same_tree(history in history()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        runtime.block_on(run(&history));
    }
}
