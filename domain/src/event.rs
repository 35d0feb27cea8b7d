//! The kinds of events that other systems are told about, by webhooks and by the feed.

use crate::words::words;

words! {
    /// The kind of an event, as webhooks and the feed name it.
    EventKind {
        /// An account was created by a login.
        PersonCreated = "person.created",
        /// A person signed in.
        PersonSignedIn = "person.signed_in",
        /// An account got an openId.
        OpenIdLinked = "open_id.linked",
        /// A person removed an openId.
        OpenIdUnlinked = "open_id.unlinked",
        /// An account got a unionId, or another one in the same scope.
        UnionIdChanged = "union_id.changed",
        /// Two accounts were merged.
        PeopleMerged = "people.merged",
        /// A merge was undone.
        MergeUndone = "merge.undone",
        /// A phone number was bound, was replaced by another one, or left the account.
        PhoneChanged = "phone.changed",
        /// An operator disabled an account.
        PersonDisabled = "person.disabled",
        /// An operator enabled an account.
        PersonEnabled = "person.enabled",
        /// A person was erased.
        PersonErased = "person.erased",
        /// A case was opened for an operator.
        CaseOpened = "case.opened",
        /// A case was closed.
        CaseClosed = "case.closed",
        /// An order was recorded or changed.
        OrderRecorded = "order.recorded",
    }
}
