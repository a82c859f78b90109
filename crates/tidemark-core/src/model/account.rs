//! People, programs, and what people allow programs to do.

use super::{FamilyId, Lifetime, NamespaceId, Timestamp};
use std::fmt;
use unicode_normalization::UnicodeNormalization;

/// A person's number, the `uid` of the old API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId(pub u64);

/// A person with files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Never changes, never used twice; from 1.
    pub id: AccountId,
    /// What they sign in with; compared without case.
    pub email: String,
    /// What they are called.
    pub name: String,
    /// Of their password; nothing while they cannot sign in.
    pub password: Option<PasswordHash>,
    /// Their tree.
    pub namespace: NamespaceId,
    /// How many bytes they may keep; nothing for no limit.
    pub quota: Option<u64>,
    /// Whether they may administer the server.
    pub admin: bool,
    /// Whether they are shut out; their files stay.
    pub disabled: bool,
    /// When they came.
    pub created: Timestamp,
}

/// What is kept of a password: an argon2id hash in PHC form. Not for logs, since weak passwords can be guessed from it.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(pub String);

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

/// What e-mail addresses are compared by: their case tells nothing apart (it may to a mail server; to people it does
/// not).
#[must_use]
pub fn email_key(email: &str) -> String {
    email.nfc().collect::<String>().to_lowercase()
}

/// A registered program's public name: 15 characters of `[a-z0-9]`, or one of [`App::OWN`], [`App::PAGES`] and [`App::GALLERY`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AppKey(pub String);

impl fmt::Display for AppKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A registered program.
#[derive(Clone, PartialEq, Eq)]
pub struct App {
    /// Its public name.
    pub key: AppKey,
    /// What it proves itself with. Kept as it is, because request signatures are computed with it.
    pub secret: String,
    /// What people see on the consent page.
    pub name: String,
    /// How far its permission reaches.
    pub access: Access,
    /// Where a browser may be sent back to; see [`returns_to`](crate::people::returns_to).
    pub redirect_uris: Vec<String>,
    /// Where it wants to be told of changes: the URIs of its webhooks, each once, the oldest first.
    pub webhook_uris: Vec<String>,
    /// Whether it is shut out.
    pub disabled: bool,
    /// Whether its owner did that, and may undo it; what an administrator has shut out, no owner lets in.
    pub paused: bool,
    /// When it was registered.
    pub created: Timestamp,
    /// Whose it is: who may see its secret and change it, besides the administrators. Nothing for those that administrators
    /// registered, and for ours.
    pub owner: Option<AccountId>,
}

impl App {
    /// The key of the app that stands for this project's own programs. Every server has it, so that nobody need register
    /// one before they can link a program.
    pub const OWN: &str = "tidemark";

    /// The key of the app that stands for this server's own pages. Their tokens belong to a browser's session and end with it;
    /// nobody can ask for one otherwise.
    pub const PAGES: &str = "tidemark-pages";

    /// The key of the app that stands for the gallery which a server serves itself, where it does.
    pub const GALLERY: &str = "tidemark-gallery";

    /// Whether everybody may say that they are it: its programs lie about everywhere and can keep no secret. Only who asked
    /// for a code can then exchange it, and that must be proven (RFC 7636).
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.key.0 == App::OWN
    }

    /// Whether an administrator has shut it out, which its owner does not undo.
    #[must_use]
    pub fn is_shut_out_by_administrator(&self) -> bool {
        self.disabled && !self.paused
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("key", &self.key).field("name", &self.name).finish_non_exhaustive()
    }
}

/// How far an app's permission reaches in an account that granted it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// The whole tree.
    Full,
    /// One folder that is the app's own.
    AppFolder,
}

/// The SHA-256 of a random secret: all that is kept of tokens, codes, sessions and links.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SecretHash(pub [u8; 32]);

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash(..)")
    }
}

/// A grant's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GrantId(pub u64);

/// A person's permission to a program, carried by one access token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Never used twice.
    pub id: GrantId,
    /// Who granted it.
    pub account: AccountId,
    /// To whom.
    pub app: AppKey,
    /// Of the access token.
    pub token: SecretHash,
    /// How that token is used, and in no other way.
    pub proof: Proof,
    /// When.
    pub created: Timestamp,
    /// When the token becomes worthless; nothing for when somebody ends it.
    pub expires: Option<Timestamp>,
    /// The family that it belongs to, and ends with.
    pub family: Option<FamilyId>,
    /// Whether the token's first use ends something: the family's [`former`](super::Family::former) pair.
    pub unsettled: bool,
}

/// How a program proves that a grant is its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Proof {
    /// By showing the token (RFC 6750).
    Bearer,
    /// By signing each request with the token's secret (RFC 5849).
    OAuth1,
}

/// Something short-lived that a secret stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// Of the secret.
    pub secret: SecretHash,
    /// When it becomes worthless.
    pub expires: Timestamp,
    /// What it is good for.
    pub kind: TicketKind,
}

/// What a ticket is good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TicketKind {
    /// Creating the first account.
    Setup,
    /// An OAuth 2 authorization code.
    Code {
        /// Whose permission.
        account: AccountId,
        /// For which program.
        app: AppKey,
        /// Where the browser was sent; must be said again when the code is exchanged.
        redirect_uri: Option<String>,
        /// What the exchanger must prove to know.
        challenge: Option<Challenge>,
        /// What it will give.
        lifetime: Lifetime,
    },
    /// An OAuth 2 authorization code that was exchanged; its program's presenting it again revokes what it gave.
    SpentCode {
        /// What it gave.
        gave: Given,
        /// For which program it was.
        app: AppKey,
        /// What the exchanger proved to know.
        challenge: Option<Challenge>,
    },
    /// What became of an OAuth 1 request token. Nothing is kept of one that nobody has decided about.
    Request(RequestState),
}

/// What a code gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// A grant of its own.
    Grant(GrantId),
    /// A family of them.
    Family(FamilyId),
}

/// What became of an OAuth 1 request token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestState {
    /// A person allowed what was asked for.
    Allowed {
        /// Who.
        account: AccountId,
        /// To which program.
        app: AppKey,
    },
    /// A person said no.
    Denied,
    /// It was exchanged for an access token.
    Spent,
}

/// A proof key (RFC 7636) that an authorization request announced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Challenge {
    /// The verifier itself.
    Plain(String),
    /// base64url of its SHA-256.
    S256(String),
}
