//! Looking into folders page by page.

use super::run;
use crate::world::World;
use futures_util::FutureExt;
use tidemark_core::cloud::{By, ListError, Order, Trashed, Whereabouts};
use tidemark_core::model::{Entry, EntryId};

fn names(children: &[Entry]) -> Vec<&str> {
    children.iter().map(|child| child.name.as_str()).collect()
}

/// More than are read at once, so that what is dropped on the way is dropped rightly.
#[tokio::test]
async fn a_window_is_the_same_however_many_there_are_around_it() {
    let world = World::new().await;
    let count = 2_500;
    let mut script = String::from("mkdir /zz\nput /zz/inside some\nmkdir /Folder\n");
    for n in 0..count {
        script += &format!("put /f{:04} {}\n", (n * 7) % count, "x".repeat(1 + n % 5));
    }
    run(&world, &script).await;
    let scope = world.whole().await;
    for by in [By::Name, By::Id, By::Date, By::Size] {
        for descending in [false, true] {
            let order = Order { by, descending };
            let whole = world.cloud.window(&scope, EntryId::ROOT, order, 0, usize::MAX).await.unwrap();
            assert_eq!((whole.total, whole.children.len()), (count as u64 + 2, count + 2));
            assert!(whole.children[..2].iter().all(Entry::is_folder), "{order:?}");
            for (offset, limit) in [(0, 3), (1, 1), (1_200, 10), (2_499, 10), (3_000, 10), (7, 0)] {
                let window = world.cloud.window(&scope, EntryId::ROOT, order, offset, limit).await.unwrap();
                let expected: Vec<_> = whole.children.iter().skip(offset).take(limit).collect();
                assert_eq!(
                    window.children.iter().collect::<Vec<_>>(),
                    expected,
                    "{order:?} {offset} {limit}"
                );
                assert_eq!(window.total, whole.total);
            }
        }
    }
    let first = async |by, descending| {
        let window = world.cloud.window(&scope, EntryId::ROOT, Order { by, descending }, 0, 3).await.unwrap();
        names(&window.children).join(" ")
    };
    assert_eq!(first(By::Name, false).await, "Folder zz f0000");
    assert_eq!(first(By::Name, true).await, "zz Folder f2499");
    assert_eq!(first(By::Id, true).await, "Folder zz f2493");
    assert_eq!(first(By::Size, false).await, "Folder zz f0000");
    assert_eq!(first(By::Size, true).await, "zz Folder f0003");
}

#[tokio::test]
async fn stretches_join_to_the_whole() {
    let world = World::new().await;
    run(&world, "mkdir /d\nput /d/b 1\nput /d/A 2\nmkdir /d/c\nput /d/e 4\nput /d/f 5").await;
    let scope = world.whole().await;
    let (mut after, mut told) = (None, Vec::new());
    loop {
        let stretch = world.cloud.stretch(&scope, EntryId(1), after.as_ref(), 2).await.unwrap();
        assert_eq!((stretch.folder.entry.id, stretch.folder.around.len()), (EntryId(1), 1));
        told.push(names(&stretch.children).join(" "));
        after = stretch.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(told, ["A b", "c e", "f"]);
    let exact = world.cloud.stretch(&scope, EntryId(1), None, 5).await.unwrap();
    assert_eq!((exact.children.len(), exact.next), (5, None));
}

#[tokio::test]
async fn only_what_is_there_and_in_reach_is_found() {
    let world = World::new().await;
    run(&world, "mkdir /out\nput /out/f 1\nmkdir /gone\nput /gone/f 1\nrm /gone").await;
    let (whole, narrow) = (world.whole().await, world.app_folder().await);
    let situated = async |scope, id| world.cloud.situated(scope, EntryId(id)).await.unwrap();
    let found = situated(&whole, 2).await.unwrap();
    assert_eq!((names(&found.around), found.entry.name.as_str()), (vec!["", "out"], "f"));
    let root = situated(&narrow, narrow.root.0).await.unwrap();
    assert_eq!(root.around, []);
    for (scope, id) in [(&whole, 3), (&whole, 4), (&whole, 99), (&narrow, 0), (&narrow, 1), (&narrow, 2)] {
        assert_eq!(situated(scope, id).await, None, "{id}");
        let listed = world.cloud.stretch(scope, EntryId(id), None, 1).await;
        assert!(matches!(listed, Err(ListError::NotFound)), "{id}: {listed:?}");
    }
    let file = world.cloud.window(&whole, EntryId(2), Order::default(), 0, 1).await;
    assert!(matches!(file, Err(ListError::NotAFolder)), "{file:?}");
}

#[tokio::test]
async fn somebody_who_knows_an_identity_is_told_where_it_is() {
    let world = World::new().await;
    let script =
        "mkdir /d\nput /d/f 1\nput /a 1\nmkdir /gone\nput /gone/f 1\nrm /d\nrm /a\nrm /gone\npurge 4";
    run(&world, script).await;
    let (whole, narrow) = (world.whole().await, world.app_folder().await);
    let place = async |scope, id| match world.cloud.whereabouts(scope, EntryId(id)).await.unwrap() {
        Whereabouts::There(item) => format!("there: {}", item.entry.name),
        Whereabouts::InTrash(entry) => format!("in the trash: {}", entry.name),
        Whereabouts::Nowhere => "nowhere".to_owned(),
    };
    for (id, expected) in [
        (0, "there: "),
        (1, "in the trash: d"),
        (2, "in the trash: f"),
        (3, "in the trash: a"),
        (4, "nowhere"),
        (5, "nowhere"),
        (99, "nowhere"),
    ] {
        assert_eq!(place(&whole, id).await, expected, "{id}");
        assert_eq!(place(&narrow, id).await, "nowhere", "{id}");
    }
    assert_eq!(place(&narrow, narrow.root.0).await, "there: Notes");
}

#[tokio::test]
async fn the_trash_is_told_in_any_order() {
    let world = World::new().await;
    run(&world, "mkdir /z\nput /z/f 1\nput /b 22\nput /a 4444\nput /z/c 1\nrm /b\nrm /a\nrm /z/c\nrm /z")
        .await;
    let scope = world.whole().await;
    let told = async |by, descending, offset, limit| {
        let order = Order { by, descending };
        let (trashed, total) = world.cloud.trash_window(&scope, order, offset, limit).await.unwrap();
        let one = |trashed: &Trashed| format!("{}{}", trashed.around.len(), trashed.item.path);
        format!("{total}: {}", trashed.iter().map(one).collect::<Vec<_>>().join(" "))
    };
    // What lay in a folder that is gone itself has no place.
    assert_eq!(told(By::Name, false, 0, 9).await, "4: 1/z 1/a 1/b 0/c");
    assert_eq!(told(By::Size, true, 1, 2).await, "4: 1/a 1/b");
    assert_eq!(told(By::Date, true, 0, 2).await, "4: 1/z 0/c");
    assert_eq!(told(By::Id, false, 3, 9).await, "4: 0/c");
    let narrow = world.app_folder().await;
    let (trashed, total) = world.cloud.trash_window(&narrow, Order::default(), 0, 9).await.unwrap();
    assert_eq!((trashed.len(), total), (0, 0));
}

/// Large folders are read in turns. Whoever stops waiting keeps nobody waiting.
#[tokio::test]
async fn many_who_look_at_once_all_come_to_an_end() {
    let world = World::new().await;
    let script: String = (0..1_100).map(|n| format!("put /f{n:04} x\n")).collect();
    run(&world, &script).await;
    let scope = world.whole().await;
    let look = || world.cloud.window(&scope, EntryId::ROOT, Order::default(), 0, 1);
    let trash = || world.cloud.trash_window(&scope, Order::default(), 0, 1);
    for _ in 0..5 {
        assert!(look().now_or_never().is_none(), "others get their turn in between");
    }
    let ((one, other), trashed) = tokio::join!(async { tokio::join!(look(), look()) }, trash());
    assert_eq!((one.unwrap().total, other.unwrap().total, trashed.unwrap().1), (1_100, 1_100, 0));
}
