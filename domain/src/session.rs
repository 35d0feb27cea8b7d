//! Decides whether a person may take a step now: R15 (a bound login), R4 and R7 (a fresh login) and R6 (the cooling-off), for every
//! step that changes what an account holds.

use crate::Timestamp;
use crate::phone::Policy;

/// R15: whether a login is known to end in the browser or device in which it began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Boundness {
    /// It is: no link that a stranger prepares can end it.
    Bound,
    /// It is not: the code may be a stranger's, planted in this browser or device.
    Unbound,
}

/// How a code reaches the client that sends it to this service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// In an address that the browser was redirected to.
    Browser,
    /// In an address (`wx…://oauth?code=…`) by which the system opens a native app. Any page can open the same one.
    NativeSdk,
    /// From the host app, on request of the client: no address is involved.
    HostApp,
}

impl Boundness {
    /// R15: returns the boundness of a login, given whether the client has shown the verifier of its beginning.
    #[must_use]
    pub const fn of_login(way: Way, has_shown_verifier: bool) -> Self {
        match way {
            Way::HostApp => Self::Bound,
            Way::Browser | Way::NativeSdk if has_shown_verifier => Self::Bound,
            Way::Browser | Way::NativeSdk => Self::Unbound,
        }
    }
}

/// The login of a person, and the end of the cooling-off of the accounts concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Whether the login was bound.
    pub bound: Boundness,
    /// When the person last signed in.
    pub signed_in_at: Timestamp,
    /// R6: the end of the cooling-off after a number was taken over.
    pub cooling_until: Option<Timestamp>,
    /// The present time.
    pub now: Timestamp,
}

impl Standing {
    /// Adds the cooling-off of another account that would lose something.
    #[must_use]
    pub fn and(self, cooling_until: Option<Timestamp>) -> Self {
        Self { cooling_until: self.cooling_until.max(cooling_until), ..self }
    }
}

/// The steps that change what an account holds. A step that takes something away from an account is never taken while the account
/// is cooling off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// R4: prove a number, whatever follows from it.
    ProveNumber,
    /// R4a: bind a number, which is a login from then on.
    BindNumber,
    /// R4d: replace the account's number.
    ChangeNumber,
    /// R4c: join the number's account.
    JoinByNumber,
    /// R6: take over a number, which the other account loses.
    TakeNumberOver,
    /// R7: remove a credential.
    RemoveCredential,
    /// R13: add another login.
    AddLogin,
    /// R8: be offered a merge with another account.
    AskForMerge,
    /// R8: see what a merge would do.
    PreviewMerge,
    /// R8: confirm a merge.
    ConfirmMerge,
    /// R8: undo a merge, which gives both accounts back what they had.
    UndoMerge,
    /// R15: choose the name and the picture.
    ChooseProfile,
    /// R12: have the account erased.
    EraseAccount,
    /// R12: keep the account after all.
    KeepAccount,
    /// Get a copy of everything that is kept about the person.
    ExportData,
}

/// The requirements of a step.
#[derive(Debug, Clone, Copy)]
struct Needs {
    /// R15: a bound login.
    bound: bool,
    /// R4, R7: a fresh login.
    fresh: bool,
    /// R6: no cooling-off.
    calm: bool,
}

impl Step {
    /// Every step.
    pub const ALL: [Self; 15] = [
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
        Self::ChooseProfile,
        Self::EraseAccount,
        Self::KeepAccount,
        Self::ExportData,
    ];

    const fn needs(self) -> Needs {
        match self {
            Self::ProveNumber | Self::PreviewMerge | Self::ChooseProfile | Self::KeepAccount => {
                Needs { bound: true, fresh: false, calm: false }
            }
            Self::BindNumber | Self::AddLogin | Self::AskForMerge => Needs { bound: true, fresh: true, calm: false },
            Self::ChangeNumber
            | Self::JoinByNumber
            | Self::TakeNumberOver
            | Self::RemoveCredential
            | Self::ConfirmMerge
            | Self::EraseAccount
            | Self::ExportData => Needs { bound: true, fresh: true, calm: true },
            // The session goes back to the account of its own openId, which any login opens.
            Self::UndoMerge => Needs { bound: false, fresh: true, calm: true },
        }
    }
}

/// Why a step is refused now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotNow {
    /// R15: the login is not bound. A bound login helps.
    UnboundLogin,
    /// The login is too old.
    StaleLogin,
    /// R6: an account that would lose something took over a number recently.
    CoolingOff {
        /// The end of the cooling-off.
        until: Timestamp,
    },
}

/// Checks whether the person may take the step now. Every decision that changes what an account holds calls this.
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
