//! Who is told of a change to an account, once it is committed.
//! Through which channels is `notify`'s business.

use domain::binding::{Binding, Request};
use domain::{PhoneNumber, UserId};

use crate::notify::Recipient;
use crate::service::Service;
use crate::sms::Notice;

impl Service {
    /// Tells a person of a change, on a number that is the person's, if there is one.
    pub(super) async fn tell(&self, user: UserId, number: Option<&PhoneNumber>, notice: Notice) {
        self.notifier.notify(&Recipient::new(user, number.into_iter().cloned().collect()), &notice).await;
    }

    /// Tells everybody whom it concerns what came of a proven number.
    pub(super) async fn tell_of_binding(&self, binding: &Binding, request: &Request) {
        let caller = &request.caller;
        match binding {
            Binding::Bind if request.proof.is_weak() => {
                self.tell(caller.id, Some(&request.number), Notice::PhoneBound).await;
            }
            // Whoever proved the number by a code knows; a quick code went past the phone.
            Binding::Bind | Binding::Renew { .. } | Binding::Refuse { .. } => {}
            Binding::Change => self.tell(caller.id, caller.phone.as_ref(), Notice::PhoneChanged).await,
            Binding::Join { into, .. } => self.tell(*into, Some(&request.number), Notice::AccountsMerged).await,
            Binding::TakeOver { from } => {
                // The number itself is the new owner's. Another phone is left to whom it was only kept for.
                let owner = request.owner.as_ref().filter(|owner| owner.is_kept);
                let other = owner.and_then(|owner| owner.account.phone.as_ref());
                self.tell(*from, other, Notice::PhoneLeft).await;
                if caller.phone.is_some() {
                    self.tell(caller.id, caller.phone.as_ref(), Notice::PhoneChanged).await;
                }
            }
        }
    }
}
