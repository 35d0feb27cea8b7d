//! The use cases of Guiyi, by subject: each checks the caller, reads, decides with `domain`, and writes. Independent of
//! GraphQL and HTTP.

pub mod app;
pub mod audit;
pub mod caller;
pub mod conflict;
pub mod document;
pub mod erasure;
pub mod event;
pub mod export;
pub mod follower;
pub mod health;
pub mod history;
pub mod import;
pub mod key;
pub mod link;
pub mod login;
pub mod merge;
pub mod node;
pub mod operator;
pub mod order;
pub mod outbox;
mod page;
pub mod person_event;
pub mod phone;
pub mod picture;
pub(crate) mod polled;
pub mod push;
pub mod qr_login;
pub mod receipt;
pub mod request;
pub mod restore;
pub mod search;
pub mod service_token;
pub mod session;
pub mod settings;
pub mod sms;
pub mod statistics;
pub mod union_scope;
pub mod user;
pub mod webhook;

use std::sync::Arc;
use std::time::Duration;

use domain::Timestamp;
use domain::session::NotNow;

use crate::error::{ApiError, ErrorCode};
use crate::service::Service;

pub use crate::gate::Work;
pub use caller::{Caller, ClientAddress, Reader, SignedIn};
pub use page::{FrontRequest, Page, WindowRequest};

/// Does the work that no request waits for, for as long as the process runs: erasures, scheduled backfills, and, unless
/// `outbox.deliver` is off, notices, webhooks and pushed events. What it has begun is a task of the service.
pub async fn work_in_background(service: &Arc<Service>) {
    let deliveries = async {
        if service.config().outbox.deliver {
            tokio::join!(outbox::run(service), webhook::run(service), push::run(service));
        }
    };
    tokio::join!(deliveries, follower::run_schedule(service), erasure::run(service));
    std::future::pending::<()>().await;
}

/// Converts the reason why a person may not take a step now.
pub(crate) fn not_now(reason: NotNow, now: Timestamp) -> ApiError {
    match reason {
        NotNow::UnboundLogin => ApiError::refused(ErrorCode::BoundLoginRequired),
        NotNow::StaleLogin => ApiError::refused(ErrorCode::FreshLoginRequired),
        NotNow::CoolingOff { until } => {
            let millis = u64::try_from(until.millis() - now.millis()).unwrap_or(0);
            ApiError::wait(ErrorCode::CoolingOff, Duration::from_millis(millis))
        }
    }
}
