//! Actions as boundaries know them: a name, what they are done to, and the numbers and words they bring.
//!
//! - In: what `actions.yaml` declares.
//! - Out: [`ActionDecl`], from which the schema is written and by which requests are checked.
//! - Never: knows where a value comes from.

use bellwether_core::Type;

/// What an action is done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// An account.
    Account,
    /// A case of an account.
    Case,
    /// A deal of an account.
    Deal,
}

impl Subject {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Account, Self::Case, Self::Deal];

    /// The entity type in Cedar.
    pub const fn entity(self) -> &'static str {
        match self {
            Self::Account => "Account",
            Self::Case => "Case",
            Self::Deal => "Deal",
        }
    }
}

/// A parameter of an action, or a fact that its boundaries may read: an attribute of Cedar's `context`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The attribute's name.
    pub name: String,
    /// Its type.
    pub kind: Type,
    /// Whether a request may leave it out; policies must then ask with `context has`.
    pub optional: bool,
}

/// An action that the agent may want to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionDecl {
    /// Its name.
    pub name: String,
    /// The groups it belongs to, for policies about several actions.
    pub groups: Vec<String>,
    /// What it is done to.
    pub subject: Subject,
    /// Its parameters and context facts; names are words of letters, digits and `_`.
    pub members: Vec<Member>,
}

/// The name of a type in Cedar: numbers of any kind are whole (`Long`), words are `String`.
pub(crate) const fn cedar_type(kind: Type) -> &'static str {
    match kind {
        Type::Bool => "Bool",
        Type::Code => "String",
        Type::Int | Type::Ratio | Type::Money | Type::Time | Type::Duration => "Long",
    }
}
