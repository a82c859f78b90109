//! How the nouns of core are spelled in JSON: one struct for each object of the protocol, in its documented order.
//!
//! Everything borrows, because a page of `delta` renders some two thousand entries.

use std::fmt;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use jiff::fmt::rfc2822::DateTimeParser;
use serde::ser::{SerializeMap, SerializeTuple};
use serde::{Serialize, Serializer};
use tidemark_core::cloud::{Item, Listing, Page, Scope, Told};
use tidemark_core::media::{Infos, SOURCE_SIZE_MAX};
use tidemark_core::model::{EntryId, LatLong, MediaInfo, NamespaceId, Path, Referent, Timestamp};

use super::kinds::{Kind, MediaKind};
use crate::content::Size;
use crate::http::date::{civil, put_pairs};
use crate::http::json::Text;
use crate::numbers::number;

/// From where entries are seen: what is not in themselves.
#[derive(Clone, Copy, Debug)]
pub(super) struct View {
    namespace: NamespaceId,
    /// The folder that paths begin at.
    root: EntryId,
    /// Whether paths begin at an app's own folder.
    in_app_folder: bool,
    /// Whether to tell which entry it is, and what its bytes are: an extension of ours.
    identity: bool,
}

impl View {
    pub(super) fn of(scope: &Scope, identity: bool) -> View {
        View { namespace: scope.namespace, root: scope.root, in_app_folder: scope.app.is_some(), identity }
    }

    /// The word for the root. (What requests call `sandbox` is `app_folder` in answers.)
    fn root_word(self) -> &'static str {
        if self.in_app_folder { "app_folder" } else { "dropbox" }
    }

    /// One entry.
    pub(super) fn entry(self, item: &Item) -> Metadata<'_> {
        Metadata { view: self, item, listing: None, more: None, infos: None }
    }

    /// A folder with its children.
    pub(super) fn listing(self, listing: &Listing) -> Metadata<'_> {
        Metadata { view: self, item: &listing.folder, listing: Some(listing), more: None, infos: None }
    }

    /// Several entries.
    pub(super) fn entries(self, items: &[Item]) -> Vec<Metadata<'_>> {
        items.iter().map(|item| self.entry(item)).collect()
    }

    /// A page of `delta`, with the cursor as its reader will keep it.
    pub(super) fn page<'a>(self, page: &'a Page, cursor: &'a str) -> DeltaPage<'a> {
        DeltaPage { view: self, page, cursor, infos: None }
    }
}

/// The entry object.
#[derive(Clone, Copy, Debug)]
pub(super) struct Metadata<'a> {
    view: View,
    item: &'a Item,
    listing: Option<&'a Listing>,
    /// Whether the folder holds more than is listed, if it is told page by page: an extension of ours.
    more: Option<bool>,
    infos: Option<&'a Infos>,
}

impl<'a> Metadata<'a> {
    /// As one page of a folder's listing, and whether another one follows.
    pub(super) fn with_more(self, more: Option<bool>) -> Metadata<'a> {
        Metadata { more, ..self }
    }

    /// With what cameras noted, of itself and of what it lists.
    pub(super) fn with_infos(self, infos: Option<&'a Infos>) -> Metadata<'a> {
        Metadata { infos, ..self }
    }
}

impl Serialize for Metadata<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Metadata { view, item, listing, more, infos } = *self;
        let file = item.entry.file();
        let size = if item.gone.is_some() { 0 } else { file.map_or(0, |file| file.content.size) };
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("path", item.path.as_str())?;
        map.serialize_entry("is_dir", &file.is_none())?;
        map.serialize_entry("bytes", &size)?;
        map.serialize_entry("size", &Text(Size(size)))?;
        // The root has no revision: no change made it.
        if !item.path.is_root() {
            let rev = item.rev(view.namespace);
            map.serialize_entry("rev", &Text(rev))?;
            map.serialize_entry("revision", &rev.seq.0)?;
            map.serialize_entry("modified", &Date(item.modified()))?;
        }
        if let Some(file) = file {
            let kind = Kind::of(item.path.as_str());
            let stated = file.times.modified.filter(|_| item.gone.is_none());
            map.serialize_entry("client_mtime", &Date(stated.unwrap_or(item.modified())))?;
            map.serialize_entry("mime_type", kind.mime_type)?;
            map.serialize_entry("icon", kind.icon)?;
            map.serialize_entry("thumb_exists", &(kind.has_thumbnail && size <= SOURCE_SIZE_MAX))?;
        } else {
            map.serialize_entry("icon", folder_icon(view, &item.path))?;
            map.serialize_entry("thumb_exists", &false)?;
        }
        map.serialize_entry("root", view.root_word())?;
        if item.gone.is_some() {
            map.serialize_entry("is_deleted", &true)?;
        }
        if view.identity && !item.path.is_root() {
            map.serialize_entry("id", &id_text(&item.entry.referent(view.namespace)))?;
            map.serialize_entry("box_id", &Text(number(item.entry.id, view.root)))?;
        }
        if let (true, Some(file), None) = (view.identity, file, item.gone) {
            map.serialize_entry("content_hash", &HEXLOWER.encode(&file.content.hash().0.0))?;
        }
        if let (Some(file), Some(infos), None) = (file, infos, item.gone)
            && let Some(media) = Kind::of(item.path.as_str()).media
        {
            let told = infos.get(file.content).map(|info| ToldInfo { media, info });
            let told = told.as_ref().map_or(InfoState::Pending("pending"), InfoState::Known);
            let name = match media {
                MediaKind::Photo => "photo_info",
                MediaKind::Video => "video_info",
            };
            map.serialize_entry(name, &told)?;
        }
        if let Some(listing) = listing {
            map.serialize_entry("hash", &hash_text(&listing.fingerprint))?;
            let children = listing.children.iter().map(|child| view.entry(child).with_infos(infos));
            map.serialize_entry("contents", &children.collect::<Vec<_>>())?;
        }
        if let Some(more) = more {
            map.serialize_entry("has_more", &more)?;
        }
        map.end()
    }
}

/// What is told of a photo or a video.
#[derive(Serialize)]
#[serde(untagged)]
enum InfoState<'a> {
    /// In a word: it is being looked into.
    Pending(&'static str),
    Known(&'a ToldInfo),
}

struct ToldInfo {
    media: MediaKind,
    info: MediaInfo,
}

impl Serialize for ToldInfo {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let MediaInfo { time_taken, lat_long, duration } = self.info;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("time_taken", &time_taken.map(Date))?;
        map.serialize_entry("lat_long", &lat_long.as_ref().map(LatLong::degrees))?;
        if self.media == MediaKind::Video {
            // In milliseconds.
            map.serialize_entry("duration", &duration.map(|duration| duration.as_millis() as u64))?;
        }
        map.end()
    }
}

/// A folder's fingerprint as clients send it back.
pub(super) fn hash_text(fingerprint: &[u8]) -> String {
    HEXLOWER.encode(fingerprint)
}

/// Which entry it is, in 27 characters that say nothing to clients. The time goes in because numbers are given out again
/// after a backup was put back: to others than those who had them in the life that was lost.
fn id_text(referent: &Referent) -> String {
    let Referent { namespace, entry, born } = referent;
    let mut id = [0; 20];
    id[..4].copy_from_slice(&namespace.0.to_be_bytes());
    id[4..12].copy_from_slice(&entry.0.to_be_bytes());
    id[12..].copy_from_slice(&born.0.to_be_bytes());
    BASE64URL_NOPAD.encode(&id)
}

fn folder_icon(view: View, path: &Path) -> &'static str {
    match path.as_str() {
        path if !view.in_app_folder && path.eq_ignore_ascii_case("/Photos") => "folder_photos",
        path if !view.in_app_folder && path.eq_ignore_ascii_case("/Public") => "folder_public",
        _ => "folder",
    }
}

/// The answer of `delta`.
pub(super) struct DeltaPage<'a> {
    view: View,
    page: &'a Page,
    cursor: &'a str,
    infos: Option<&'a Infos>,
}

impl<'a> DeltaPage<'a> {
    /// With what cameras noted.
    pub(super) fn with_infos(self, infos: Option<&'a Infos>) -> DeltaPage<'a> {
        DeltaPage { infos, ..self }
    }
}

impl Serialize for DeltaPage<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry("reset", &self.page.reset)?;
        map.serialize_entry("cursor", self.cursor)?;
        map.serialize_entry("has_more", &self.page.more)?;
        map.serialize_entry(
            "entries",
            &Entries { view: self.view, told: &self.page.told, infos: self.infos },
        )?;
        map.end()
    }
}

struct Entries<'a> {
    view: View,
    told: &'a [Told],
    infos: Option<&'a Infos>,
}

impl Serialize for Entries<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let &Entries { view, told, infos } = self;
        serializer.collect_seq(told.iter().map(|told| Pair { view, told, infos }))
    }
}

struct Pair<'a> {
    view: View,
    told: &'a Told,
    infos: Option<&'a Infos>,
}

impl Serialize for Pair<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut pair = serializer.serialize_tuple(2)?;
        pair.serialize_element(self.told.key.as_str())?;
        pair.serialize_element(
            &self.told.item.as_ref().map(|item| self.view.entry(item).with_infos(self.infos)),
        )?;
        pair.end()
    }
}

/// The answer of `delta/latest_cursor`.
#[derive(Serialize)]
pub(super) struct LatestCursor {
    pub(super) cursor: String,
}

/// The state of a chunked upload.
#[derive(Serialize)]
pub(super) struct Upload {
    pub(super) upload_id: String,
    pub(super) offset: u64,
    pub(super) expires: Date,
}

/// The answer of `shares`.
#[derive(Serialize)]
pub(super) struct SharedLink {
    pub(super) url: String,
    pub(super) expires: Date,
    pub(super) visibility: &'static str,
}

impl SharedLink {
    /// Told as the end of a link that has none, since clients want a date: the year 2100 began. Those that count seconds
    /// in 32 bits (without a sign) still hold it.
    pub(super) const NO_END: Timestamp = Timestamp(4_102_444_800_000);
}

/// The answer of `media`.
#[derive(Serialize)]
pub(super) struct DirectLink {
    pub(super) url: String,
    pub(super) expires: Date,
}

/// The answer of `copy_ref`.
#[derive(Serialize)]
pub(super) struct CopyRef {
    pub(super) copy_ref: String,
    pub(super) expires: Date,
}

/// The answer of `account/info`.
#[derive(Serialize)]
pub(super) struct AccountInfo<'a> {
    /// A number here, although the token endpoint has it as a string.
    pub(super) uid: u64,
    pub(super) display_name: &'a str,
    pub(super) email: &'a str,
    pub(super) email_verified: bool,
    pub(super) name_details: NameDetails<'a>,
    /// Two letters; documented as nullable, but there are clients that fail on null.
    pub(super) country: &'a str,
    pub(super) locale: &'a str,
    pub(super) is_paired: bool,
    pub(super) team: Option<()>,
    pub(super) referral_link: String,
    pub(super) quota_info: QuotaInfo,
    /// Which server this is, for our own clients.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) server_id: Option<String>,
}

/// The parts of a person's name; some clients need all three.
#[derive(Serialize)]
pub(super) struct NameDetails<'a> {
    pub(super) given_name: &'a str,
    pub(super) surname: &'a str,
    pub(super) familiar_name: &'a str,
}

impl<'a> NameDetails<'a> {
    /// The last word is taken for the surname, if there are several.
    pub(super) fn of(name: &'a str) -> NameDetails<'a> {
        let name = name.trim();
        let (given_name, surname) = name.rsplit_once(char::is_whitespace).unwrap_or((name, ""));
        let given_name = given_name.trim_end();
        NameDetails { given_name, surname, familiar_name: given_name }
    }
}

/// In bytes.
#[derive(Serialize)]
pub(super) struct QuotaInfo {
    pub(super) quota: u64,
    pub(super) normal: u64,
    pub(super) shared: u64,
    pub(super) datastores: u64,
}

/// An instant as `Wed, 05 Feb 2014 09:07:03 +0000`: always 31 characters, because there is a client that reads it by
/// position.
#[derive(Clone, Copy, Debug)]
pub(super) struct Date(pub(super) Timestamp);

impl Date {
    /// Reads what is spelled so, or otherwise as mail has it; nothing if it is no date.
    pub(super) fn read(text: &str) -> Option<Date> {
        let time = DateTimeParser::new().parse_timestamp(text).ok()?;
        Some(Date(Timestamp(time.as_millisecond())))
    }

    fn spelled(self) -> [u8; 31] {
        const DAYS: [&[u8; 3]; 7] = [b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"];
        const MONTHS: [&[u8; 3]; 12] =
            [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];
        let at = civil(self.0.0);
        let mut text = *b"___, __ ___ ____ __:__:__ +0000";
        text[0..3].copy_from_slice(DAYS[at.weekday().to_monday_zero_offset() as usize]);
        text[8..11].copy_from_slice(MONTHS[at.month() as usize - 1]);
        let (century, year) = (at.year() / 100, at.year() % 100);
        let pairs = [at.day(), century as i8, year as i8, at.hour(), at.minute(), at.second()];
        put_pairs(&mut text, [5, 12, 14, 17, 20, 23].into_iter().zip(pairs));
        text
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.spelled()).expect("it is written in ASCII"))
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(std::str::from_utf8(&self.spelled()).expect("it is written in ASCII"))
    }
}

/// A download that was just taken.
#[derive(Debug, Serialize)]
pub(super) struct Job {
    pub(super) status: &'static str,
    pub(super) job: String,
}

/// How far a download is.
#[derive(Debug, Serialize)]
pub(super) struct JobStatus<'a> {
    pub(super) status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<&'a str>,
}

/// What people are shown of an app.
#[derive(Debug, Serialize)]
pub(super) struct AppInfo<'a> {
    pub(super) name: &'a str,
    pub(super) icons: AppIcons<'a>,
    pub(super) permissions: AppPermissions,
}

/// Addresses of pictures.
#[derive(Debug, Serialize)]
pub(super) struct AppIcons<'a> {
    #[serde(rename = "64x64")]
    pub(super) small: &'a str,
    #[serde(rename = "256x256")]
    pub(super) large: &'a str,
}

/// What an app may do.
#[derive(Debug, Serialize)]
pub(super) struct AppPermissions {
    pub(super) datastores: bool,
    pub(super) files: &'static str,
}

/// Whether somebody made an app.
#[derive(Debug, Serialize)]
pub(super) struct IsDeveloper {
    pub(super) is_developer: bool,
}

/// Whether an app registered an address.
#[derive(Debug, Serialize)]
pub(super) struct HasRedirectUri {
    pub(super) has_redirect_uri: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_have_31_characters_whatever_the_instant() {
        for (millisecond, text) in [
            (1_391_591_223_000, "Wed, 05 Feb 2014 09:07:03 +0000"),
            (1_391_591_223_999, "Wed, 05 Feb 2014 09:07:03 +0000"),
            (0, "Thu, 01 Jan 1970 00:00:00 +0000"),
            (-1, "Wed, 31 Dec 1969 23:59:59 +0000"),
            (1_709_164_800_000, "Thu, 29 Feb 2024 00:00:00 +0000"),
            (i64::MIN, "Mon, 01 Jan 0001 00:00:00 +0000"),
            (253_402_207_199_999, "Thu, 30 Dec 9999 21:59:59 +0000"),
            (i64::MAX, "Thu, 30 Dec 9999 21:59:59 +0000"),
        ] {
            let date = Date(Timestamp(millisecond)).to_string();
            assert_eq!((date.as_str(), date.len()), (text, 31));
        }
    }

    #[test]
    fn dates_are_read_as_they_are_told() {
        for second in [0, 1_391_591_223, 1_709_164_800, -1, -62_135_596_800, 253_402_207_199] {
            let time = Timestamp(second * 1000);
            let read = Date::read(&Date(time).to_string());
            assert_eq!(read.map(|date| date.0), Some(time), "{second}");
        }
        for (text, second) in
            [("Wed, 05 Feb 2014 11:07:03 +0200", 1_391_591_223), ("5 Feb 2014 09:07:03 GMT", 1_391_591_223)]
        {
            assert_eq!(Date::read(text).map(|date| date.0), Some(Timestamp(second * 1000)), "{text}");
        }
        for text in [
            "",
            "yesterday",
            "1391591223",
            "2014-02-05T09:07:03Z",
            "Thu, 05 Feb 2014 09:07:03 +0000",
            "Wed, 30 Feb 2014 09:07:03 +0000",
            "Wed, 05 Feb 2014 09:07:03",
            // A plus that was not escaped.
            "Wed, 05 Feb 2014 09:07:03  0000",
            "Wed, 05 Feb 2014 09:07:03 +0000 and more",
            "Wed, 05 Feb 99999 09:07:03 +0000",
            "W\u{e9}d, 05 Feb 2014 09:07:03 +0000",
        ] {
            assert_eq!(Date::read(text).map(|date| date.0), None, "{text}");
        }
    }

    #[test]
    fn names_are_split_at_the_last_space() {
        for (name, given, surname) in [
            ("Ada King", "Ada", "King"),
            ("Ada  Lovelace King", "Ada  Lovelace", "King"),
            (" Ada ", "Ada", ""),
            ("", "", ""),
        ] {
            let details = NameDetails::of(name);
            assert_eq!((details.given_name, details.surname, details.familiar_name), (given, surname, given));
        }
    }
}
