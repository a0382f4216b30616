//! Who a request comes from, once the layer has let it in, and what it may do.
//!
//! A refusal says the same whether the namespace exists or not, and does not repeat its name: whoever may not see a
//! namespace learns nothing about it, whatever is tried. What a refusal does tell is which right was missing, and that
//! follows from the request alone.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use toondb_engine::api::{Error, ErrorCode, NamespaceName, OpCode, Result, Right, Scope};
use toondb_engine::limits;

use super::right::Rights;
use super::token::TokenId;

/// Which namespaces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Namespaces {
    /// All, also those that are created later.
    All,
    /// These, whether or not they exist yet.
    These(BTreeSet<NamespaceName>),
}

impl Namespaces {
    /// True if `namespace` is among them; `""` means `default`.
    #[must_use]
    pub fn contains(&self, namespace: &str) -> bool {
        match self {
            Namespaces::All => true,
            Namespaces::These(_) if namespace.len() > limits::NAMESPACE_NAME_BYTES_MAX => false,
            Namespaces::These(names) if namespace.is_empty() => {
                names.contains(&NamespaceName::new(NamespaceName::DEFAULT))
            }
            Namespaces::These(names) => names.contains(&NamespaceName::new(namespace)),
        }
    }
}

/// Whose request it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// Whoever reaches a server without tokens.
    Anyone,
    /// The bearer of a token.
    Token {
        /// The token's id, which is not secret.
        id: TokenId,
        /// The name that it was given.
        name: String,
    },
}

/// For logs: the id and the name, nothing secret.
impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Who::Anyone => f.write_str("anyone"),
            Who::Token { id, name } => write!(f, "token {id} ({name})"),
        }
    }
}

/// A caller that was let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    who: Who,
    namespaces: Namespaces,
    rights: Rights,
}

impl Principal {
    /// Whoever reaches a server that asks for no token: may do everything.
    #[must_use]
    pub fn unrestricted() -> Self {
        Self { who: Who::Anyone, namespaces: Namespaces::All, rights: Rights::all() }
    }

    /// A caller with these rights in these namespaces.
    #[must_use]
    pub fn new(who: Who, namespaces: Namespaces, rights: Rights) -> Self {
        Self { who, namespaces, rights }
    }

    /// Whose request it is.
    #[must_use]
    pub fn who(&self) -> &Who {
        &self.who
    }

    /// The namespaces in which it may do anything.
    #[must_use]
    pub fn namespaces(&self) -> &Namespaces {
        &self.namespaces
    }

    /// What it may do there.
    #[must_use]
    pub fn rights(&self) -> Rights {
        self.rights
    }

    /// True if a list of namespaces may show it this one; `""` means `default`.
    #[must_use]
    pub fn may_see(&self, namespace: &str) -> bool {
        self.namespaces.contains(namespace)
    }

    /// Lets an operation pass, or not. A gateway calls it once for every request.
    ///
    /// # Errors
    /// `PermissionDenied`.
    pub fn authorise(&self, code: OpCode, namespace: &str) -> Result<()> {
        let right = code.right();
        match code.scope() {
            Scope::Namespace => self.check(namespace, right),
            Scope::Anyone => Ok(()),
            Scope::Caller => self.check_right(right),
            Scope::Server => self.check_server(right),
        }
    }

    /// Lets an act in one namespace pass, or not; `""` means `default`.
    ///
    /// # Errors
    /// `PermissionDenied`, the same for a namespace that exists and one that does not.
    pub fn check(&self, namespace: &str, right: Right) -> Result<()> {
        if self.namespaces.contains(namespace) && self.rights.contains(right) {
            return Ok(());
        }
        Err(Error::new(
            ErrorCode::PermissionDenied,
            format!("this token does not give the right to {right} in this namespace; use one that does"),
        ))
    }

    /// Lets an act that concerns no namespace pass, or not.
    ///
    /// # Errors
    /// `PermissionDenied`.
    pub fn check_right(&self, right: Right) -> Result<()> {
        if self.rights.contains(right) {
            return Ok(());
        }
        let message = format!("this token does not give the right to {right}; use one that does");
        Err(Error::new(ErrorCode::PermissionDenied, message))
    }

    /// Lets an act that concerns all namespaces pass, or not.
    ///
    /// # Errors
    /// `PermissionDenied`.
    pub fn check_server(&self, right: Right) -> Result<()> {
        if matches!(self.namespaces, Namespaces::All) && self.rights.contains(right) {
            return Ok(());
        }
        Err(Error::new(
            ErrorCode::PermissionDenied,
            format!(
                "this needs a token with the right to {right} in all namespaces (toondb token create --all-namespaces)"
            ),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scoped(names: &[&str], rights: &str) -> Principal {
        let names = names.iter().map(|name| NamespaceName::parse(name).unwrap()).collect();
        Principal::new(Who::Anyone, Namespaces::These(names), rights.parse().unwrap())
    }

    #[test]
    fn anyone_without_tokens_may_do_everything() {
        let anyone = Principal::unrestricted();
        for code in OpCode::ALL {
            assert_eq!(anyone.authorise(*code, "x"), Ok(()));
        }
    }

    #[test]
    fn every_operation_is_refused_in_a_foreign_namespace_and_without_its_right() {
        let all = scoped(&["a"], "read,write,admin");
        for code in OpCode::ALL {
            let foreign = all.authorise(*code, "b");
            let about_none = matches!(code.scope(), Scope::Caller | Scope::Anyone);
            assert_eq!(foreign.is_ok(), about_none, "{code:?}");
            assert_eq!(all.authorise(*code, "a").is_ok(), code.scope() != Scope::Server, "{code:?}");
            for right in Right::ALL {
                let only = Principal::new(Who::Anyone, Namespaces::All, [right].into_iter().collect());
                let may = code.right() == right || code.scope() == Scope::Anyone;
                assert_eq!(only.authorise(*code, "a").is_ok(), may, "{code:?} with {right}");
            }
        }
    }

    #[test]
    fn a_refusal_is_the_same_for_every_namespace() {
        let reader = scoped(&["a"], "read");
        let refusals: Vec<Error> = ["b", "", "../a", "A", "a ", "a\0", &"x".repeat(1 << 20)]
            .iter()
            .map(|name| reader.check(name, Right::Read).unwrap_err())
            .collect();
        assert!(refusals.iter().all(|refusal| *refusal == refusals[0]), "{refusals:?}");
        assert_eq!(refusals[0].code, ErrorCode::PermissionDenied);
        assert!(!refusals[0].message.contains("../a"));
    }

    #[test]
    fn the_empty_name_is_the_default_namespace() {
        let default = scoped(&["default"], "read");
        assert!(default.may_see("") && default.may_see("default") && !default.may_see("a"));
        assert!(default.check("", Right::Read).is_ok());
        assert!(scoped(&["a"], "read").check("", Right::Read).is_err());
    }
}
