//! Open cases follow the accounts that they name: into a merge, and back out of it.
//! How a case is opened and read is written in `conflict`.

use domain::merging::Plan;
use domain::{ConflictId, Resolution, Timestamp, UserId};
use entities::conflict;
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder};

use crate::conflict::key_of;
use crate::journal::Actor;
use crate::{StoreError, Tx};

impl Tx {
    /// Hands the open cases of an account that goes on to the survivor, and answers which.
    ///
    /// A case between the two is closed, because they are one; so is one that the survivor has already.
    pub(crate) async fn hand_cases_on(
        &self,
        plan: &Plan,
        actor: Actor,
        now: Timestamp,
    ) -> Result<Vec<ConflictId>, StoreError> {
        let mut handed_on = Vec::new();
        for case in self.open_cases_of(plan.from).await? {
            let moved = renamed(&case, plan.from, plan.into);
            if moved.other_user_id == Some(moved.user_id) || self.is_open(&moved).await? {
                self.close_as_merged(&case, actor, now).await?;
            } else {
                self.rename(&moved).await?;
                handed_on.push(case.id);
            }
        }
        Ok(handed_on)
    }

    /// Gives the cases that are still open back to an account that is one again.
    pub(crate) async fn hand_cases_back(
        &self,
        cases: &[ConflictId],
        (survivor, restored): (UserId, UserId),
    ) -> Result<(), StoreError> {
        for case in self.open_cases_of(survivor).await? {
            let moved = renamed(&case, survivor, restored);
            if cases.contains(&case.id) && moved.other_user_id != Some(moved.user_id) && !self.is_open(&moved).await? {
                self.rename(&moved).await?;
            }
        }
        Ok(())
    }

    /// Locked: another merge may be handing the same case on, for the other account that it names.
    async fn open_cases_of(&self, user: UserId) -> Result<Vec<conflict::Model>, StoreError> {
        let about = Condition::any().add(conflict::Column::UserId.eq(user)).add(conflict::Column::OtherUserId.eq(user));
        let open = conflict::Entity::find()
            .filter(about)
            .filter(conflict::Column::ClosedAt.is_null())
            .order_by_asc(conflict::Column::Id);
        Ok(self.locking(open).all(&self.db).await?)
    }

    async fn is_open(&self, case: &conflict::Model) -> Result<bool, StoreError> {
        let same = conflict::Entity::find().filter(conflict::Column::OpenKey.eq(case.open_key.clone()));
        Ok(same.one(&self.db).await?.is_some_and(|same| same.id != case.id))
    }

    async fn rename(&self, case: &conflict::Model) -> Result<(), StoreError> {
        let change = conflict::ActiveModel {
            open_key: Set(case.open_key.clone()),
            user_id: Set(case.user_id),
            other_user_id: Set(case.other_user_id),
            ..Default::default()
        };
        self.update_case(case.id, change).await
    }

    async fn close_as_merged(&self, case: &conflict::Model, actor: Actor, now: Timestamp) -> Result<(), StoreError> {
        let change = conflict::ActiveModel {
            open_key: Set(None),
            closed_at: Set(Some(now)),
            resolution: Set(Some(Resolution::Merge)),
            closed_by: Set(Some(actor.to_string())),
            ..Default::default()
        };
        self.update_case(case.id, change).await
    }

    /// Two may close one case at once: the first does.
    async fn update_case(&self, id: ConflictId, change: conflict::ActiveModel) -> Result<(), StoreError> {
        let open = conflict::Column::Id.eq(id).and(conflict::Column::ClosedAt.is_null());
        conflict::Entity::update_many().set(change).filter(open).exec(&self.db).await?;
        Ok(())
    }
}

/// The case with one account in the place of another.
fn renamed(case: &conflict::Model, from: UserId, into: UserId) -> conflict::Model {
    let instead = |user| if user == from { into } else { user };
    let mut case = case.clone();
    case.user_id = instead(case.user_id);
    case.other_user_id = case.other_user_id.map(instead);
    case.open_key = Some(key_of(&case));
    case
}
