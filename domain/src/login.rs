//! Decides which account a login opens, by what a provider proved and what is known (R1 to R3, R5).

use crate::phone::Offer;
use crate::{Account, Boundness, Conflict, ConflictKind, LinkId, OpenKey, Profile, Rule, UnionId, UnionKey, UserId};

/// What a provider has just proved, on this server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The first key: the openId in its app.
    pub key: OpenKey,
    /// The second key, if the upstream returned it.
    pub union: Option<UnionKey>,
    /// The profile. No rule reads it.
    pub profile: Profile,
}

/// The owner of a known openId, with the unionId that the owner has in the scope of the proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recognised {
    /// The owner.
    pub user: UserId,
    /// The owner's unionId in the scope of the proof.
    pub union_id: Option<UnionId>,
}

/// What is known about an openId.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// Nothing.
    New,
    /// It is known from an import or an order, and belongs to no account yet.
    Unclaimed(LinkId),
    /// It belongs to this account.
    Owned(Account),
}

/// The inputs to a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// What is known about the openId.
    pub link: Link,
    /// The account that has the unionId.
    pub union_owner: Option<Account>,
}

/// What to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Nothing: the login opens this account.
    SignIn(UserId),
    /// The account gets the unionId of the proof.
    AttachUnionId(UserId),
    /// The account gets the openId of the proof.
    AttachOpenId(UserId),
    /// An account is created for the openId of the proof.
    Create {
        /// Whether the unionId of the proof is attached too.
        with_union: bool,
    },
    /// Two accounts are merged.
    Merge {
        /// The shell, which becomes an alias.
        from: UserId,
        /// The account that remains, and that the login opens.
        into: UserId,
    },
}

/// What follows from a proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The rule that decided.
    pub rule: Rule,
    /// What to write.
    pub act: Act,
    /// The case to open for an operator.
    pub conflict: Option<Conflict>,
    /// The merge that the person may confirm (R8).
    pub offer: Option<Offer>,
}

impl Decision {
    fn plain(rule: Rule, act: Act) -> Self {
        Self { rule, act, conflict: None, offer: None }
    }

    fn doubtful(rule: Rule, act: Act, conflict: Conflict) -> Self {
        Self { rule, act, conflict: Some(conflict), offer: None }
    }
}

/// R1, the everyday case, decided by one query on the openId: a known person with nothing new.
#[must_use]
pub fn recognise(known: &Recognised, proof: &Proof) -> Option<Decision> {
    let nothing_new = proof.union.as_ref().is_none_or(|told| known.union_id.as_ref() == Some(&told.union_id));
    nothing_new.then(|| Decision::plain(Rule::R1, Act::SignIn(known.user)))
}

/// Decides by the whole table: R1, R1b, R1c, R2, R3 and R5, within the limits of R9 and R15.
#[must_use]
pub fn decide(known: &Known, proof: &Proof, bound: Boundness) -> Decision {
    match &known.link {
        Link::Owned(account) => {
            let decision = decide_known_open_id(account, known.union_owner.as_ref(), proof);
            match bound {
                Boundness::Bound => decision,
                Boundness::Unbound => unbound(decision, account.id),
            }
        }
        Link::Unclaimed(_) | Link::New => decide_new_open_id(known.union_owner.as_ref(), proof),
    }
}

fn decide_known_open_id(account: &Account, union_owner: Option<&Account>, proof: &Proof) -> Decision {
    let held = proof.union.as_ref().and_then(|told| account.union_in(&told.scope));
    let recognised = Recognised { user: account.id, union_id: held.cloned() };
    if let Some(decision) = recognise(&recognised, proof) {
        return decision;
    }
    let sign_in = Act::SignIn(account.id);
    let case = |kind| Conflict { kind, other: union_owner.map(|other| other.id), union: proof.union.clone() };
    if held.is_some() {
        return Decision::doubtful(Rule::R5, sign_in, case(ConflictKind::UnionIdChanged));
    }
    let Some(other) = union_owner else {
        return Decision::plain(Rule::R1b, Act::AttachUnionId(account.id));
    };
    // Two people, and the same case as at their first login: a merge would settle nothing.
    if account.breaks_limits_with(other) {
        return Decision::doubtful(Rule::R9, sign_in, case(ConflictKind::LimitBroken));
    }
    if let Some((from, into)) = shell_merge(account, other) {
        return Decision::plain(Rule::R1c, Act::Merge { from, into });
    }
    let offer = Some(Offer { other: other.id, needs_login: false });
    Decision { offer, ..Decision::doubtful(Rule::R1c, sign_in, case(ConflictKind::TwoAccounts)) }
}

/// R15: an unbound login merges nothing and is offered nothing. The next bound one finds everything unchanged.
fn unbound(decision: Decision, user: UserId) -> Decision {
    match decision.act {
        Act::Merge { .. } => Decision::plain(Rule::R15, Act::SignIn(user)),
        Act::SignIn(_) | Act::AttachUnionId(_) | Act::AttachOpenId(_) | Act::Create { .. } => {
            Decision { offer: None, ..decision }
        }
    }
}

fn decide_new_open_id(union_owner: Option<&Account>, proof: &Proof) -> Decision {
    match union_owner {
        None => Decision::plain(Rule::R3, Act::Create { with_union: proof.union.is_some() }),
        Some(owner) if owner.apps.contains(&proof.key.app) => {
            let conflict =
                Conflict { kind: ConflictKind::LimitBroken, other: Some(owner.id), union: proof.union.clone() };
            Decision::doubtful(Rule::R9, Act::Create { with_union: false }, conflict)
        }
        Some(owner) => Decision::plain(Rule::R2, Act::AttachOpenId(owner.id)),
    }
}

/// R1c: returns whether an account is still merged into another, as was decided. Called under the locks of both.
#[must_use]
pub fn still_merges(from: &Account, into: &Account) -> bool {
    shell_merge(from, into) == Some((from.id, into.id))
}

/// Returns which of two accounts is merged into which, when one is a shell and no limit breaks. Of two shells the older remains.
pub(crate) fn shell_merge(a: &Account, b: &Account) -> Option<(UserId, UserId)> {
    if a.clashes_with(b) {
        return None;
    }
    let a_is_older = (a.created_at, a.id) <= (b.created_at, b.id);
    let (from, into) = match (a.is_shell(), b.is_shell()) {
        (false, false) => return None,
        (true, b_is_shell) if !(b_is_shell && a_is_older) => (a, b),
        (_, _) => (b, a),
    };
    Some((from.id, into.id))
}
