//! The use cases of Guiyi, by subject: each checks the caller, reads, decides with `domain`, and writes. Independent of
//! GraphQL and HTTP.

pub mod app;
pub mod audit;
pub mod caller;
pub mod conflict;
pub mod document;
pub mod history;
pub mod import;
pub mod key;
pub mod link;
pub mod login;
pub mod merge;
pub mod node;
pub mod order;
pub mod outbox;
mod page;
pub mod person_event;
pub mod phone;
pub mod receipt;
pub mod service_token;
pub mod session;
pub mod sms;
pub mod union_scope;
pub mod user;

use std::time::Duration;

use domain::Timestamp;
use domain::session::NotNow;

use crate::error::{ApiError, ErrorCode};

pub use crate::gate::Work;
pub use caller::{Caller, ClientAddress, SignedIn};
pub use page::{FrontRequest, Page};

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
