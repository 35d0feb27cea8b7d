//! Writes what came of a proof that a signed-in person brought (R13).
//! What comes of it is decided in `domain::adding`.

use domain::adding::Addition;
use domain::linking::Proof;
use domain::{Rule, Timestamp, UserId};
use serde_json::json;

use crate::journal::{Actor, Entry};
use crate::linking::union_json;
use crate::{StoreError, Tx};

impl Tx {
    /// Does what was decided; answers whether the account has more than before.
    ///
    /// A refusal writes its case and nothing else. [`StoreError::Contended`] when what was decided on is no longer so.
    #[expect(clippy::too_many_arguments, reason = "who, what and when: a struct would only be taken apart again")]
    pub async fn apply_addition(
        &self,
        addition: &Addition,
        caller: UserId,
        proof: &Proof,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let (rule, is_new, with_union) = match addition {
            Addition::Refuse { conflict: Some(conflict), .. } => {
                self.lock_for_case(&[Some(caller), conflict.other].into_iter().flatten().collect::<Vec<_>>()).await?;
                self.open_conflict(caller, conflict, now).await?;
                return Ok(false);
            }
            Addition::Refuse { conflict: None, .. } => return Ok(false),
            Addition::Known { with_union } => (Rule::R1b, false, *with_union),
            Addition::Attach { with_union } => (Rule::R13, true, *with_union),
        };
        let row = self.lock_one(caller).await?;
        let link = if is_new { Some(self.attach_open_id(caller, proof, now).await?) } else { None };
        let union = if with_union { self.attach_union_id(caller, proof, now).await? } else { None };
        if is_new {
            self.keep_profile(&row, &proof.profile, now).await?;
        } else {
            self.come_again(&row, proof, now).await?;
        }
        if !(is_new || with_union) {
            return Ok(false);
        }
        let evidence = json!({
            "app": proof.key.app.as_str(),
            "openId": proof.key.open_id.as_str(),
            "union": proof.union.as_ref().map(union_json),
        });
        let (before, after) = (json!({}), json!({ "link": link, "union": union }));
        let entry = Entry { user: caller, other: None, rule, actor: Actor::Person, evidence, before, after };
        self.journal(entry, now).await?;
        Ok(true)
    }
}
