//! Albums, which are folders: all of them, one, and a link to it for others.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;
use tidemark_client::RemotePath;

use super::refusal::Refusal;
use super::{Acting, json};
use crate::gallery::Inner;
use crate::session::Member;
use crate::store::Album;

#[derive(Serialize)]
struct Albums {
    albums: Vec<Told>,
}

#[derive(Serialize)]
struct Told {
    id: i64,
    name: String,
    path: String,
    count: i64,
    latest: i64,
    /// The number and the version of the picture that stands for it.
    cover: Option<(i64, String)>,
}

#[derive(Serialize)]
struct Named {
    id: i64,
    name: String,
    path: String,
}

#[derive(Serialize)]
pub(super) struct Link {
    pub(super) url: String,
}

/// What pictures that lie in no folder are in.
const TOP: &str = "All files";

/// `GET /api/albums`.
pub(super) async fn list(State(inner): State<Arc<Inner>>, member: Member) -> Result<Response, Refusal> {
    let albums = inner.store.blocking(move |store| store.albums(member.person)).await?;
    let told = |album: Album| Told {
        id: album.id,
        name: name_of(&album.path),
        path: album.path,
        count: album.count,
        latest: album.latest,
        cover: album.cover.map(|cover| (cover.id, cover.rev)),
    };
    Ok(json(&Albums { albums: albums.into_iter().map(told).collect() }))
}

/// `GET /api/albums/<album>`.
pub(super) async fn show(
    State(inner): State<Arc<Inner>>,
    member: Member,
    Path(album): Path<String>,
) -> Result<Response, Refusal> {
    let (id, path) = named(&inner, &member, &album).await?;
    Ok(json(&Named { id, name: name_of(&path), path }))
}

/// `POST /api/albums/<album>/share`: a link that shows the folder to whoever has it. It is the same each time.
pub(super) async fn share(
    State(inner): State<Arc<Inner>>,
    Acting(member): Acting,
    Path(album): Path<String>,
) -> Result<Response, Refusal> {
    let (_, path) = named(&inner, &member, &album).await?;
    let path = RemotePath::new(&path).map_err(|_| Refusal::NotFound)?;
    let link = inner.client_for(&member).await?.share(&path, false).await;
    Ok(json(&Link { url: inner.answered(&member, link).await?.url }))
}

/// The album that an address names, and its folder.
async fn named(inner: &Inner, member: &Member, album: &str) -> Result<(i64, String), Refusal> {
    let (id, person) = (album.parse().map_err(|_| Refusal::NotFound)?, member.person);
    let path = inner.store.blocking(move |store| store.album_path(person, id)).await?;
    Ok((id, path.ok_or(Refusal::NotFound)?))
}

fn name_of(path: &str) -> String {
    match path.rsplit('/').next() {
        None | Some("") => TOP.to_owned(),
        Some(name) => name.to_owned(),
    }
}
