//! Applies the decision on a proof that a signed-in person adds (R13). See [`domain::link::add`] for the decision.

use domain::link::add::Addition;
use domain::login::Proof;
use domain::{Rule, Timestamp, UserId};

use crate::history::{Change, Entry, Evidence};
use crate::{Actor, StoreError, Tx};

/// Applies the decision. Returns whether the account has gained anything. A refusal only opens its case.
///
/// # Errors
/// Returns [`StoreError::Contended`] if the facts behind the decision have changed.
#[expect(clippy::too_many_arguments, reason = "who, what and when: a struct would only be taken apart again")]
pub async fn add(
    tx: &Tx,
    addition: &Addition,
    caller: UserId,
    proof: &Proof,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let (rule, is_new, with_union) = match addition {
        Addition::Refuse { conflict: Some(conflict), .. } => {
            tx.lock_for_case(&[Some(caller), conflict.other].into_iter().flatten().collect::<Vec<_>>()).await?;
            crate::conflict::open(tx, caller, conflict, now).await?;
            return Ok(false);
        }
        Addition::Refuse { conflict: None, .. } => return Ok(false),
        Addition::Known { with_union } => (Rule::R1b, false, *with_union),
        Addition::Attach { with_union } => (Rule::R13, true, *with_union),
    };
    let known = crate::login::told(&tx.lock_one(caller).await?);
    let link = if is_new { Some(crate::login::attach_open_id(tx, caller, proof, now).await?) } else { None };
    let union = if with_union { crate::login::attach_union_id(tx, caller, proof, now).await? } else { None };
    if is_new {
        crate::login::keep_profile(tx, (caller, &known), &proof.profile, now).await?;
    } else {
        crate::login::come_again(tx, (caller, &known), proof, now).await?;
    }
    if !(is_new || with_union) {
        return Ok(false);
    }
    let (evidence, change) = (Evidence::of_proof(proof), Change::Linked { link, union });
    let entry = Entry { user: caller, other: None, rule, actor: Actor::Person, evidence, change };
    crate::history::add(tx, entry, now).await?;
    Ok(true)
}
