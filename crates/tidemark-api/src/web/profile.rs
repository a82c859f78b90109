//! `POST /account/name` and `/account/email`: what somebody is called here, and what they sign in with.

use super::account::{Field, Problem, account_page};
use super::form::Submission;
use super::frame::Member;
use super::page::{PageError, error_page, redirect};
use super::unconfirmed::Unconfirmed;
use super::{ACCOUNT_PATH, Site};
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use tidemark_core::people::{AccountError, ChangeEmailError, DISPLAY_NAME_MAX};

/// Calls somebody something else.
pub(super) async fn change_name(
    State(site): State<Site>,
    Submission { visitor, params }: Submission,
) -> Result<Response, PageError> {
    let member = Member::of(visitor, ACCOUNT_PATH)?;
    let name = params.get("name").unwrap_or_default();
    let text = match site.people.change_own_name(member.account.id, name).await {
        Ok(()) => return redirect(StatusCode::SEE_OTHER, "/account?done=name"),
        Err(AccountError::Store(error)) => return Err(error.into()),
        // (Nothing else can be wrong with it.)
        Err(_) => format!("A name has 1 to {DISPLAY_NAME_MAX} characters, all of which can be shown."),
    };
    let problem = Problem { text, field: Field::Name, typed: name.to_owned() };
    account_page(&site, &member, StatusCode::BAD_REQUEST, None, Some(problem)).await
}

/// Lets an administrator who knows their password sign in with another e-mail.
pub(super) async fn change_email(
    State(site): State<Site>,
    Submission { visitor, params }: Submission,
) -> Result<Response, PageError> {
    let member = Member::of(visitor, ACCOUNT_PATH)?;
    let (id, peer) = (member.account.id, member.visitor.peer);
    let email = params.get("email").unwrap_or_default();
    let password = params.get("password").unwrap_or_default();
    let again = async |status, text: String, field| {
        let problem = Problem { text, field, typed: email.to_owned() };
        account_page(&site, &member, status, None, Some(problem)).await
    };
    match site.people.change_own_email(id, email, password, peer).await {
        Ok(()) => {
            tracing::info!(account = id.0, "an e-mail was changed");
            redirect(StatusCode::SEE_OTHER, "/account?done=email")
        }
        Err(ChangeEmailError::NotYours) => Ok(error_page(
            StatusCode::FORBIDDEN,
            "Ask an administrator",
            "Only those who administer this server can change your e-mail.",
        )),
        Err(ChangeEmailError::Email(AccountError::EmailTaken(_))) => {
            let text = "Somebody else has an account with this e-mail.".to_owned();
            again(StatusCode::BAD_REQUEST, text, Field::Email).await
        }
        Err(ChangeEmailError::Email(AccountError::Store(error)) | ChangeEmailError::Store(error)) => {
            Err(error.into())
        }
        // (Nothing else can be wrong with it.)
        Err(ChangeEmailError::Email(_)) => {
            let text = "This is not an e-mail address.".to_owned();
            again(StatusCode::BAD_REQUEST, text, Field::Email).await
        }
        Err(ChangeEmailError::Confirm(error)) => {
            let unconfirmed = Unconfirmed::of(error, "This is not your password.")?;
            let page = again(unconfirmed.status, unconfirmed.text.clone(), Field::EmailPassword).await?;
            Ok(unconfirmed.on(page))
        }
    }
}
