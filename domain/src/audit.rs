//! What is written into the audit, so that an operator can see it.
//! Links have a journal of their own: see `rule`.

use crate::words::words;

words! {
    /// What happened that an operator should be able to see.
    AuditAction {
        /// A login code came again, from somebody else or too late, and was refused.
        LoginRepeatRefused = "LOGIN_REPEAT_REFUSED",
        /// A document was put on the list of those that clients may send.
        DocumentAdded = "DOCUMENT_ADDED",
        /// A document was taken off that list.
        DocumentRemoved = "DOCUMENT_REMOVED",
    }
}
