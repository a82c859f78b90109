//! The timeline: which months there are, and the pictures of one; of everything, or of one album.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use serde::Serialize;

use super::json;
use super::refusal::Refusal;
use crate::gallery::Inner;
use crate::session::Member;
use crate::store::{Month, Tile, Whose};

#[derive(Serialize)]
struct Months {
    months: Vec<Month>,
    /// Whether folders are being read, so that more is to come.
    working: bool,
}

#[derive(Serialize)]
struct Pictures {
    pictures: Vec<Row>,
}

/// A picture in as few bytes as may be, as there are thousands: its number, version, name, time, whether it is a film, and the
/// width and height of its thumbnail.
type Row = (i64, String, String, i64, u8, i64, i64);

/// `GET /api/timeline`.
pub(super) async fn months(
    State(inner): State<Arc<Inner>>,
    member: Member,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let whose = whose(&member, query.as_deref())?;
    let months = inner.store.blocking(move |store| store.months(whose)).await?;
    Ok(json(&Months { months, working: inner.presence.is_working(member.person) }))
}

/// `GET /api/timeline/<month>`.
pub(super) async fn month(
    State(inner): State<Arc<Inner>>,
    member: Member,
    Path(month): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let whose = whose(&member, query.as_deref())?;
    let month = month.parse().map_err(|_| Refusal::NotFound)?;
    let tiles = inner.store.blocking(move |store| store.tiles(whose, month)).await?;
    Ok(json(&Pictures { pictures: tiles.into_iter().map(row).collect() }))
}

fn row(tile: Tile) -> Row {
    // What nobody has seen yet is told as having no shape; what cannot be seen, as one without a picture.
    let (width, height) = tile.shape.map_or((-1, -1), |shape| shape);
    (tile.id, tile.rev, tile.name, tile.taken, u8::from(tile.is_film), width, height)
}

fn whose(member: &Member, query: Option<&str>) -> Result<Whose, Refusal> {
    let mut fields = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    match fields.find(|(name, _)| name == "album") {
        None => Ok(Whose::All(member.person)),
        Some((_, album)) => Ok(Whose::Album(member.person, album.parse().map_err(|_| Refusal::NotFound)?)),
    }
}
