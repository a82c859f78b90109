//! `GET /activity`: what happened in somebody's files lately, from their journal.

mod groups;
#[cfg(test)]
mod story;
mod words;

use super::frame::{Frame, Member, Part};
use super::moment::Moment;
use super::page::{self, PageError, plain};
use super::shared::address::encoded;
use super::{FILES_PATH, Site};
use crate::http::Params;
use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use groups::grouped;
use http::{HeaderMap, StatusCode};
use std::collections::HashMap;
use tidemark_core::cloud::{Reach, Report, Scope};
use tidemark_core::model::{Account, AccountId, Act, Entry, Seq, Timestamp};
use tidemark_core::store::StoreError;
use words::Words;

/// How many changes a page looks at, so that a folder of photographs is a line and not ten pages.
const LOOKED_AT_MAX: u64 = 500;
/// How many lines a page has. What is left of the changes then is told on the next.
const LINES_MAX: usize = 50;
/// About how long the paths and addresses on a page may be together, in bytes: each change's address holds that of its folder,
/// which may be very long. What is left is told on the next.
const PLACES_MAX: usize = 1 << 20;

#[derive(Template)]
#[template(path = "activity.html")]
struct ActivityPage {
    lines: Vec<Line>,
    is_first: bool,
    /// Before which change the next page begins.
    next: Option<u64>,
    frame: Frame,
}

/// What somebody did: one change, or several that are alike.
struct Line {
    who: String,
    did: String,
    place: Place,
    often: Option<String>,
    /// The latest of them.
    when: Moment,
    each: Option<Each>,
}

/// The changes of a line that stands for several, the latest first.
struct Each {
    title: String,
    changes: Vec<(Place, Moment)>,
}

/// An entry or a folder.
struct Place {
    text: String,
    /// Where it was put, or what it was deleted from, if that folder is there.
    link: Option<String>,
}

impl Place {
    /// How long it is on a page, where each of some characters is written as five.
    fn bytes(&self) -> usize {
        let written = |text: &str| text.len() + 4 * text.matches(['<', '>', '&', '"', '\'']).count();
        written(&self.text) + self.link.as_deref().map_or(0, written)
    }
}

/// The latest changes, or those before one of them.
pub(super) async fn show(
    State(site): State<Site>,
    member: Member,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let before = Params::parse(query.as_deref(), None)?.integer::<u64>("before")?;
    let scope = site.cloud.scope(&member.account, Reach::Whole).await?;
    let head = site.cloud.head(&scope).await?.0;
    let last = before.map_or(head, |before| before.saturating_sub(1).min(head));
    let (told, after) = read(&site, &scope, last).await?;
    let mut people = Names { site: &site, asking: &member.account, known: HashMap::new() };
    let (mut lines, now) = (Vec::new(), site.cloud.now());
    let (mut rest, mut room) = ((after > 0).then_some(after + 1), PLACES_MAX);
    for group in grouped(&told).rev() {
        let [.., latest] = group else { continue };
        let around = Around::of(latest);
        let mut places =
            if lines.len() == LINES_MAX { Vec::new() } else { around.fitting(group, latest, &mut room) };
        if lines.is_empty() && places.is_empty() {
            // A page tells of one change at least: somebody who goes on gets on.
            places.push(around.entry(latest, false));
        }
        let (left_over, told) = group.split_at(group.len() - places.len());
        if !told.is_empty() {
            lines.push(line(told, places, latest, &around, people.of(latest.change.author).await?, now));
        }
        if let Some(next) = left_over.last() {
            rest = Some(next.change.seq.0 + 1);
            break;
        }
    }
    let mut headers = HeaderMap::new();
    let page = ActivityPage {
        lines,
        is_first: before.is_none(),
        next: rest,
        frame: member.frame(&site, Part::Account, &mut headers),
    };
    Ok(page::with(page::page(StatusCode::OK, &page), headers))
}

/// The changes up to this one that a page looks at, and the one before them.
async fn read(site: &Site, scope: &Scope, last: u64) -> Result<(Vec<Report>, u64), StoreError> {
    // A journal is numbered without gaps, so that the last ones of it are found by their numbers.
    let after = last.saturating_sub(LOOKED_AT_MAX);
    let wide = usize::try_from(last - after).unwrap_or(usize::MAX);
    let mut told = site.cloud.feed_without_versions(scope, Seq(after), wide).await?.told;
    // What a page leaves out, its neighbour would be given in its place.
    told.retain(|report| report.change.seq.0 <= last);
    Ok((told, after))
}

/// What people are called, looked up once each.
struct Names<'a> {
    site: &'a Site,
    asking: &'a Account,
    known: HashMap<AccountId, String>,
}

impl Names<'_> {
    async fn of(&mut self, id: AccountId) -> Result<String, StoreError> {
        if id == self.asking.id {
            return Ok("You".to_owned());
        }
        if let Some(name) = self.known.get(&id) {
            return Ok(name.clone());
        }
        let account = self.site.people.account_by_id(id).await?;
        let name = account.map_or_else(|| "Somebody".to_owned(), |account| plain(&account.name));
        self.known.insert(id, name.clone());
        Ok(name)
    }
}

/// What a group is told as, of which this is the latest, with the place of each, the latest first.
fn line(
    group: &[Report],
    places: Vec<Place>,
    latest: &Report,
    around: &Around,
    who: String,
    now: Timestamp,
) -> Line {
    let Words { did, is_of_folder, often, each } = Words::of(group);
    let place = if is_of_folder { around.folder() } else { around.entry(latest, true) };
    let when = |report: &Report| Moment::new(report.change.time, now);
    let changes =
        |title| Each { title, changes: places.into_iter().zip(group.iter().rev().map(when)).collect() };
    Line { who, did, place, often, when: when(latest), each: each.map(changes) }
}

/// The folder in which something happened, as it is now.
struct Around {
    /// As people read it; nothing of the root.
    path: String,
    address: Option<String>,
}

impl Around {
    fn of(report: &Report) -> Around {
        let around = &report.item.around;
        // (The root has no name.)
        let names: Vec<&str> =
            around.iter().map(|folder| folder.name.as_str()).filter(|name| !name.is_empty()).collect();
        let is_there = |folder: &Entry| folder.live && !folder.purged;
        let address = around.iter().all(is_there).then(|| {
            let segments: String = names.iter().map(|name| format!("/{}", encoded(name))).collect();
            format!("{FILES_PATH}{segments}")
        });
        Around { path: names.iter().map(|name| format!("/{}", plain(name))).collect(), address }
    }

    /// The places of as many of a group's latest changes as a line can tell of in so much room, which they take; the latest first.
    fn fitting(&self, group: &[Report], latest: &Report, room: &mut usize) -> Vec<Place> {
        let mut take = |place: &Place| room.checked_sub(place.bytes()).map(|less| *room = less).is_some();
        // The path of its folder is shorter.
        if !take(&self.entry(latest, true)) {
            return Vec::new();
        }
        let mut listed = group.iter().rev().map(|report| self.entry(report, false));
        // One alone is told in the line, and is not listed.
        let Some(first) = listed.next() else { return Vec::new() };
        if group.len() == 1 || !take(&first) {
            return vec![first];
        }
        std::iter::once(first).chain(listed.take_while(take)).collect()
    }

    fn folder(&self) -> Place {
        let text = if self.path.is_empty() { "All files" } else { &self.path };
        Place { text: text.to_owned(), link: self.address.clone() }
    }

    /// An entry in it: by its path, or among others by its name, which tells folders apart from files.
    fn entry(&self, report: &Report, is_whole: bool) -> Place {
        let name = report.item.entry.name.as_str();
        let text = match report.item.entry.is_folder() {
            _ if is_whole => format!("{}/{}", self.path, plain(name)),
            true => format!("{}/", plain(name)),
            false => plain(name),
        };
        let link = self.address.as_ref().and_then(|folder| match (report.change.act, is_whole) {
            (Act::Delete, true) => Some(folder.clone()),
            // The folder is linked to beside the list.
            (Act::Delete, false) => None,
            _ => Some(format!("{folder}/{}", encoded(name))),
        });
        Place { text, link }
    }
}
