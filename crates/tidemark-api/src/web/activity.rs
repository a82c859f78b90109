//! `GET /activity`: what happened in somebody's files lately, from their journal.

use super::frame::{Frame, Member, Part};
use super::moment::Moment;
use super::page::{self, PageError, plain};
use super::shared::address::encoded;
use super::{FILES_PATH, Site};
use crate::http::Params;
use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use std::collections::HashMap;
use tidemark_core::cloud::{Reach, Report};
use tidemark_core::model::{Account, AccountId, Act, Entry, Seq, Timestamp};
use tidemark_core::store::StoreError;

/// How many changes a page looks at. Most of them are told.
const PAGE: u64 = 50;

#[derive(Template)]
#[template(path = "activity.html")]
struct ActivityPage {
    lines: Vec<Line>,
    is_first: bool,
    /// Before which change the next page begins.
    next: Option<u64>,
    frame: Frame,
}

/// One change: who did what to which.
struct Line {
    who: String,
    did: String,
    path: String,
    /// The folder in which it stands, if that is there.
    link: Option<String>,
    when: Moment,
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
    // A journal is numbered without gaps, so that the last ones of it are found by their numbers.
    let last = before.map_or(head, |before| before.saturating_sub(1).min(head));
    let after = last.saturating_sub(PAGE);
    let looked_at = usize::try_from(last - after).unwrap_or(0);
    let mut told = match looked_at {
        0 => Vec::new(),
        _ => site.cloud.feed(&scope, Seq(after), looked_at).await?.told,
    };
    // What a page leaves out, its neighbour would be given in its place.
    told.retain(|report| report.change.seq.0 <= last);
    let mut people = Names { site: &site, asking: &member.account, known: HashMap::new() };
    let (mut lines, now) = (Vec::with_capacity(told.len()), site.cloud.now());
    for report in told.iter().rev() {
        lines.push(line(report, people.of(report.change.author).await?, now));
    }
    let mut headers = HeaderMap::new();
    let page = ActivityPage {
        lines,
        is_first: before.is_none(),
        next: (after > 0).then_some(after + 1),
        frame: member.frame(&site, Part::Account, &mut headers),
    };
    Ok(page::with(page::page(StatusCode::OK, &page), headers))
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

fn line(report: &Report, who: String, now: Timestamp) -> Line {
    let (change, entry, around) = (&report.change, &report.item.entry, &report.item.around);
    // (The root has no name.)
    let folders: Vec<&str> =
        around.iter().map(|folder| folder.name.as_str()).filter(|name| !name.is_empty()).collect();
    let path = folders.iter().copied().chain([entry.name.as_str()]);
    let path = path.map(|name| format!("/{}", plain(name))).collect();
    let is_there = |folder: &Entry| folder.live && !folder.purged;
    let link = around.iter().all(is_there).then(|| {
        let segments: String = folders.iter().map(|name| format!("/{}", encoded(name))).collect();
        format!("{FILES_PATH}{segments}")
    });
    Line { who, did: did(report), path, link, when: Moment::new(change.time, now) }
}

/// What was done, to be followed by a path.
fn did(report: &Report) -> String {
    let (change, entry) = (&report.change, &report.item.entry);
    let verb = match change.act {
        Act::Create if entry.is_folder() => "created the folder",
        Act::Create => "added",
        Act::Copy => "made a copy:",
        Act::Edit => "changed",
        Act::Revert => "brought back an earlier version of",
        Act::Modify => "changed what is said of",
        Act::Delete => "deleted",
        Act::Restore => "restored",
        Act::Share => "shared",
        Act::Unshare => "stopped sharing",
        Act::Move => match (&change.left, &change.at) {
            (Some(left), Some(at)) if left.parent == at.parent => {
                return format!("renamed “{}” to", plain(left.name.as_str()));
            }
            (Some(left), Some(at)) if left.name != at.name => {
                return format!("moved “{}” to", plain(left.name.as_str()));
            }
            _ => "moved here:",
        },
        // These are not told.
        Act::Purge | Act::Withdraw | Act::Reinstate => "changed",
    };
    verb.to_owned()
}
