//! The only crate that runs SQL: what can be read is a method of [`View`], what can be written one of [`Tx`].
//! Nothing here decides who a person is: see `domain`.

mod account;
mod actor;
mod adding;
mod audit;
mod audit_chain;
mod audit_check;
mod binding;
mod case_move;
mod cases;
mod closing;
mod conflict;
mod connect;
mod data_key;
mod device;
mod disabling;
mod document;
mod error;
mod history;
#[cfg(test)]
mod history_plan;
mod import;
mod journal;
mod linking;
mod login_claim;
mod login_state;
mod merge;
mod moved;
mod offer;
mod orders;
mod outbox;
mod page;
mod person;
mod person_event;
mod phone;
mod phone_code;
mod purge;
mod random;
mod receipt;
mod refresh;
mod removal;
mod renumbering;
mod reseal;
mod seal;
mod sealed_number;
mod sealing;
mod service_token;
mod session;
mod session_list;
mod side;
mod sms_spending;
mod sql;
#[cfg(test)]
mod statement_limit;
mod undo;
mod upstream_budget;
mod upstream_token;
mod vault;
mod write;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::SessionId;
use sea_orm::{
    DatabaseConnection, DatabaseExecutor, DatabaseTransaction, SqliteTransactionMode, TransactionOptions,
    TransactionTrait,
};

pub use account::LinkState;
pub use actor::{Actor, UnknownActor};
pub use audit::{AuditEvent, AuditFilter};
pub use audit_chain::{ChainKeys, Head};
pub use audit_check::{Checked, EventName, Expected, Fault};
pub use cases::{Case, CaseFilter, Closed};
pub use closing::{HeldCase, Verdict};
pub use conflict::OpenConflict;
pub use connect::{Options, sqlite_file};
pub use data_key::{DataKey, Locked, UnlockError};
pub use disabling::{Order as UserOrder, Ordered as OrderedUser};
pub use document::Document;
pub use error::{Contention, StoreError};
pub use history::Told;
pub use import::{Forecast, Imported, ImportedUser, Named};
pub use journal::{Grounds, LinkEvent};
pub use linking::Linked;
pub use login_claim::{LoginClaim, LoginOutcome, NewLoginClaim};
pub use login_state::LoginState;
pub use merge::MergedUsers;
pub use offer::{NewOffer, OfferedMerge};
pub use orders::{Order, OrderFilter, Position, Range, RecordError, Recorded};
pub use outbox::{ClaimedMessage, Delivery, Message, MessageState, NewMessage};
pub use page::{Front, Place};
pub use person::{LinkedOpenId, User};
pub use person_event::{PersonEvent, ProfileFields, RecordedEvent, Telling};
pub use phone_code::{Codes, NewPhoneCode, PhoneCode, WrongTries};
pub use refresh::{Presented, Refreshed, Successor};
pub use removal::Held;
pub use seal::{KeyId, OpenError, Sealer};
pub use service_token::{KnownToken, ServiceToken, TokenUse};
pub use session::{NewSession, Session, SignedInFrom};
pub use session_list::OpenSession;
pub use side::Holdings;
pub use sms_spending::Purpose;
pub use undo::{Merge, UndoError, UndoRefusal, Undone};
pub use upstream_budget::{Asker, UpstreamBudget};
pub use upstream_token::{SealedToken, TokenLease};
pub use write::{Write, WriteError};

use vault::Vault;

/// The database behind a pool of connections. Cloning is cheap and shares the pool.
#[derive(Clone, Debug)]
pub struct Store {
    db: DatabaseConnection,
    vault: Arc<Vault>,
    /// How many statements were sent.
    statements: Arc<AtomicU64>,
}

/// Can look.
#[derive(Debug)]
pub struct View<'a> {
    db: DatabaseExecutor<'a>,
    vault: &'a Vault,
}

/// Can look and touch. What it wrote is undone unless it is committed: dropping it is a rollback.
#[derive(Debug)]
pub struct Tx {
    db: DatabaseTransaction,
    vault: Arc<Vault>,
    /// The session in which it acts, for the journal.
    session: Option<SessionId>,
}

impl Store {
    /// The database behind this pool, and what opens its keys.
    fn over(mut db: DatabaseConnection, vault: Arc<Vault>) -> Self {
        let statements = Arc::<AtomicU64>::default();
        let counter = statements.clone();
        db.set_metric_callback(move |_| {
            counter.fetch_add(1, Ordering::Relaxed);
        });
        Self { db, vault, statements }
    }

    /// How many statements were sent to the database through this pool, failed ones included; transactions begin and end
    /// without being counted.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// Looks at what is committed, each question on any free connection.
    #[must_use]
    pub fn view(&self) -> View<'_> {
        View { db: (&self.db).into(), vault: &self.vault }
    }

    /// Begins a transaction. Use [`write`](Self::write), which commits it and retries.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        // SQLite has one writer: who begins by reading and then writes would fail at the first write, so we queue here.
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        Ok(Tx { db: self.db.begin_with_options(options).await?, vault: self.vault.clone(), session: None })
    }

    /// Opens another pool of connections to the same database, with the same keys.
    pub async fn beside(&self, options: &Options) -> Result<Self, StoreError> {
        Ok(Self::over(connect::connect(options).await?, self.vault.clone()))
    }

    /// Asks the database whether it is there.
    pub async fn ping(&self) -> Result<(), StoreError> {
        Ok(self.db.ping().await?)
    }

    /// Closes every connection, after the ones in use have come back.
    pub async fn close(self) {
        // A pool that is closed already is what was asked for.
        let _ = self.db.close().await;
    }
}

impl Tx {
    /// Looks from inside the transaction: at what is committed and at what it wrote itself.
    #[must_use]
    pub fn look(&self) -> View<'_> {
        View { db: (&self.db).into(), vault: &self.vault }
    }

    /// Makes everything that was written permanent, at once.
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.db.commit().await?)
    }

    /// Undoes everything that was written, and frees what it locked.
    async fn roll_back(self) {
        // A transaction that the database has ended by itself is what was asked for.
        let _ = self.db.rollback().await;
    }
}
