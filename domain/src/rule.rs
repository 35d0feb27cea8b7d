//! The numbers of the identity rules, as they stand in the journal.
//! What each rule says is told in the modules that decide, and in docs/identity-rules.md.

use crate::words::words;

words! {
    /// Which rule made or refused a link.
    Rule {
        /// The open id is known.
        R1 = "R1",
        /// The open id is known and its union id is new to us.
        R1b = "R1b",
        /// The open id and the union id belong to two accounts.
        R1c = "R1c",
        /// The open id is new, the union id is known.
        R2 = "R2",
        /// Both are new.
        R3 = "R3",
        /// A phone that nobody has is bound.
        R4a = "R4a",
        /// The phone belongs to another account.
        R4b = "R4b",
        /// A WeChat account joins the phone's account.
        R4c = "R4c",
        /// The person already has another phone.
        R4d = "R4d",
        /// The union id of a known open id changed.
        R5 = "R5",
        /// The phone's last proof is too old to open the account it belongs to.
        R6 = "R6",
        /// A person took a credential away.
        R7 = "R7",
        /// The person merged two accounts, or undid it.
        R8 = "R8",
        /// A limit would be broken: one open id per app, one union id per scope, one phone.
        R9 = "R9",
        /// The person withdrew what an app was allowed to know.
        R11 = "R11",
        /// The person's WeChat account is gone.
        R12 = "R12",
        /// A signed-in person added another way of signing in.
        R13 = "R13",
        /// An operator decided.
        R14 = "R14",
        /// The login was not bound to its browser or device.
        R15 = "R15",
        /// An import by the company recorded it.
        Import = "IMPORT",
    }
}
