//! Records what an upstream tells about followers between logins, and the progress of the runs that ask for it. See
//! [`domain::follower`] for the decisions.

mod change;
mod look;
mod record;
mod run;
mod undo;
mod write;

pub use change::{OldLink, change_open_ids, old_links};
pub use look::{Knowledge, knowledge};
pub use record::{FollowerReport, Follows, record};
pub use run::{NewRun, Progress, Run, RunLease, Stop, Taken, advance, find, finish, is_due, newest, renew, stop, take};
pub use undo::{Undone, undo};

pub use entities::follower_run::Kind as RunKind;
