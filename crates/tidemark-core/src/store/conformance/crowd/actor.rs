//! One of the crowd: tries verbs, and remembers what was acknowledged.

use super::super::dice::Dice;
use super::VERBS;
use crate::cloud::{Cloud, CommitUploadError, Condition, Item, Put, PutError, Scope, Search};
use crate::model::{AppKey, ClientTimes, Content, Name, Path, Rev, Sha1, UploadTarget, Words, digest_of};
use std::error::Error;
use std::sync::Arc;

/// A put that was answered with success.
pub(super) struct Acknowledged {
    pub(super) path: Path,
    pub(super) rev: Rev,
    pub(super) bytes: Vec<u8>,
}

const NAMES: [&str; 4] = ["a", "b", "c", "A"];
/// A tiny one, one that shares a segment, and one that is large.
const SIZES: [usize; 6] = [0, 40, 300, 5_000, 20_000, 300_000];

pub(super) async fn act(cloud: Arc<Cloud>, scope: Scope, mut dice: Dice) -> Vec<Acknowledged> {
    let mut acknowledged = Vec::new();
    for _ in 0..VERBS {
        let (path, other) = (path(&mut dice), path(&mut dice));
        match dice.roll(17) {
            0..7 => acknowledged.extend(put(&cloud, &scope, &path, &mut dice).await),
            7 => drop(settled(cloud.create_folder(&scope, &path).await)),
            8..10 => drop(settled(cloud.delete(&scope, &path).await)),
            10..13 => drop(settled(cloud.move_to(&scope, &path, &other, dice.one_of(2)).await)),
            13 => drop(settled(cloud.copy_to(&scope, &path, &other).await)),
            14 => search(&cloud, &scope, dice.one_of(2)).await,
            15 => drop(settled(cloud.undelete(&scope, &path).await)),
            _ => {
                if let Some(revisions) = settled(cloud.revisions(&scope, &path, 9).await).flatten() {
                    let picked = usize::try_from(dice.roll(revisions.len() as u64)).expect("small");
                    let rev = revisions[picked].rev(scope.namespace);
                    drop(settled(cloud.restore(&scope, &path, rev).await));
                }
            }
        }
    }
    acknowledged
}

/// Looks for something while others change everything.
async fn search(cloud: &Cloud, scope: &Scope, deleted: bool) {
    let words = Words::parse("a").expect("a good query");
    let search = Search { path: &Path::root(), words: &words, limit: 20, deleted };
    let found = settled(cloud.search(scope, search).await).expect("the root is there");
    for item in found {
        assert!(item.path.name().is_some_and(|name| words.match_name(&name)), "{}", item.path);
        assert!(deleted || item.gone.is_none(), "{}", item.path);
    }
}

/// Puts a file that a reader of this prefix sees: whatever it sees afterwards, it has seen everything before.
pub(super) async fn mark_the_end(cloud: &Cloud, scope: &Scope, prefix: &str) {
    let unlimited = Scope { quota: None, ..scope.clone() };
    let content = Content { size: 0, address: digest_of(&[]) };
    let mut way: Vec<&str> = prefix.split('/').filter(|name| !name.is_empty()).collect();
    let path = |names: &[&str]| Path::parse(&names.join("/")).expect("good");
    let end = path(&[&way[..], &["end"]].concat());
    let put = || Put {
        at: end.clone().into(),
        content,
        condition: Condition::Overwrite,
        autorename: false,
        times: ClientTimes::default(),
    };
    while let Err(refusal) = cloud.put_file(&unlimited, &put()).await {
        assert!(matches!(refusal, PutError::ParentIsFile), "{refusal}");
        drop(cloud.delete(&unlimited, &path(&way)).await);
        way.pop();
    }
}

fn path(dice: &mut Dice) -> Path {
    let names: Vec<&str> = (0..=dice.roll(3)).map(|_| dice.pick(&NAMES)).collect();
    Path::parse(&names.join("/")).expect("good names")
}

async fn put(cloud: &Cloud, scope: &Scope, path: &Path, dice: &mut Dice) -> Option<Acknowledged> {
    let mut bytes = vec![b'x'; dice.pick(&SIZES)];
    // Some are equal to others.
    if let Some(first) = bytes.first_mut() {
        *first = u8::try_from(dice.roll(20)).expect("small");
    }
    let (condition, autorename) = (dice.pick(&[Condition::Overwrite, Condition::Add]), dice.one_of(2));
    let put = |content| Put {
        at: path.clone().into(),
        content,
        condition,
        autorename,
        times: ClientTimes::default(),
    };
    let made = if dice.one_of(4) {
        in_pieces(cloud, scope, &bytes, put).await
    } else if dice.one_of(4) && !bytes.is_empty() {
        in_parts(cloud, scope, &bytes, put).await
    } else {
        let mut intake = cloud.intake(u64::MAX);
        intake.push(bytes.clone().into()).await.expect("the store takes bytes");
        let content = intake.finish().await.expect("the store takes bytes");
        settled(cloud.put_file(scope, &put(content)).await)
    };
    made.map(|item| Acknowledged { path: item.path.clone(), rev: item.rev(scope.namespace), bytes })
}

async fn in_pieces(
    cloud: &Cloud,
    scope: &Scope,
    bytes: &[u8],
    put: impl Fn(Content) -> Put + Copy + Send,
) -> Option<Item> {
    let app = AppKey("crowd".into());
    let (one, two) = bytes.split_at(bytes.len() / 2);
    let mut piece = cloud.first_chunk(scope, &app, u64::MAX).await.expect("few are open");
    piece.push(one.to_vec().into()).await.expect("the store takes bytes");
    let session = cloud.finish_chunk(piece).await.expect("the first piece");
    let (id, offset) = (session.id, session.offset());
    let mut piece = cloud.chunk(session, offset, u64::MAX).expect("the right offset");
    piece.push(two.to_vec().into()).await.expect("the store takes bytes");
    cloud.finish_chunk(piece).await.expect("the second piece");
    // Twice at once: the second may succeed only if it changes nothing.
    let commit = || cloud.commit_upload(scope, &app, id, put);
    let (one, two) = tokio::join!(commit(), commit());
    let made = match (one, two) {
        (Ok(one), Ok(two)) => {
            assert_eq!(one.rev(scope.namespace), two.rev(scope.namespace), "one session was committed twice");
            Ok(one)
        }
        (Ok(item), Err(_)) | (Err(_), Ok(item)) => Ok(item),
        (Err(CommitUploadError::Put(refusal)), Err(_)) | (Err(_), Err(CommitUploadError::Put(refusal))) => {
            Err(refusal)
        }
        (Err(refusal), Err(_)) => panic!("nobody has committed it, and still: {refusal}"),
    };
    settled(made)
}

async fn in_parts(
    cloud: &Cloud,
    scope: &Scope,
    bytes: &[u8],
    put: impl Fn(Content) -> Put + Copy + Send,
) -> Option<Item> {
    let app = AppKey("crowd".into());
    let name = Name::new("in parts").expect("a good name");
    let target = UploadTarget::New { folder: scope.root, name };
    let size = bytes.len() as u64;
    let id = settled(cloud.begin_parts(scope, &app, target, size).await)?.id;
    let sha1 = Sha1::of(bytes);
    let send = async || {
        let mut part = cloud.part(scope, &app, id, 0..size, sha1).await.expect("the one part there is");
        part.push(bytes.to_vec().into()).await.expect("the store takes bytes");
        cloud.finish_part(part).await.expect("the one part there is")
    };
    let (one, two) = tokio::join!(send(), send());
    assert_eq!(one, two);
    let commit = || cloud.commit_parts(scope, &app, id, sha1, move |content, _| (put(content), None));
    let (one, two) = tokio::join!(commit(), commit());
    if let (Ok(one), Ok(two)) = (&one, &two) {
        // Somebody may have moved it before the second was told.
        assert_eq!(one.entry.id, two.entry.id, "one session was committed twice");
    }
    let made = settled(one).or(settled(two));
    if made.is_none() {
        settled(cloud.abort_parts(scope, &app, id).await);
    }
    made
}

/// What a verb did, if it was not refused. A store that cannot is no refusal.
fn settled<T, E: Error>(made: Result<T, E>) -> Option<T> {
    made.inspect_err(|refusal| assert!(!refusal.to_string().starts_with("the store"), "{refusal}")).ok()
}
