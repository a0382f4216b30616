//! What is known of a request whose answer was lost.

use super::error::{Error, ErrorCode};
use super::operations::OpCode;
use super::words::Effect;

impl Error {
    /// What a caller is told whose request may have arrived and whose answer was lost, for the reason in `error`. Every
    /// door says it by this rule: what changes nothing failed for that reason and may be asked again, and of anything else
    /// nobody knows whether it happened.
    pub fn answer_lost(code: OpCode, error: Error) -> Self {
        match code.effect() {
            Effect::Keeps => error,
            Effect::Takes | Effect::Frees => {
                let text = format!(
                    "the answer to {} was lost, so it may have happened; read to find out ({error})",
                    code.name()
                );
                Self::new(ErrorCode::OutcomeUnknown, text)
            }
        }
    }
}
