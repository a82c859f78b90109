//! Files in one request, and the question before it whether that would be taken.

use super::error::ApiError;
use super::items::{Kind, name_in_use, there, told};
use super::json_body::{self, BODY_MAX};
use super::request::Call;
use super::said::{self, ParentRef};
use super::wire::{Entries, UploadUrl};
use super::{ids, json, json_with};
use crate::http::form_data::{self, OVERHEAD_BYTES_MAX};
use crate::http::{FormData, FormPart, body};
use axum::body::Body;
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use serde::de::IgnoredAny;
use tidemark_core::cloud::{Condition, Intake, IntakeError, Put, PutError, Scope, Situated, Spot, Update};
use tidemark_core::model::{ClientTimes, Content, EntryId, FILE_SIZE_MAX, Name, Sha1, UploadTarget};

/// The longest `attributes` part of a form.
const ATTRIBUTES_BYTES_MAX: usize = 64 << 10;

/// Where the hex SHA-1 of a file is said, though the header is for another hash.
const CONTENT_MD5: &str = "content-md5";

/// What is said of a file that comes in: in a part of a form, or when its session is committed.
#[derive(Debug, Default, Deserialize)]
#[serde(expecting = "an object")]
pub(super) struct Attributes {
    pub(super) name: Option<String>,
    parent: Option<ParentRef>,
    description: Option<String>,
    content_created_at: Option<String>,
    content_modified_at: Option<String>,
}

impl Attributes {
    /// What is said of its times.
    pub(super) fn times(&self) -> Result<ClientTimes, ApiError> {
        Ok(ClientTimes {
            created: said::date("content_created_at", self.content_created_at.as_deref())?,
            modified: said::date("content_modified_at", self.content_modified_at.as_deref())?,
        })
    }

    /// Its name, if one is said.
    pub(super) fn name(&self) -> Result<Option<Name>, ApiError> {
        Ok(self.name.as_deref().map(Name::new).transpose()?)
    }

    /// What its user says of it, if anything.
    pub(super) fn description(&self) -> Option<Box<str>> {
        self.description.as_deref().map(said::description)
    }

    /// The place of a new file, which is missing if nothing is said.
    fn place(&self, scope: &Scope) -> Result<UploadTarget, ApiError> {
        let name = self.name()?.ok_or_else(|| ApiError::missing("name"))?;
        let parent = self.parent.as_ref().map(ParentRef::number).transpose()?.flatten();
        let parent = parent.ok_or_else(|| ApiError::missing("parent"))?;
        let folder = ids::entry(parent, scope.root).ok_or_else(ApiError::no_parent)?;
        Ok(UploadTarget::New { folder, name })
    }
}

/// Where bytes go, and what must be there: nothing, or the file in one state.
pub(super) struct Destination {
    pub(super) target: UploadTarget,
    pub(super) condition: Condition,
    /// The folder of a file that is there.
    folder: Option<EntryId>,
}

impl Destination {
    /// A new file.
    pub(super) fn of_new(target: UploadTarget) -> Destination {
        Destination { target, condition: Condition::Add, folder: None }
    }

    /// The file that the path names, in the state that the request supposes.
    pub(super) async fn of_file(call: &Call<'_>, scope: &Scope) -> Result<Destination, ApiError> {
        let Situated { entry, .. } = there(call, scope, Kind::File).await?;
        let condition = Condition::Replace(call.supposed(&entry)?);
        let target = UploadTarget::Version { file: entry.id, name: None };
        Ok(Destination { target, condition, folder: entry.parent })
    }

    /// Where the file of a session goes; nothing if the client says that it has the file's state already.
    pub(super) async fn of_session(
        call: &Call<'_>,
        scope: &Scope,
        target: UploadTarget,
    ) -> Result<Option<Destination>, ApiError> {
        let UploadTarget::Version { file, .. } = target else {
            return if call.supposes_something() {
                Err(ApiError::changed())
            } else {
                Ok(Some(Destination::of_new(target)))
            };
        };
        let item = call.cloud().situated(scope, file).await?;
        let item = item.ok_or_else(|| ApiError::no_item(Kind::File, ids::number(file, scope.root)))?;
        if call.has_already(&item.entry, scope.root) {
            return Ok(None);
        }
        let condition = Condition::Replace(call.supposed(&item.entry)?);
        Ok(Some(Destination { target, condition, folder: item.entry.parent }))
    }

    /// The same under another name, if one is said.
    pub(super) fn renamed(self, said: Option<Name>) -> Destination {
        let Some(said) = said else { return self };
        let target = match self.target {
            UploadTarget::Version { file, .. } => UploadTarget::Version { file, name: Some(said) },
            UploadTarget::New { folder, .. } => UploadTarget::New { folder, name: said },
        };
        Destination { target, ..self }
    }

    fn name(&self) -> Option<&Name> {
        match &self.target {
            UploadTarget::Version { name, .. } => name.as_ref(),
            UploadTarget::New { .. } => None,
        }
    }

    /// Whether so many bytes could be put there now.
    pub(super) async fn check(&self, call: &Call<'_>, scope: &Scope, size: u64) -> Result<(), ApiError> {
        let at = Spot::from(&self.target);
        match call.cloud().could_put(scope, &at, self.condition, self.name(), size).await {
            Ok(()) => Ok(()),
            Err(refusal) => Err(self.refused(call, scope, refusal).await),
        }
    }

    /// A file of these bytes there, and what it is called afterwards, if it was there and that is another name.
    pub(super) fn put(&self, content: Content, times: ClientTimes) -> (Put, Option<Name>) {
        let (at, condition) = (Spot::from(&self.target), self.condition);
        (Put { at, content, condition, autorename: false, times }, self.name().cloned())
    }

    /// Why nothing can be put there.
    pub(super) async fn refused(&self, call: &Call<'_>, scope: &Scope, refusal: PutError) -> ApiError {
        let missing = || match self.target {
            UploadTarget::New { .. } => ApiError::no_parent(),
            UploadTarget::Version { file, .. } => {
                ApiError::no_item(Kind::File, ids::number(file, scope.root))
            }
        };
        match refusal {
            PutError::Conflict => {
                let taken = match (&self.target, self.folder) {
                    (UploadTarget::Version { name: Some(name), .. }, Some(folder)) => {
                        Spot::In { folder, name: name.clone() }
                    }
                    (target, _) => Spot::from(target),
                };
                name_in_use(call, scope, taken).await.unwrap_or_else(ApiError::from)
            }
            PutError::RootGone | PutError::ParentIsFile | PutError::NotFound | PutError::RootNotAllowed => {
                missing()
            }
            PutError::Changed | PutError::UnknownRev => ApiError::changed(),
            PutError::TooDeep => ApiError::too_deep(),
            PutError::OverQuota => ApiError::over_quota(),
            PutError::UploadClosed => ApiError::session_ended(),
            PutError::Store(error) => error.into(),
        }
    }
}

/// POST `/api/2.0/files/content`: a new file.
pub(super) async fn create(call: &Call<'_>, body: Body) -> Result<Response, ApiError> {
    take(call, body, Kind::Folder).await
}

/// POST `/api/2.0/files/:id/content`: new bytes for a file.
pub(super) async fn replace(call: &Call<'_>, body: Body) -> Result<Response, ApiError> {
    take(call, body, Kind::File).await
}

/// Takes a form with the bytes of a file. What is said of it comes first, so that it is known where the bytes go, and
/// whether they may, before they come.
async fn take(call: &Call<'_>, body: Body, into: Kind) -> Result<Response, ApiError> {
    let boundary = form_data::boundary(&call.parts.headers).ok_or_else(ApiError::no_form)?;
    let digest = said_digest(call)?;
    let _place = call.place(&body)?;
    let body = body::limited(body, FILE_SIZE_MAX + OVERHEAD_BYTES_MAX)?;
    let size_min = body.declared().unwrap_or(0).saturating_sub(OVERHEAD_BYTES_MAX);
    let scope = call.scope().await?;
    let mut file = match into {
        Kind::File => Some(Destination::of_file(call, &scope).await?),
        Kind::Folder => None,
    };
    let mut form = FormData::new(body, boundary);
    let (mut attributes, mut taken): (Option<Attributes>, Option<(Destination, Intake)>) = (None, None);
    while let Some(part) = form.next().await? {
        match (part.is_file(), part.name()) {
            (true, _) if taken.is_some() => {
                return Err(ApiError::of_param("file", "The form has more than one file"));
            }
            // Whatever it is called: each client has its own word, and some say no name.
            (true, _) => {
                let said = match &attributes {
                    None if file.is_none() => return Err(ApiError::metadata_after_file()),
                    _ => attributes.get_or_insert_default(),
                };
                let destination = match file.take() {
                    Some(file) => file.renamed(said.name()?),
                    None => Destination::of_new(said.place(&scope)?),
                };
                // Before the bytes, because they would be for nothing.
                said.times()?;
                destination.check(call, &scope, size_min).await?;
                let room = call.cloud().room(&scope, Some(&Spot::from(&destination.target))).await?;
                taken = Some((destination, take_file(call, part, room).await?));
            }
            (false, Some("attributes")) if taken.is_some() => return Err(ApiError::metadata_after_file()),
            (false, Some("attributes")) => {
                let text = part.text(ATTRIBUTES_BYTES_MAX).await?;
                attributes = Some(json_body::parse(text.as_bytes())?);
            }
            (false, _) => drop(part.text(ATTRIBUTES_BYTES_MAX).await?),
        }
    }
    let (destination, intake) = taken.ok_or_else(|| ApiError::of_param("file", "The form has no file"))?;
    if digest.is_some_and(|digest| digest != intake.sha1()) {
        return Err(ApiError::bad_digest());
    }
    let said = attributes.unwrap_or_default();
    let content = intake.finish().await.map_err(|error| of_intake(error, FILE_SIZE_MAX))?;
    let (put, name) = destination.put(content, said.times()?);
    let file = match call.cloud().put_file_as(&scope, &put, name.as_ref()).await {
        Ok(item) => item.entry.id,
        Err(refusal) => return Err(destination.refused(call, &scope, refusal).await),
    };
    let status = if into == Kind::File { StatusCode::OK } else { StatusCode::CREATED };
    describe(call, &scope, file, said.description()).await?;
    show(call, &scope, file, status).await
}

/// The SHA-1 that the file is said to have. Despite the name of the header it is that, in hex.
fn said_digest(call: &Call<'_>) -> Result<Option<Sha1>, ApiError> {
    let Some(value) = call.parts.headers.get(CONTENT_MD5) else { return Ok(None) };
    let sha1 = data_encoding::HEXLOWER_PERMISSIVE.decode(value.as_bytes()).ok();
    let sha1 = sha1.and_then(|sha1| <[u8; 20]>::try_from(sha1).ok());
    sha1.map(|sha1| Some(Sha1(sha1))).ok_or_else(ApiError::bad_digest)
}

/// Stores the bytes of a part, of which there is room for so many.
async fn take_file(call: &Call<'_>, mut part: FormPart, room: u64) -> Result<Intake, ApiError> {
    let mut intake = call.cloud().intake(room);
    while let Some(piece) = part.chunk().await? {
        intake.push(piece).await.map_err(|error| of_intake(error, room))?;
    }
    Ok(intake)
}

fn of_intake(error: IntakeError, room: u64) -> ApiError {
    match error {
        IntakeError::TooLarge { .. } if room < FILE_SIZE_MAX => ApiError::over_quota(),
        IntakeError::TooLarge { .. } => ApiError::too_large(),
        IntakeError::Store(error) => error.into(),
    }
}

/// Says of a file what its user says, in a commit of its own.
pub(super) async fn describe(
    call: &Call<'_>,
    scope: &Scope,
    file: EntryId,
    description: Option<Box<str>>,
) -> Result<(), ApiError> {
    let Some(description) = description else { return Ok(()) };
    let update = Update { description: Some(description), ..Update::default() };
    let number = ids::number(file, scope.root);
    let updated = call.cloud().update(scope, file, &update).await;
    updated.map(drop).map_err(|error| ApiError::of_update(error, Kind::File, number))
}

/// A file that has come in: a list of one.
pub(super) async fn show(
    call: &Call<'_>,
    scope: &Scope,
    file: EntryId,
    status: StatusCode,
) -> Result<Response, ApiError> {
    let fields = call.fields(super::fields::Fields::Standard);
    let item = call.cloud().situated(scope, file).await?;
    // Gone in the meantime.
    let item = item.ok_or_else(|| ApiError::no_item(Kind::File, ids::number(file, scope.root)))?;
    let entry = told(call, scope, &item, &fields).await?;
    Ok(json_with(status, &Entries { total_count: 1, entries: [entry] }))
}

/// What a client asks before an upload.
#[derive(Deserialize)]
struct Preflight {
    name: Option<String>,
    parent: Option<ParentRef>,
    size: Option<Size>,
}

/// A size as bodies say it; what is none is as good as unknown.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(untagged)]
enum Size {
    Known(u64),
    Other(IgnoredAny),
}

impl Preflight {
    /// Nothing is as good as unknown.
    fn size(&self) -> u64 {
        match self.size {
            Some(Size::Known(size)) => size,
            Some(Size::Other(_)) | None => 0,
        }
    }

    fn said(self) -> Attributes {
        Attributes { name: self.name, parent: self.parent, ..Attributes::default() }
    }
}

/// OPTIONS `/2.0/files/content`: whether a file could be uploaded. One client looks for names this way, and another one,
/// without a body, only for the address.
pub(super) async fn preflight_new(call: &Call<'_>, body: Body) -> Result<Response, ApiError> {
    let asked: Preflight = json_body::read(body, BODY_MAX).await?;
    if asked.name.is_some() || asked.parent.is_some() {
        let scope = call.scope().await?;
        let size = asked.size();
        fits(size)?;
        Destination::of_new(asked.said().place(&scope)?).check(call, &scope, size).await?;
    }
    Ok(upload_url(call, "/api/2.0/files/content"))
}

/// OPTIONS `/2.0/files/:id/content`: whether new bytes for a file could be uploaded.
pub(super) async fn preflight_version(call: &Call<'_>, body: Body) -> Result<Response, ApiError> {
    let asked: Preflight = json_body::read(body, BODY_MAX).await?;
    let size = asked.size();
    fits(size)?;
    let name = asked.said().name()?;
    let scope = call.scope().await?;
    Destination::of_file(call, &scope).await?.renamed(name).check(call, &scope, size).await?;
    Ok(upload_url(call, &format!("/api/2.0/files/{}/content", call.number())))
}

fn fits(size: u64) -> Result<(), ApiError> {
    if size > FILE_SIZE_MAX { Err(ApiError::too_large()) } else { Ok(()) }
}

fn upload_url(call: &Call<'_>, path: &str) -> Response {
    json(&UploadUrl { upload_url: call.api.origin.url(call.parts, path), upload_token: "" })
}
