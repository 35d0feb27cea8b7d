//! Runs over the followers of an app: asks its upstream for their unionIds (R1b, R1c, R5), or for the new openIds of
//! an account that was migrated (R16). A run stores its progress in the transactions of its work, and continues there
//! after its process was killed.

mod asking;
mod backfill;
mod change;
mod holder;
mod schedule;
mod segment;

use std::collections::BTreeMap;

use domain::follower::Tally;
use domain::{AppId, RunId, Timestamp};
use providers::ProviderError;
use store::{StoreError, WriteError};

use crate::error::ApiError;

pub use backfill::{Backfill, backfill};
pub use change::{ChangeOpenIds, change_open_ids, undo};
pub use schedule::{run_due, run_schedule};
pub use store::follower::Undone;

/// How far a run is.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// The people so far.
    pub tally: &'a Tally,
    /// The number of people in all, if it is known.
    pub total: Option<u64>,
}

/// Called after each step of a run.
pub type Observer<'a> = &'a mut (dyn FnMut(Seen<'_>) + Send);

/// The result of a run.
#[derive(Debug)]
pub struct Report {
    /// The run; `None` for a dry run.
    pub run: Option<RunId>,
    /// The app that was asked.
    pub app: AppId,
    /// Whether it continued an unfinished run.
    pub resumed: bool,
    /// The people, including those before it was interrupted.
    pub tally: Tally,
    /// The number of calls to the upstream.
    pub calls: u64,
    /// The calls that failed, by the kind of failure. Those that were repeated with success are included.
    pub failures: BTreeMap<&'static str, u64>,
    /// Why the run stopped before its end. It can be continued.
    pub stopped: Option<RunError>,
}

/// Why a run did not begin, or stopped before its end.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The upstream has no list of followers for apps of this kind.
    #[error("apps of this kind have no list of followers")]
    NotOffered,
    /// The app has no union scope.
    #[error("the app has no union_scope, so its unionIds are not read")]
    NoUnionScope,
    /// Another process works on it.
    #[error("another process works on it")]
    Busy {
        /// The end of its lease, unless it extends the lease.
        until: Timestamp,
    },
    /// Another process has taken the run over.
    #[error("another process has taken the run over")]
    Lost,
    /// The process is told to stop.
    #[error("the process stops")]
    Stopping,
    /// The run does not exist, is of another kind, or is unfinished.
    #[error("there is no finished run of this kind with this id")]
    NoSuchRun,
    /// The upstream failed or refused.
    #[error("the upstream failed")]
    Upstream(#[from] ProviderError),
    /// This side failed.
    #[error(transparent)]
    Failed(#[from] ApiError),
}

impl From<StoreError> for RunError {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl WriteError for RunError {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Failed(error) => error.store_error(),
            Self::NotOffered
            | Self::NoUnionScope
            | Self::Busy { .. }
            | Self::Lost
            | Self::Stopping
            | Self::NoSuchRun
            | Self::Upstream(_) => None,
        }
    }
}
