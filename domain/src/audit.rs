//! What is written into the audit, so that an operator can see it.
//! Links have a journal of their own: see `rule`.

use crate::words::words;

words! {
    /// What happened that an operator should be able to see.
    AuditAction {
        /// A login code came again, from somebody else or too late, and was refused.
        LoginRepeatRefused = "LOGIN_REPEAT_REFUSED",
        /// A new key was made, for phone numbers to be sealed with.
        DataKeyMade = "DATA_KEY_MADE",
    }
}
