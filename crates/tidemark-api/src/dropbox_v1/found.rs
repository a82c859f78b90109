//! The file that a URL names, for whatever hands out its bytes or something made of them.

use axum::response::Response;
use http::{HeaderName, HeaderValue, StatusCode};
use tidemark_core::cloud::{Item, Scope};
use tidemark_core::model::{Content, Rendition};

use super::error::ApiError;
use super::request::Call;
use crate::content;
use crate::http::{ETag, ascii_json};

pub(super) const METADATA: HeaderName = HeaderName::from_static("x-dropbox-metadata");

/// A file, with where its caller sees it from.
pub(super) struct Found {
    pub(super) scope: Scope,
    pub(super) item: Item,
    pub(super) content: Content,
}

impl Found {
    /// The file that the URL names, or one of its revisions.
    pub(super) async fn read(call: &Call<'_>) -> Result<Found, ApiError> {
        let (path, rev) = (call.path()?, call.rev_param("rev")?);
        let scope = call.scope().await?;
        let found = match rev {
            Some(rev) => call.cloud().stat_rev(&scope, &path, rev).await?,
            None => call.cloud().stat(&scope, &path).await?,
        };
        let item = found.filter(|item| item.gone.is_none()).ok_or_else(ApiError::no_file)?;
        let content = item.entry.file().ok_or_else(ApiError::no_file)?.content;
        Ok(Found { scope, item, content })
    }

    /// Answers with something made of it, or with the status and the text for files of which nothing can be. Who has it
    /// already, under this tag of this revision and edition, is told so before anything is made.
    pub(super) async fn render(
        &self,
        call: &Call<'_>,
        rendition: Rendition,
        tag: &str,
        mime_type: &'static str,
        (status, text): (StatusCode, &str),
    ) -> Result<Response, ApiError> {
        let (rev, edition) = (self.item.rev(self.scope.namespace), Rendition::EDITION);
        let etag = ETag::strong(format!("{rev}-{tag}-{edition}"));
        let response = content::begin(call.parts, &etag)?;
        if response.status() == StatusCode::NOT_MODIFIED {
            return Ok(response);
        }
        let made = call.api.media.render(self.scope.account, self.content, rendition).await;
        let body = made.map_err(|error| ApiError::of_render(error, status, text))?;
        let mut response = content::with_made(response, mime_type, body);
        response.headers_mut().insert(METADATA, self.metadata(call));
        Ok(response)
    }

    /// The entry, as a header has it.
    pub(super) fn metadata(&self, call: &Call<'_>) -> HeaderValue {
        let metadata = call.view(&self.scope).entry(&self.item);
        ascii_json::to_header(&metadata).expect("metadata has text keys only")
    }
}
