//! Corrects the openId or the time of an order, for an operator. See `store::order::correct` for what becomes of later reports.

use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Utc};
use domain::order::{Correction, OrderNo};
use domain::{AuditAction, BadKey, ServiceScope, Timestamp};
use serde_json::json;
use store::audit::AuditEvent;
use store::order::{Corrected, CorrectionError, Order};
use store::{StoreError, Tx};
use tracing::info;

use crate::error::{ApiError, ErrorCode};
use crate::service::Service;
use crate::usecase::Caller;
use crate::usecase::merge::read_reason;

/// A correction, unchecked.
#[derive(Debug, Clone)]
pub struct CorrectionText {
    /// The app's name.
    pub app: String,
    /// The shop's number of the order.
    pub order_no: String,
    /// The openId that placed it. `None` leaves it.
    pub open_id: Option<String>,
    /// When it was placed. `None` leaves it.
    pub placed_at: Option<Timestamp>,
    /// Why.
    pub reason: String,
}

/// Corrects an order. Requires the scope `users:manage`: a correction may give the order to another person. Returns the order, and
/// whether anything was changed.
///
/// # Errors
/// `NOT_FOUND` if there is no such order, `INVALID_INPUT` for a value that is not valid, and for another openId for an order of an
/// erased person.
pub async fn correct(service: &Service, caller: &Caller, text: CorrectionText) -> Result<(Order, bool), ApiError> {
    let by = caller.operator(ServiceScope::UsersManage)?;
    let app = crate::usecase::app::id_of(service, &text.app)?;
    let correction = &read(&text)?;
    let (corrected, now) = service
        .store
        .write("correct_order", |tx: Arc<Tx>| {
            let app = app.clone();
            async move {
                let now = service.clock.now();
                let corrected = store::order::correct(&tx, (&app, correction), by, now).await.map_err(refused)?;
                if corrected.is_changed {
                    let event = AuditEvent::new(AuditAction::OrderCorrected, by, now);
                    store::audit::add(&tx, &audited(event, &corrected, &correction.reason)).await?;
                }
                Ok::<_, ApiError>((corrected, now))
            }
        })
        .await?;
    if corrected.is_changed {
        info!(order.id = %corrected.id, %by, at = now.millis(), "an order was corrected");
    }
    let order = store::order::find(&service.store.view(), corrected.id, None).await?;
    let order = order.ok_or_else(|| StoreError::changed("orders"))?;
    Ok((order, corrected.is_changed))
}

fn read(text: &CorrectionText) -> Result<Correction, ApiError> {
    let refuse = |detail: String| ApiError::detailed(ErrorCode::InvalidInput, detail);
    // No order has a number that cannot be recorded.
    let order_no = OrderNo::parse(&text.order_no).map_err(|_| ApiError::refused(ErrorCode::NotFound))?;
    let open_id = text.open_id.as_deref().map(str::parse).transpose();
    let open_id = open_id.map_err(|bad: BadKey| refuse(format!("openId: {bad}")))?;
    if open_id.is_none() && text.placed_at.is_none() {
        return Err(refuse("`openId` or `placedAt` is required".to_owned()));
    }
    if text.placed_at.is_some_and(|time| time.millis() <= 0) {
        return Err(refuse("placedAt: must be after 1970-01-01".to_owned()));
    }
    Ok(Correction { order_no, open_id, placed_at: text.placed_at, reason: read_reason(Some(&text.reason))? })
}

fn audited(event: AuditEvent, corrected: &Corrected, reason: &str) -> AuditEvent {
    let shown = |time: Timestamp| DateTime::<Utc>::from(time).to_rfc3339_opts(SecondsFormat::Millis, true);
    let [old, new] = corrected.owners;
    let [before, after] = corrected.placed_at;
    let detail = json!({
        "orderId": corrected.id.to_string(),
        "reason": reason,
        "oldPersonId": old.map(|user| user.to_string()),
        "newPersonId": new.map(|user| user.to_string()),
        "oldPlacedAt": shown(before),
        "newPlacedAt": shown(after),
    });
    AuditEvent { user: old.or(new), ..event }.saying(detail)
}

fn refused(error: CorrectionError) -> ApiError {
    match error {
        CorrectionError::Unknown => ApiError::refused(ErrorCode::NotFound),
        CorrectionError::Erased => {
            ApiError::detailed(ErrorCode::InvalidInput, "openId: the person of this order was erased")
        }
        CorrectionError::Store(error) => error.into(),
    }
}
