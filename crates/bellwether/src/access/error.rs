//! Why somebody does not get in, or a change of accounts is refused.

use bellwether_runtime::keys::KeyError;
use bellwether_runtime::live::LiveError;
use bellwether_store::StoreError;

/// Why not. Nothing here names a person.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AccessError {
    /// Name or password is wrong, or the account may not sign in; it is not said which.
    #[error("the name or the password is wrong, or the account may not sign in")]
    Refused,
    /// Too many failures.
    #[error("there were too many failures; try again in {retry_after} s")]
    Throttled {
        /// Seconds.
        retry_after: u64,
    },
    /// Nobody is signed in, and no token was sent.
    #[error("this takes a sign-in or a token")]
    Nobody,
    /// A token that is unknown, revoked or past its end; it is not said which.
    #[error("the token is not known, was revoked or has ended")]
    Token,
    /// What they are does not include it.
    #[error("this account or token may not do that")]
    Denied,
    /// They may, once they have proved again who they are.
    #[error("this takes a sign-in that is not older than five minutes")]
    StepUp,
    /// It takes somebody else than whoever asked for it.
    #[error("this takes somebody else than the person who asked for it")]
    FourEyes,
    /// A form that this server did not give to this session.
    #[error("the request does not come from a page of this server")]
    Foreign,
    /// A one-time link that is unknown, used or past its end.
    #[error("the link is not known, was used or has ended")]
    Link,
    /// A password that must not be used.
    #[error("the password cannot be used: {0}")]
    Password(&'static str),
    /// A name that is in use or empty.
    #[error("the name cannot be used")]
    Name,
    /// An account, token or sign-in that a command names and that is not there, or is so already.
    #[error("there is no {0} to change")]
    Unknown(&'static str),
    /// The provider did not vouch for somebody who may sign in.
    #[error("signing in with the provider failed: {0}")]
    Oidc(String),
    /// Settings that do not fit together.
    #[error("the settings of access do not fit together: {0}")]
    Settings(String),
    /// The record of an emergency could not be written, so nobody got in.
    #[error("the sign-in could not be written into the log, so it was refused: {0}")]
    Leaf(#[from] LiveError),
    /// The system has no randomness.
    #[error("the system gives no random bytes")]
    Randomness,
    /// The keys are not at hand.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The accounts could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AccessError {
    /// Never changes once released.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Refused => "access-refused",
            Self::Throttled { .. } => "access-throttled",
            Self::Nobody => "access-nobody",
            Self::Token => "access-token",
            Self::Denied => "access-denied",
            Self::StepUp => "access-step-up",
            Self::FourEyes => "access-four-eyes",
            Self::Foreign => "access-foreign",
            Self::Link => "access-link",
            Self::Password(_) => "access-password",
            Self::Name => "access-name",
            Self::Unknown(_) => "access-unknown",
            Self::Oidc(_) => "access-oidc",
            Self::Settings(_) => "access-settings",
            Self::Leaf(_) => "access-unwritten",
            Self::Randomness => "key-randomness",
            Self::Keys(error) => error.code(),
            Self::Store(error) => error.code(),
        }
    }

    /// What to do about it.
    pub(crate) fn help(&self) -> &'static str {
        match self {
            Self::Refused => "try again, or ask an admin for a link that sets a new password",
            Self::Throttled { .. } => "wait as long as `Retry-After` says",
            Self::Nobody => "sign in, or send `Authorization: Bearer` with a token",
            Self::Token => "an admin makes a new one with `bellwether access token create`",
            Self::Denied => "an admin can give another role, or a token of another scope",
            Self::StepUp => "prove again who you are, then repeat it",
            Self::FourEyes => "ask somebody else who may do it",
            Self::Foreign => "open the page again from this server, and repeat it there",
            Self::Link => "an admin makes a new one with `bellwether access invite`",
            Self::Password(_) => "choose at least 12 characters that are not your name",
            Self::Name => "choose another name",
            Self::Unknown(_) => "`bellwether access list` shows what there is",
            Self::Oidc(_) => "try again; if it stays, an admin compares the provider's settings",
            Self::Settings(_) => "mend the section `access` of the configuration",
            Self::Leaf(_) => "mend what keeps the log from being written, then sign in again",
            Self::Randomness => "check the system's random device",
            Self::Keys(error) => error.help(),
            Self::Store(error) => error.help(),
        }
    }

    /// The HTTP status.
    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::Refused | Self::Nobody | Self::Token | Self::Oidc(_) => 401,
            Self::Denied | Self::StepUp | Self::FourEyes | Self::Foreign => 403,
            Self::Unknown(_) => 404,
            Self::Link => 410,
            Self::Password(_) | Self::Name => 422,
            Self::Throttled { .. } => 429,
            Self::Leaf(_) => 503,
            Self::Settings(_) | Self::Randomness | Self::Keys(_) | Self::Store(_) => 500,
        }
    }
}
