//! The numbers of the identity rules, as the journal records them. `docs/identity-rules.md` explains each.

use crate::words::words;

words! {
    /// The rule that made or refused a link.
    Rule {
        /// The openId is known.
        R1 = "R1",
        /// The openId is known, and its unionId is new.
        R1b = "R1b",
        /// The openId and the unionId belong to two accounts.
        R1c = "R1c",
        /// The openId is new, and the unionId is known.
        R2 = "R2",
        /// Both are new.
        R3 = "R3",
        /// A free phone is bound.
        R4a = "R4a",
        /// The phone belongs to another account.
        R4b = "R4b",
        /// A WeChat account is merged into the phone's account.
        R4c = "R4c",
        /// The person already has another phone.
        R4d = "R4d",
        /// A person signed in by a phone alone.
        R4e = "R4e",
        /// The unionId of a known openId changed.
        R5 = "R5",
        /// The phone's last proof is too old to open the account it belongs to.
        R6 = "R6",
        /// A person removed a credential.
        R7 = "R7",
        /// The person merged two accounts, or undid a merge.
        R8 = "R8",
        /// A limit would be broken: one openId per app, one unionId per scope, one phone.
        R9 = "R9",
        /// The person withdrew what an app was allowed to know.
        R11 = "R11",
        /// The person's WeChat account was cancelled.
        R12 = "R12",
        /// A person who is signed in added another login.
        R13 = "R13",
        /// An operator decided.
        R14 = "R14",
        /// The login was not bound to its browser or device.
        R15 = "R15",
        /// The upstream migrated an account to another one and told the person's new openId.
        R16 = "R16",
        /// The company imported it.
        Import = "IMPORT",
    }
}
