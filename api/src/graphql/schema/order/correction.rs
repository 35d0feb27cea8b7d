//! Corrections of orders by operators. See [`crate::usecase::order::correct`].

use async_graphql::{Context, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};

use super::Order;
use crate::error::ApiError;
use crate::graphql::input::Optional;
use crate::graphql::{caller, service};
use crate::usecase;
use crate::usecase::order::CorrectionText;

/// A correction of an order by an operator.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct OrderCorrection {
    /// The openId before.
    old_open_id: String,
    /// The openId afterwards.
    new_open_id: String,
    /// When the order was placed, before.
    old_placed_at: DateTime<Utc>,
    /// When the order was placed, afterwards.
    new_placed_at: DateTime<Utc>,
    /// The operator's reason. Null once the person of one of the openIds is erased.
    reason: Option<String>,
    /// When it was corrected.
    corrected_at: DateTime<Utc>,
}

impl From<store::order::OrderCorrection> for OrderCorrection {
    fn from(correction: store::order::OrderCorrection) -> Self {
        let [old_open_id, new_open_id] = correction.open_ids.map(|id| id.as_str().to_owned());
        let [old_placed_at, new_placed_at] = correction.placed_at.map(Into::into);
        let (reason, corrected_at) = (correction.reason, correction.at.into());
        Self { old_open_id, new_open_id, old_placed_at, new_placed_at, reason, corrected_at }
    }
}

/// The input of `correctOrder`.
#[derive(Debug, InputObject)]
pub(in crate::graphql) struct CorrectOrderInput {
    /// The name of the app in which the order was placed.
    app: String,
    /// The shop's order number.
    order_no: String,
    /// The openId that placed the order, in the same app. Left out or null, it stays.
    open_id: Optional<String>,
    /// When the order was placed. Left out or null, it stays.
    placed_at: Option<DateTime<Utc>>,
    /// Why: for the order's history and the audit log. 1 to 500 characters.
    reason: String,
}

/// The result of `correctOrder`.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct CorrectOrderPayload {
    /// The order as it is now.
    order: Order,
    /// Whether anything was changed: not if the order was already so.
    changed: bool,
}

#[derive(Debug, Default)]
pub(crate) struct OrderCorrectionMutations;

#[Object]
impl OrderCorrectionMutations {
    /// Corrects the openId or the time of an order, which reports of the shop never change. Requires the scope `users:manage`. Later
    /// reports of the shop do not undo it, also if they still have the old values. An order of an erased person stays with it.
    async fn correct_order(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The order and its correction.")] input: CorrectOrderInput,
    ) -> Result<CorrectOrderPayload, ApiError> {
        let CorrectOrderInput { app, order_no, open_id, placed_at, reason } = input;
        let text = CorrectionText { app, order_no, open_id: open_id.0, placed_at: placed_at.map(Into::into), reason };
        let (order, changed) = usecase::order::correct(service(ctx), caller(ctx), text).await?;
        Ok(CorrectOrderPayload { order: Order(order), changed })
    }
}
