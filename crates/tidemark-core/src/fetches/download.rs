//! One fetch: permitted, downloaded, put.

use super::{FetchError, Fetches, Parts};
use crate::cloud::{Condition, Put, PutError, Reach, Scope};
use crate::model::{Access, ClientTimes, Content, Fetch};
use crate::store::{OutMethod, Outgoing, Whereto};
use bytes::Bytes;
use std::time::Duration;
use tokio::time::Instant;

/// How many bytes come between two looks at the quota.
const LOOK_EVERY: u64 = 32 << 20;

/// For how long a body may be as slow as it likes.
const GRACE: Duration = Duration::from_secs(60);

impl Fetches {
    /// Gets the file, and puts it.
    pub(super) async fn perform(&self, fetch: &Fetch) -> Result<(), FetchError> {
        let scope = self.permitted(fetch).await?;
        let time_max = self.parts.limits.time_max;
        let downloaded = tokio::time::timeout(time_max, self.download(fetch, &scope)).await;
        let content = downloaded.unwrap_or(Err(FetchError::TooSlow))?;
        // Once more: a permission that was withdrawn meanwhile stores nothing, and a quota may be another.
        let scope = self.permitted(fetch).await?;
        let put = Put {
            at: fetch.path.clone().into(),
            content,
            condition: Condition::Add,
            autorename: true,
            times: ClientTimes::default(),
        };
        self.parts.cloud.put_file_once(&scope, &put, None, fetch.upload).await?;
        Ok(())
    }

    /// What the fetch may reach, as people, apps and grants are now.
    async fn permitted(&self, fetch: &Fetch) -> Result<Scope, FetchError> {
        let Parts { cloud, accounts, grants, .. } = &self.parts;
        let account = accounts.account(fetch.account).await?.filter(|account| !account.disabled);
        let app = accounts.app(&fetch.app).await?.filter(|app| !app.disabled);
        let (Some(account), Some(app)) = (account, app) else { return Err(FetchError::NotPermitted) };
        let granted = grants.grants(account.id).await?.iter().any(|grant| grant.id == fetch.grant);
        if !granted || (fetch.whole && app.access != Access::Full) {
            return Err(FetchError::NotPermitted);
        }
        let reach = if fetch.whole { Reach::Whole } else { Reach::AppFolder(&app) };
        Ok(cloud.scope(&account, reach).await?)
    }

    /// The bytes, stored as they come.
    async fn download(&self, fetch: &Fetch, scope: &Scope) -> Result<Content, FetchError> {
        let Parts { cloud, egress, limits, .. } = &self.parts;
        let request = Outgoing {
            method: OutMethod::Get,
            url: fetch.url.clone(),
            headers: Vec::new(),
            body: Bytes::new(),
            whereto: Whereto::Public,
            redirects_max: limits.redirects_max,
            patience: limits.patience,
        };
        let mut response = egress.send(request).await?;
        if response.status != 200 {
            return Err(FetchError::Status(response.status));
        }
        let declared = response.length.unwrap_or(0);
        if declared > limits.bytes_max {
            return Err(FetchError::TooLarge { limit: limits.bytes_max });
        }
        // It goes beside what is there, so nothing is replaced.
        let expect_room = async |size| match cloud.has_room_beside(scope, size).await? {
            true => Ok(()),
            false => Err(FetchError::Put(PutError::OverQuota)),
        };
        expect_room(declared).await?;
        let (started, mut looked) = (Instant::now(), 0);
        let mut intake = cloud.intake(limits.bytes_max);
        while let Some(piece) = response.body.next().await {
            intake.push(piece?).await?;
            let size = intake.size();
            if size - looked >= LOOK_EVERY {
                looked = size;
                expect_room(size).await?;
            }
            let elapsed = started.elapsed();
            if elapsed > GRACE && size < elapsed.as_secs().saturating_mul(limits.rate_min) {
                return Err(FetchError::TooSlow);
            }
        }
        Ok(intake.finish().await?)
    }
}
