//! Would the rules of today make a merge that was made before? Operators look for merges of former rules, or of a mistake.

use domain::merge::UNDO;
use domain::merge::today::{Doubt, doubts};
use domain::{LinkEventId, ServiceScope};
use store::merge::PastMerge;

use crate::error::ApiError;
use crate::service::Service;
use crate::usecase::Caller;
use crate::usecase::page::{FrontRequest, Page};

/// A merge, and what the rules of today say against it.
#[derive(Debug)]
pub struct Verdict {
    /// The merge.
    pub merge: PastMerge,
    /// Why they would not make it. Empty if they would.
    pub doubts: Vec<Doubt>,
}

impl From<PastMerge> for Verdict {
    fn from(merge: PastMerge) -> Self {
        Self { doubts: doubts(merge.rule, &merge.from, &merge.into), merge }
    }
}

/// Returns what the rules of today say about a merge; `None` if there is no such merge. Requires the scope `users:read`.
pub async fn would_merge_today(
    service: &Service,
    caller: &Caller,
    id: LinkEventId,
) -> Result<Option<Verdict>, ApiError> {
    caller.require(ServiceScope::UsersRead)?;
    Ok(store::merge::past_merge(&service.store.view(), id).await?.map(Verdict::from))
}

/// Returns a page of the merges that can still be undone, the newest first, each with its verdict. Requires the scope `users:read`.
pub async fn verdicts(service: &Service, caller: &Caller, page: FrontRequest) -> Result<Page<Verdict>, ApiError> {
    caller.require(ServiceScope::UsersRead)?;
    let since = service.clock.now().minus(UNDO);
    let merges = page.page(store::merge::past_merges(&service.store.view(), since, &page.front()?).await?)?;
    let Page { items, has_previous, has_next } = merges;
    Ok(Page { items: items.into_iter().map(Verdict::from).collect(), has_previous, has_next })
}
