//! Plans the merge of two accounts that their person confirms (R8): which one remains, where they clash, and what has to be chosen.
//! [`login`](crate::login) and [`phone`](crate::phone) decide on merges without a choice (R1c, R4c).

pub mod today;

use chrono::TimeDelta;

use crate::phone::Policy;
use crate::session::{NotNow, Standing, Step, may};
use crate::words::words;
use crate::{Account, AppId, Boundness, OwnWords, Timestamp, UnionScope, UserId};

/// How long an offered merge can be confirmed.
pub const OFFER: TimeDelta = TimeDelta::minutes(15);
/// How long a merge can be undone.
pub const UNDO: TimeDelta = TimeDelta::days(30);

words! {
    /// A field of which an account has one value.
    Field {
        /// The active phone.
        Phone = "PHONE",
        /// The company's own id.
        ExternalId = "EXTERNAL_ID",
        /// The nickname.
        Nickname = "NICKNAME",
        /// The picture.
        AvatarUrl = "AVATAR_URL",
    }
}

/// One of the two accounts, with what a merge needs beyond the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// The account.
    pub account: Account,
    /// Whether the phone was verified by a code.
    pub phone_is_verified: bool,
    /// The nickname that is shown.
    pub nickname: Option<String>,
    /// The picture that is shown.
    pub avatar_url: Option<String>,
    /// What of these the person chose.
    pub own: OwnWords,
}

/// The person's choices.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choices {
    /// The account that remains. By default the one with the verified phone, else the older.
    pub survivor: Option<UserId>,
    /// The account whose value remains, for each field in which they differ.
    pub keep: Vec<(Field, UserId)>,
}

/// What a merge would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// The account that remains, unless the person chooses.
    pub survivor: UserId,
    /// The fields in which the two differ, for the person to choose.
    pub clashes: Vec<Field>,
    /// Whether the merged account would break a limit of R9. Then it is a conflict, and no choice helps.
    pub breaks_limits: bool,
}

/// What keeps two accounts apart (R9).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// Both have an openId in this app: they are two people there.
    App(AppId),
    /// Both have a unionId in this scope.
    Scope(UnionScope),
}

/// A merge that can be carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The account that becomes an alias.
    pub from: UserId,
    /// The account that remains.
    pub into: UserId,
    /// The fields that the survivor takes over from the other, because they were chosen or because it has none.
    pub taken: Vec<Field>,
}

impl Plan {
    /// Plans a merge that needs no choice (R1c, R4c): the survivor keeps its values and takes over those that it lacks. A name or
    /// a picture that the person chose replaces one that was only told.
    #[must_use]
    pub fn join(from: &Side, into: &Side) -> Self {
        let is_lacking = |field: &Field| has(*field, from) && !has(*field, into);
        let is_taken = |field: &Field| is_lacking(field) || (is_chosen(*field, from) && !is_chosen(*field, into));
        let taken = Field::ALL.iter().copied().filter(is_taken).collect();
        Self { from: from.account.id, into: into.account.id, taken }
    }
}

/// The inputs to a confirmation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmation {
    /// The standing of the person, with the later cooling-off time of the two accounts (R6).
    pub standing: Standing,
    /// The proof that the other account belongs to the person too.
    pub second_proof: SecondProof,
}

/// The proof that the other account belongs to the person too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecondProof {
    /// It was given when the merge was offered.
    NotNeeded,
    /// It is required (R6) and missing.
    Missing,
    /// The person is signed in to the other account too.
    SignedIn {
        /// The time of that login.
        at: Timestamp,
        /// R15: whether that login was bound.
        bound: Boundness,
    },
}

/// Why a merge is not confirmed now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unconfirmed {
    /// The login of the session does not allow it, or not yet.
    NotNow(NotNow),
    /// R6: the person has to sign in to the other account first, recently.
    ProveMore,
}

/// Checks whether the person may see what a merge would do.
pub fn may_preview(standing: &Standing, second_proof: SecondProof, policy: &Policy) -> Result<(), Unconfirmed> {
    may(Step::PreviewMerge, standing, policy).map_err(Unconfirmed::NotNow)?;
    match second_proof {
        SecondProof::NotNeeded | SecondProof::SignedIn { bound: Boundness::Bound, .. } => Ok(()),
        SecondProof::SignedIn { bound: Boundness::Unbound, .. } => Err(Unconfirmed::NotNow(NotNow::UnboundLogin)),
        SecondProof::Missing => Err(Unconfirmed::ProveMore),
    }
}

/// Checks whether the person may confirm a merge now. Both logins count.
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

/// Why a merge cannot be planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MergeRefusal {
    /// Both are the same account.
    SameAccount,
    /// R9: it would break a limit.
    LimitBroken,
    /// The choice names neither of the two accounts.
    Stranger,
    /// These fields clash, and no choice was made.
    ChoiceMissing(Vec<Field>),
    /// A field was chosen twice, or does not clash.
    ChoiceIdle(Field),
}

/// Returns what a merge of these two would do.
#[must_use]
pub fn preview(a: &Side, b: &Side) -> Preview {
    let clashes = Field::ALL.iter().copied().filter(|field| clash(*field, a, b)).collect();
    let breaks_limits = a.account.breaks_limits_with(&b.account);
    Preview { survivor: usual_survivor(a, b).account.id, clashes, breaks_limits }
}

/// Returns everything that keeps two accounts apart. A merge [`breaks limits`](Preview::breaks_limits) if there is anything.
#[must_use]
pub fn obstacles(a: &Account, b: &Account) -> Vec<Obstacle> {
    let apps = a.apps.iter().filter(|app| b.apps.contains(app)).cloned().map(Obstacle::App);
    let scopes = a.unions.iter().filter(|key| b.union_in(&key.scope).is_some());
    apps.chain(scopes.map(|key| Obstacle::Scope(key.scope.clone()))).collect()
}

/// Plans a merge by the person's choices.
pub fn plan(a: &Side, b: &Side, choices: &Choices) -> Result<Plan, MergeRefusal> {
    if a.account.id == b.account.id {
        return Err(MergeRefusal::SameAccount);
    }
    let Preview { survivor, clashes, breaks_limits } = preview(a, b);
    if breaks_limits {
        return Err(MergeRefusal::LimitBroken);
    }
    let ids = [a.account.id, b.account.id];
    let into = choices.survivor.unwrap_or(survivor);
    if !ids.contains(&into) || choices.keep.iter().any(|(_, chosen)| !ids.contains(chosen)) {
        return Err(MergeRefusal::Stranger);
    }
    let (from, kept) = if into == a.account.id { (b, a) } else { (a, b) };
    let chosen = |field| choices.keep.iter().filter(move |(named, _)| *named == field);
    let idle = |(field, _): &&(Field, UserId)| !clashes.contains(field) || chosen(*field).count() > 1;
    if let Some((field, _)) = choices.keep.iter().find(idle) {
        return Err(MergeRefusal::ChoiceIdle(*field));
    }
    let missing: Vec<Field> = clashes.iter().copied().filter(|field| chosen(*field).next().is_none()).collect();
    if !missing.is_empty() {
        return Err(MergeRefusal::ChoiceMissing(missing));
    }
    let is_taken = |field: &Field| match chosen(*field).next() {
        Some((_, chosen)) => *chosen == from.account.id,
        None => has(*field, from) && !has(*field, kept),
    };
    let taken = Field::ALL.iter().copied().filter(is_taken).collect();
    Ok(Plan { from: from.account.id, into, taken })
}

/// Returns whether a merge of that time can still be undone.
#[must_use]
pub fn may_undo(merged_at: Timestamp, now: Timestamp) -> bool {
    now <= merged_at.plus(UNDO)
}

/// The account with the verified phone, else the older one.
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

/// Whether the value is the person's own choice.
fn is_chosen(field: Field, side: &Side) -> bool {
    match field {
        Field::Nickname => side.own.nickname.is_some(),
        Field::AvatarUrl => side.own.avatar_url.is_some(),
        Field::Phone | Field::ExternalId => false,
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
