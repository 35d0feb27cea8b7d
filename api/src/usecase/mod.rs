//! What Guiyi does, one file a use case: prove, look, decide, do.
//! Neither GraphQL nor HTTP is known here.

mod address;
mod audit;
mod begin_login;
mod caller;
mod cases;
mod claim;
mod data_keys;
mod device;
mod disabling;
mod documents;
mod history;
mod human;
mod import;
mod js_sdk;
mod limits;
mod line;
mod link;
mod login;
mod merge;
mod migrate_scope;
mod node;
mod notices;
mod offer;
mod orders;
mod outbox;
mod page;
mod person_event;
mod phone;
mod phone_code;
mod profile;
mod receipt;
mod record_orders;
mod removal;
mod repeat;
mod report;
mod service_token;
mod session;
mod sessions;
mod undo;
mod user_agent;
mod wechat_phone;

use std::time::Duration;

use domain::Timestamp;
use domain::standing::NotNow;

use crate::error::{ApiError, ErrorCode};

pub use crate::gate::Work;
pub use address::ClientAddress;
pub use audit::AuditQuery;
pub use begin_login::{BeginLogin, BeginNativeLogin, Begun, BegunNative};
pub use caller::{Caller, SignedIn};
pub use cases::{CaseQuery, ClosedCase, Decide};
pub(crate) use data_keys::KEYS_ARE_LOADED;
pub use data_keys::Rotated;
pub use documents::document_hash;
pub use history::{Evidence, HistoryEntry, LinkActor};
pub use import::{ImportError, Outcome, UserText};
pub use js_sdk::JsSdkConfig;
pub use link::Added;
pub use login::{LoggedIn, Login, Returned};
pub use merge::{MergeRequest, Merged};
pub use node::Node;
pub use offer::{MergePreview, PreviewedSide};
pub use orders::{OrderPage, OrderQuery, PageRequest};
pub use page::{FrontRequest, Page};
pub use person_event::EventOfPerson;
pub use phone::{Bound, ProvePhone};
pub use phone_code::{CodeSent, SendCode};
pub use profile::OpenIdOfUser;
pub use receipt::{BadIdempotencyKey, IdempotencyKey};
pub use report::{ItemText, ReportText};
pub use service_token::{MOST_TOKEN_DAYS, NewServiceToken, TOKEN_DAYS, WantedToken};
pub use session::SessionTokens;
pub use sessions::ListedSession;
pub use store::{Expected as AuditExpected, MessageState};
pub use undo::UndoneMerge;
pub use user_agent::device_of;
pub use wechat_phone::WechatPhone;

/// Why a person does not take a step now, and what would help.
fn not_now(reason: NotNow, now: Timestamp) -> ApiError {
    match reason {
        NotNow::UnboundLogin => ApiError::refused(ErrorCode::BoundLoginRequired),
        NotNow::StaleLogin => ApiError::refused(ErrorCode::FreshLoginRequired),
        NotNow::CoolingOff { until } => {
            let millis = u64::try_from(until.millis() - now.millis()).unwrap_or(0);
            ApiError::wait(ErrorCode::CoolingOff, Duration::from_millis(millis))
        }
    }
}
