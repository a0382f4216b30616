//! Who may call, and what for: tokens, the one layer before every service, and TLS.
//!
//! A request meets [`AuthLayer`] before any service does. The layer asks [`Tokens`] for the [`Principal`] of the bearer
//! token and puts it into the request's extensions; whoever carries the request out asks the principal whether it may do
//! that in that namespace ([`Principal::authorise`]). [`check_address`] decides at start where a server may listen at all.

mod body;
mod layer;
mod listen;
mod principal;
mod refusal;
mod refusal_log;
mod right;
#[cfg(test)]
mod testing;
mod tls;
mod token;
mod token_dir;
mod token_file;
mod token_record;
mod tokens;

pub use layer::{Auth, AuthLayer};
pub use listen::{ListenError, check_address, describe_access, requires_tokens};
pub use principal::{Namespaces, Principal, Who};
pub use refusal::Refusal;
pub use refusal_log::RefusalLog;
pub use right::Rights;
pub use tls::{TlsError, TlsOptions};
pub use token::{Token, TokenHash, TokenId};
pub use token_file::{FILE_NAME, TokenFileError, create, list, revoke};
pub use token_record::{NewToken, TokenRecord, TokenState};
pub use tokens::Tokens;
