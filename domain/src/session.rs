//! May a person take this step now? R15 (a bound login), R4c and R7 (a fresh login) and R6 (the cooling-off), for every step
//! that changes what an account holds. What a step does is decided in `binding`, `adding`, `removal` and `merging`.

use crate::Timestamp;
use crate::phone::Policy;

/// R15: is a login known to be of the browser or device that it signs in?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Boundness {
    /// It is: no address that a stranger makes up can end it.
    Bound,
    /// It is not: the code may be a stranger's, planted in this browser or device.
    Unbound,
}

/// How a code comes to the client that sends it to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// In an address that the browser was sent to.
    Browser,
    /// In an address (`wx…://oauth?code=…`) by which the system opens a native app; any page can open the same.
    NativeSdk,
    /// From the host app, which the client asks for it: no address is involved.
    HostApp,
}

impl Boundness {
    /// R15: what ties a login to the client that ends it, given whether the client has shown the verifier of its beginning.
    #[must_use]
    pub const fn of_login(way: Way, has_shown_verifier: bool) -> Self {
        match way {
            Way::HostApp => Self::Bound,
            Way::Browser | Way::NativeSdk if has_shown_verifier => Self::Bound,
            Way::Browser | Way::NativeSdk => Self::Unbound,
        }
    }
}

/// How a person signed in and when, and until when an account that would lose something is not to lose anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Whether the login was bound.
    pub bound: Boundness,
    /// When the person last signed in.
    pub signed_in_at: Timestamp,
    /// R6: the end of the cooling-off time after a number was taken over.
    pub cooling_until: Option<Timestamp>,
    /// The present.
    pub now: Timestamp,
}

impl Standing {
    /// The same with the cooling-off time of another account that would lose something, too.
    #[must_use]
    pub fn and(self, cooling_until: Option<Timestamp>) -> Self {
        Self { cooling_until: self.cooling_until.max(cooling_until), ..self }
    }
}

/// All that a person can do to what an account holds. What takes something away from an account is never done while that
/// account cools off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// R4: prove a number, whatever follows from it.
    ProveNumber,
    /// R4a: have a number, which is a way to sign in from then on.
    BindNumber,
    /// R4d: have another number in place of the own one, which leaves the account.
    ChangeNumber,
    /// R4c: join the number's account.
    JoinByNumber,
    /// R6: take a number over, which leaves the account that had it.
    TakeNumberOver,
    /// R7: take a credential away.
    RemoveCredential,
    /// R13: add another way of signing in.
    AddLogin,
    /// R8: be offered a merge with another account.
    AskForMerge,
    /// R8: see what a merge would come to.
    PreviewMerge,
    /// R8: confirm a merge.
    ConfirmMerge,
    /// R8: undo a merge, which gives both accounts what they had.
    UndoMerge,
}

/// What a step needs.
#[derive(Debug, Clone, Copy)]
struct Needs {
    /// R15.
    bound: bool,
    /// R4c, R7: a login of the last minutes.
    fresh: bool,
    /// R6: no cooling-off.
    calm: bool,
}

impl Step {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::ProveNumber,
        Self::BindNumber,
        Self::ChangeNumber,
        Self::JoinByNumber,
        Self::TakeNumberOver,
        Self::RemoveCredential,
        Self::AddLogin,
        Self::AskForMerge,
        Self::PreviewMerge,
        Self::ConfirmMerge,
        Self::UndoMerge,
    ];

    const fn needs(self) -> Needs {
        match self {
            Self::ProveNumber | Self::PreviewMerge => Needs { bound: true, fresh: false, calm: false },
            Self::BindNumber | Self::AddLogin | Self::AskForMerge => Needs { bound: true, fresh: true, calm: false },
            Self::ChangeNumber
            | Self::JoinByNumber
            | Self::TakeNumberOver
            | Self::RemoveCredential
            | Self::ConfirmMerge => Needs { bound: true, fresh: true, calm: true },
            // The session goes back to the account of its own open id, which any login opens.
            Self::UndoMerge => Needs { bound: false, fresh: true, calm: true },
        }
    }
}

/// Why a step is not taken now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotNow {
    /// R15: the login was not bound. Signing in bound mends it.
    UnboundLogin,
    /// The login is too old for this.
    StaleLogin,
    /// R6: an account that would lose something has just taken a number over.
    CoolingOff {
        /// Until when.
        until: Timestamp,
    },
}

/// May the person take the step now? Every decision that changes what an account holds asks this.
pub fn may(step: Step, standing: &Standing, policy: &Policy) -> Result<(), NotNow> {
    let needs = step.needs();
    let cooling = standing.cooling_until.filter(|until| standing.now < *until);
    if needs.bound && standing.bound == Boundness::Unbound {
        return Err(NotNow::UnboundLogin);
    }
    if needs.fresh && !policy.is_fresh(standing.signed_in_at, standing.now) {
        return Err(NotNow::StaleLogin);
    }
    match cooling {
        Some(until) if needs.calm => Err(NotNow::CoolingOff { until }),
        Some(_) | None => Ok(()),
    }
}
