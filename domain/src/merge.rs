//! Two accounts are to become one because their person says so (R8): who stays, what clashes, what has to be chosen.
//! Merges that need nobody's choice are decided in `linking` (R1c) and `binding` (R4c).

use chrono::TimeDelta;

use crate::phone::Policy;
use crate::session::{NotNow, Standing, Step, may};
use crate::words::words;
use crate::{Account, Boundness, Timestamp, UserId};

/// How long a merge that was offered can be confirmed.
pub const OFFER: TimeDelta = TimeDelta::minutes(15);
/// How long a merge can be undone.
pub const UNDO: TimeDelta = TimeDelta::days(30);

words! {
    /// Something that an account has one of.
    Field {
        /// The active phone.
        Phone = "PHONE",
        /// The company's own id.
        ExternalId = "EXTERNAL_ID",
        /// What the person is called.
        Nickname = "NICKNAME",
        /// The person's picture.
        AvatarUrl = "AVATAR_URL",
    }
}

/// One of the two accounts, with what a merge needs to know beyond the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// The account.
    pub account: Account,
    /// Whether somebody proved the phone to us.
    pub phone_is_verified: bool,
    /// What the person is called.
    pub nickname: Option<String>,
    /// The person's picture.
    pub avatar_url: Option<String>,
}

/// What the person chose.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choices {
    /// Which of the two goes on; the one with the verified phone, else the older, when nothing is chosen.
    pub survivor: Option<UserId>,
    /// Whose value stays, for each field in which they differ.
    pub keep: Vec<(Field, UserId)>,
}

/// What a merge would come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// Who would go on, unless the person chooses.
    pub survivor: UserId,
    /// In what the two differ, so that the person has to choose.
    pub clashes: Vec<Field>,
    /// Whether one account of both would break a limit of R9: then it is a conflict, and no choice helps.
    pub breaks_limits: bool,
}

/// A merge that can be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Who ends as an alias.
    pub from: UserId,
    /// Who goes on.
    pub into: UserId,
    /// The fields that the survivor takes over from the other, because they were chosen or because it has none.
    pub taken: Vec<Field>,
}

impl Plan {
    /// Joins two accounts between which nobody has to choose (R1c, R4c): the survivor keeps what it has, and takes over
    /// what it lacks.
    #[must_use]
    pub fn join(from: &Side, into: &Side) -> Self {
        let is_taken = |field: &Field| has(*field, from) && !has(*field, into);
        let taken = Field::ALL.iter().copied().filter(is_taken).collect();
        Self { from: from.account.id, into: into.account.id, taken }
    }
}

/// What a person brings who confirms a merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmation {
    /// How the person stands, with the later cooling-off time of the two accounts (R6).
    pub standing: Standing,
    /// The proof that the other account is the person's, too.
    pub second_proof: SecondProof,
}

/// The proof that the other account is the person's, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecondProof {
    /// It was given when the merge was offered.
    NotNeeded,
    /// It is needed (R6), and not there.
    Missing,
    /// The person is signed in to the other account, too.
    SignedIn {
        /// Since when.
        at: Timestamp,
        /// R15: whether that login was bound.
        bound: Boundness,
    },
}

/// Why a merge is not confirmed now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unconfirmed {
    /// Not with this login, or not yet.
    NotNow(NotNow),
    /// R6: the person has to sign in to the other account, and not long ago.
    ProveMore,
}

/// May the person see what a merge would come to?
pub fn may_preview(standing: &Standing, second_proof: SecondProof, policy: &Policy) -> Result<(), Unconfirmed> {
    may(Step::PreviewMerge, standing, policy).map_err(Unconfirmed::NotNow)?;
    match second_proof {
        SecondProof::NotNeeded | SecondProof::SignedIn { bound: Boundness::Bound, .. } => Ok(()),
        SecondProof::SignedIn { bound: Boundness::Unbound, .. } => Err(Unconfirmed::NotNow(NotNow::UnboundLogin)),
        SecondProof::Missing => Err(Unconfirmed::ProveMore),
    }
}

/// May the person confirm a merge now? Both logins count.
pub fn may_confirm(confirmation: &Confirmation, policy: &Policy) -> Result<(), Unconfirmed> {
    let Confirmation { standing, second_proof } = confirmation;
    may_preview(standing, *second_proof, policy)?;
    if let SecondProof::SignedIn { at, .. } = second_proof
        && !policy.is_fresh(*at, standing.now)
    {
        return Err(Unconfirmed::ProveMore);
    }
    may(Step::ConfirmMerge, standing, policy).map_err(Unconfirmed::NotNow)
}

/// Why a merge was not planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Both are the same account.
    SameAccount,
    /// R9: it would break a limit.
    LimitBroken,
    /// The choice names neither of the two accounts.
    Stranger,
    /// These fields clash, and nothing was chosen.
    ChoiceMissing(Vec<Field>),
    /// A field was chosen twice, or one that does not clash.
    ChoiceIdle(Field),
}

/// What a merge of these two would come to.
#[must_use]
pub fn preview(a: &Side, b: &Side) -> Preview {
    let clashes = Field::ALL.iter().copied().filter(|field| clash(*field, a, b)).collect();
    let breaks_limits = a.account.breaks_limits_with(&b.account);
    Preview { survivor: usual_survivor(a, b).account.id, clashes, breaks_limits }
}

/// Plans a merge as the person chose.
pub fn plan(a: &Side, b: &Side, choices: &Choices) -> Result<Plan, Refusal> {
    if a.account.id == b.account.id {
        return Err(Refusal::SameAccount);
    }
    let Preview { survivor, clashes, breaks_limits } = preview(a, b);
    if breaks_limits {
        return Err(Refusal::LimitBroken);
    }
    let ids = [a.account.id, b.account.id];
    let into = choices.survivor.unwrap_or(survivor);
    if !ids.contains(&into) || choices.keep.iter().any(|(_, chosen)| !ids.contains(chosen)) {
        return Err(Refusal::Stranger);
    }
    let (from, kept) = if into == a.account.id { (b, a) } else { (a, b) };
    let chosen = |field| choices.keep.iter().filter(move |(named, _)| *named == field);
    let idle = |(field, _): &&(Field, UserId)| !clashes.contains(field) || chosen(*field).count() > 1;
    if let Some((field, _)) = choices.keep.iter().find(idle) {
        return Err(Refusal::ChoiceIdle(*field));
    }
    let missing: Vec<Field> = clashes.iter().copied().filter(|field| chosen(*field).next().is_none()).collect();
    if !missing.is_empty() {
        return Err(Refusal::ChoiceMissing(missing));
    }
    let is_taken = |field: &Field| match chosen(*field).next() {
        Some((_, chosen)) => *chosen == from.account.id,
        None => has(*field, from) && !has(*field, kept),
    };
    let taken = Field::ALL.iter().copied().filter(is_taken).collect();
    Ok(Plan { from: from.account.id, into, taken })
}

/// May a merge of then still be undone?
#[must_use]
pub fn may_undo(merged_at: Timestamp, now: Timestamp) -> bool {
    now <= merged_at.plus(UNDO)
}

/// Who has the verified phone, else who is older.
fn usual_survivor<'a>(a: &'a Side, b: &'a Side) -> &'a Side {
    let (a_has, b_has) = (verified_phone(a), verified_phone(b));
    let a_stays = if a_has == b_has { age(a) <= age(b) } else { a_has };
    if a_stays { a } else { b }
}

fn age(side: &Side) -> (Timestamp, UserId) {
    (side.account.created_at, side.account.id)
}

fn verified_phone(side: &Side) -> bool {
    side.phone_is_verified && side.account.phone.is_some()
}

fn has(field: Field, side: &Side) -> bool {
    match field {
        Field::Phone => side.account.phone.is_some(),
        Field::ExternalId => side.account.external_id.is_some(),
        Field::Nickname => side.nickname.is_some(),
        Field::AvatarUrl => side.avatar_url.is_some(),
    }
}

fn clash(field: Field, a: &Side, b: &Side) -> bool {
    let differ = match field {
        Field::Phone => a.account.phone != b.account.phone,
        Field::ExternalId => a.account.external_id != b.account.external_id,
        Field::Nickname => a.nickname != b.nickname,
        Field::AvatarUrl => a.avatar_url != b.avatar_url,
    };
    has(field, a) && has(field, b) && differ
}
