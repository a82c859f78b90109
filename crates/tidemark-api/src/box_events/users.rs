//! People: who calls, and, for administrators, everybody else. Collections, which nobody has.

use super::error::ApiError;
use super::fields::Fields;
use super::json;
use super::request::Call;
use super::wire::{Page, User};
use crate::web::assets::{self, mark_url};
use axum::response::Response;
use tidemark_core::cloud::Reach;
use tidemark_core::model::{Account, AccountId};
use tidemark_core::store::StoreError;

/// GET `/2.0/users/me`.
pub(super) async fn me(call: &Call<'_>) -> Result<Response, ApiError> {
    show(call, &call.caller().account).await
}

/// GET `/2.0/users/:id`: oneself. Administrators may ask for everybody.
pub(super) async fn get(call: &Call<'_>) -> Result<Response, ApiError> {
    let account = known(call).await?;
    show(call, &account).await
}

/// GET `/2.0/users`: everybody, for administrators.
pub(super) async fn list(call: &Call<'_>) -> Result<Response, ApiError> {
    let (offset, limit) = (call.offset()?, call.limit()?);
    if !call.caller().account.admin {
        return Err(ApiError::not_an_admin());
    }
    let term = call.params.get("filter_term").map(str::to_lowercase);
    let is_asked = |account: &Account| {
        let begins = |text: &str, term: &str| text.to_lowercase().starts_with(term);
        term.as_deref().is_none_or(|term| begins(&account.name, term) || begins(&account.email, term))
    };
    let mut accounts = call.api.people.accounts().await?;
    accounts.retain(is_asked);
    let total_count = accounts.len() as u64;
    let page: Vec<Account> = accounts.into_iter().skip(offset).take(limit).collect();
    let mut used = Vec::with_capacity(page.len());
    for account in &page {
        used.push(used_by(call, account).await?);
    }
    let (avatar_url, fields) = (avatar_url(call), fields(call));
    let user = |(account, used)| User { account, used, avatar_url: &avatar_url, fields: &fields };
    let entries = page.iter().zip(used).map(user).collect();
    Ok(json(&Page::Counted {
        total_count,
        entries,
        offset: offset as u64,
        limit: limit as u64,
        order: Vec::new(),
    }))
}

/// GET `/2.0/users/:id/avatar`: people have no pictures of their own. Ours is a drawing.
pub(super) async fn avatar(call: &Call<'_>) -> Result<Response, ApiError> {
    known(call).await?;
    Ok(assets::mark().await)
}

/// GET `/2.0/collections`.
pub(super) fn collections(call: &Call<'_>) -> Result<Response, ApiError> {
    let (offset, limit) = (call.offset()? as u64, call.limit()? as u64);
    Ok(json(&Page::<()>::Counted { total_count: 0, entries: Vec::new(), offset, limit, order: Vec::new() }))
}

/// The account that the path names, if the caller may know it.
async fn known(call: &Call<'_>) -> Result<Account, ApiError> {
    let (me, id) = (&call.caller().account, AccountId(call.number()));
    if me.id == id {
        return Ok(me.clone());
    }
    let account = if me.admin { call.api.people.account_by_id(id).await? } else { None };
    account.ok_or_else(|| ApiError::no_user(id.0))
}

async fn show(call: &Call<'_>, account: &Account) -> Result<Response, ApiError> {
    let (used, avatar_url, fields) = (used_by(call, account).await?, avatar_url(call), fields(call));
    Ok(json(&User { account, used, avatar_url: &avatar_url, fields: &fields }))
}

/// The account's use, even for an app that sees one folder of it.
async fn used_by(call: &Call<'_>, account: &Account) -> Result<u64, StoreError> {
    let scope = call.api.cloud.scope(account, Reach::Whole).await?;
    Ok(call.cloud().usage(&scope).await?.bytes)
}

fn avatar_url(call: &Call<'_>) -> String {
    call.api.origin.url(call.parts, mark_url())
}

fn fields(call: &Call<'_>) -> Fields {
    Fields::read(&call.params).unwrap_or(Fields::Standard)
}
