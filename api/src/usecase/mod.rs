//! What Guiyi does, one file a use case: prove, look, decide, do.
//! Neither GraphQL nor HTTP is known here.

mod audit;
mod begin_login;
mod caller;
mod claim;
mod import;
mod link;
mod login;
mod merge;
mod node;
mod offer;
mod orders;
mod phone;
mod profile;
mod record_orders;
mod repeat;
mod report;
mod service_token;
mod session;
mod undo;

use store::StoreError;

use crate::error::ApiError;

pub use begin_login::{BeginLogin, Begun};
pub use caller::{Caller, SignedIn};
pub use import::{ImportError, Outcome, UserText};
pub use link::Added;
pub use login::{LoggedIn, Login, Returned};
pub use merge::{MergeRequest, Merged};
pub use node::Node;
pub use offer::{MergePreview, PreviewedSide};
pub use orders::{OrderPage, OrderQuery, PageRequest};
pub use phone::{Bound, CodeSent};
pub use profile::OpenIdOfUser;
pub use report::{ItemText, ReportText};
pub use service_token::NewServiceToken;
pub use session::SessionTokens;
pub use undo::UndoneMerge;

/// How often something is attempted that others race for. Each loss means that another request of the same person won,
/// and a person has few keys to race for.
const MAX_RACES: u32 = 8;

/// Counts the races that an attempt has lost.
#[derive(Debug, Default)]
struct Races(u32);

impl Races {
    /// Was this a lost race, worth looking and deciding again?
    fn lost<T>(&mut self, attempt: &Result<T, ApiError>) -> bool {
        let lost = matches!(attempt, Err(ApiError::Store(StoreError::Taken)));
        self.0 += u32::from(lost);
        lost && self.0 < MAX_RACES
    }
}
