//! Shared links: what clients lay down about them, and how the objects of files and folders tell them.

use super::error::ApiError;
use super::fields::{Fields, Set};
use super::items::Kind;
use super::request::Call;
use super::wire::{Date, LinkPermissions, SharedLink};
use super::{ids, said};
use crate::web::shared::address::{base_path, page_path, vanity_path};
use serde::{Deserialize, Deserializer};
use std::collections::HashMap;
use tidemark_core::cloud::Scope;
use tidemark_core::model::{Audience, Entry, EntryId, Link, LinkChange, Name, VANITY_CHARS, Vanity};
use tidemark_core::store::StoreError;

/// What a body says of `shared_link`.
#[derive(Debug, Default)]
pub(super) enum Asked {
    /// Nothing: it is not there.
    #[default]
    Nothing,
    /// `null`: the link is to end.
    End,
    /// An object, perhaps an empty one: there is to be a link.
    Rules(AskedRules),
}

impl<'de> Deserialize<'de> for Asked {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Asked, D::Error> {
        let rules = Option::<AskedRules>::deserialize(deserializer)?;
        Ok(rules.map_or(Asked::End, Asked::Rules))
    }
}

/// What a client lays down about a link. What is absent stays; what is null, and may be, is taken away.
#[derive(Debug, Deserialize)]
#[serde(expecting = "an object")]
pub(super) struct AskedRules {
    access: Option<String>,
    #[serde(default, deserialize_with = "given")]
    password: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    unshared_at: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    vanity_name: Option<Option<String>>,
    permissions: Option<AskedPermissions>,
}

#[derive(Debug, Deserialize)]
#[serde(expecting = "an object")]
struct AskedPermissions {
    can_download: Option<bool>,
}

/// Tells a null from what is not there.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// What is to become of an item's link.
#[derive(Debug)]
pub(super) enum Wish {
    /// What is.
    Nothing,
    /// It ends.
    End,
    /// There is one, changed so.
    Change(LinkChange),
}

/// Reads what is asked for, as far as it can be judged without the item. A password is hashed by then.
pub(super) async fn read(call: &Call<'_>, asked: Asked) -> Result<Wish, ApiError> {
    let AskedRules { access, password, unshared_at, vanity_name, permissions } = match asked {
        Asked::Nothing => return Ok(Wish::Nothing),
        Asked::End => return Ok(Wish::End),
        Asked::Rules(rules) => rules,
    };
    let audience = access.map(|access| audience(&access)).transpose()?;
    let expires = unshared_at.map(|text| said::date("unshared_at", text.as_deref())).transpose()?;
    let vanity =
        vanity_name.map(|name| name.filter(|name| !name.is_empty()).map(|name| vanity(&name)).transpose());
    let vanity = vanity.transpose()?;
    // Last, because it takes a while.
    let password = match password {
        None => None,
        Some(None) => Some(None),
        Some(Some(text)) if text.is_empty() => Some(None),
        Some(Some(_)) if audience.is_some_and(|audience| audience != Audience::Everybody) => {
            return Err(ApiError::of_param("password", "Only an open link has a password"));
        }
        Some(Some(text)) => {
            let hash = call.api.people.link_password(call.caller().account.id, &text).await;
            Some(Some(hash.map_err(ApiError::of_link_password)?))
        }
    };
    let can_download = permissions.and_then(|permissions| permissions.can_download);
    Ok(Wish::Change(LinkChange { audience, password, expires, can_download, vanity }))
}

/// Does what is asked for. The item is in the caller's own tree.
pub(super) async fn apply(
    call: &Call<'_>,
    scope: &Scope,
    entry: &Entry,
    wish: &Wish,
) -> Result<(), ApiError> {
    let (kind, number, entry) = (Kind::of(entry), ids::number(entry.id, scope.root), entry.id);
    let done = match wish {
        Wish::Nothing => return Ok(()),
        Wish::End => call.cloud().unshare(scope, entry).await.map(|_| ()),
        Wish::Change(change) => {
            call.cloud().share(scope, entry, &call.caller().app.key, change).await.map(|_| ())
        }
    };
    done.map_err(|error| ApiError::of_share(error, kind, number))
}

/// The links of these, with one look for all of them. Only who shared something is told how it is shared.
pub(super) async fn of_all<'e>(
    call: &Call<'_>,
    scope: &Scope,
    entries: impl IntoIterator<Item = &'e Entry>,
) -> Result<HashMap<EntryId, SharedLink>, StoreError> {
    if !call.tells_links() || scope.namespace != call.caller().account.namespace {
        return Ok(HashMap::new());
    }
    // What was deleted cannot be opened by its link, which is told again when it comes back.
    let there: Vec<&Entry> =
        entries.into_iter().filter(|entry| entry.live && entry.id != scope.root).collect();
    let ids: Vec<EntryId> = there.iter().map(|entry| entry.id).collect();
    let links = call.cloud().links_to(scope, &ids).await?;
    let told = |entry: &&Entry| links.get(&entry.id).map(|link| (entry.id, shared_link(call, link, entry)));
    Ok(there.iter().filter_map(told).collect())
}

/// The same for a list, in which links are told only if they are asked for.
pub(super) async fn of_listed(
    call: &Call<'_>,
    scope: &Scope,
    entries: &[Entry],
    fields: &Fields,
) -> Result<HashMap<EntryId, SharedLink>, StoreError> {
    if fields.tells(Set::Standard, "shared_link") {
        of_all(call, scope, entries).await
    } else {
        Ok(HashMap::new())
    }
}

/// The link of one.
pub(super) async fn of(
    call: &Call<'_>,
    scope: &Scope,
    entry: &Entry,
) -> Result<Option<SharedLink>, StoreError> {
    Ok(of_all(call, scope, [entry]).await?.remove(&entry.id))
}

/// A link to what this is.
pub(super) fn shared_link(call: &Call<'_>, link: &Link, entry: &Entry) -> SharedLink {
    let url = |path: &str| call.api.origin.url(call.parts, path);
    let rules = &link.rules;
    let access = match rules.audience {
        Audience::Everybody => "open",
        Audience::Members => "company",
        Audience::Owner => "collaborators",
    };
    let is_had = rules.can_download && !entry.is_folder();
    let download = |name: &Name| url(&format!("{}?dl=1", page_path(&link.key, name)));
    SharedLink {
        url: url(&base_path(&link.key)),
        download_url: is_had.then(|| download(&entry.name)),
        vanity_url: rules.vanity.as_ref().map(|name| url(&vanity_path(name))),
        vanity_name: rules.vanity.as_ref().map(|name| name.as_str().to_owned()),
        access,
        effective_access: access,
        effective_permission: if rules.can_download { "can_download" } else { "can_preview" },
        unshared_at: rules.expires.map(Date),
        is_password_enabled: rules.password.is_some(),
        permissions: LinkPermissions { can_download: rules.can_download, can_preview: true, can_edit: false },
        download_count: link.visits.downloads,
        preview_count: link.visits.previews,
    }
}

fn audience(access: &str) -> Result<Audience, ApiError> {
    match access {
        "open" => Ok(Audience::Everybody),
        "company" => Ok(Audience::Members),
        "collaborators" => Ok(Audience::Owner),
        _ => Err(ApiError::of_param("access", "'access' is one of open, company, collaborators")),
    }
}

fn vanity(name: &str) -> Result<Vanity, ApiError> {
    let refused = || {
        let (least, most) = (VANITY_CHARS.start(), VANITY_CHARS.end());
        let text = format!("'vanity_name' has {least} to {most} letters, digits, '-' and '_'");
        ApiError::of_param("vanity_name", text)
    };
    Vanity::parse(name).ok_or_else(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Body {
        #[serde(default)]
        shared_link: Asked,
    }

    fn read(text: &str) -> Asked {
        serde_json::from_str::<Body>(text).expect("a good body").shared_link
    }

    #[test]
    fn null_ends_a_link_and_what_is_absent_stays() {
        assert!(matches!(read("{}"), Asked::Nothing));
        assert!(matches!(read(r#"{"shared_link":null}"#), Asked::End));
        let Asked::Rules(rules) = read(r#"{"shared_link":{}}"#) else { panic!("an object") };
        assert!(rules.access.is_none() && rules.password.is_none() && rules.unshared_at.is_none());
        let text = r#"{"shared_link":{"password":null,"unshared_at":null,"vanity_name":"x","access":null,"more":1}}"#;
        let Asked::Rules(rules) = read(text) else { panic!("an object") };
        assert_eq!((rules.password, rules.unshared_at), (Some(None), Some(None)));
        assert_eq!((rules.vanity_name, rules.access), (Some(Some("x".into())), None));
        for bad in [r#"{"shared_link":[]}"#, r#"{"shared_link":1}"#, r#"{"shared_link":{"password":1}}"#] {
            assert!(serde_json::from_str::<Body>(bad).is_err(), "{bad}");
        }
    }
}
