//! Who is calling.

use crate::model::{Account, App, GrantId, Proof};

/// A person, through a program that they gave permission to. Proven by [`super::People::authenticate`] or by
/// [`super::People::authenticate_signed`]; every verb that touches files asks for one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The person.
    pub account: Account,
    /// The program.
    pub app: App,
    /// The permission, so that the program can give it back.
    pub grant: GrantId,
    /// How it was proven.
    pub proof: Proof,
}
