//! What waits to be sent or acted on, and what was given up: counted by one statement, for the metrics and for operators.

use domain::Timestamp;
use sea_orm::sea_query::{Expr, ExprTrait, Func, Query, SelectStatement};
use sea_orm::{ColumnTrait, ConnectionTrait, FromQueryResult, QueryResult};

use crate::{StoreError, View};

/// The words of the states that are counted, the same in every table.
const PENDING: &str = "PENDING";
const FAILED: &str = "FAILED";

/// The work that is left of a queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    /// How much is due or waits for a retry.
    pub pending: u64,
    /// How much was given up.
    pub failed: u64,
    /// When the oldest that is pending was made.
    pub oldest: Option<Timestamp>,
}

/// The rows of one state.
#[derive(Debug, FromQueryResult)]
struct InState {
    state: String,
    count: i64,
    oldest: Timestamp,
}

impl Backlog {
    /// Adds a row of [`select`].
    pub(crate) fn add(&mut self, row: &QueryResult) -> Result<(), StoreError> {
        let InState { state, count, oldest } = InState::from_query_result(row, "")?;
        let count = u64::try_from(count).unwrap_or_default();
        if state == PENDING {
            self.pending = count;
            self.oldest = Some(oldest);
        } else {
            self.failed = count;
        }
        Ok(())
    }
}

/// Counts the rows of a table that is one queue. See [`select`] for the columns.
pub(crate) async fn count<C: ColumnTrait>(view: &View<'_>, columns: [C; 3]) -> Result<Backlog, StoreError> {
    let mut backlog = Backlog::default();
    for row in view.db.query_all(&select(columns)).await? {
        backlog.add(&row)?;
    }
    Ok(backlog)
}

/// Counts what is pending and what failed, by state. The columns are the id, the state, and the time at which the row was made. The
/// index that begins with the state serves it, and rows that are done are not read.
pub(crate) fn select<C: ColumnTrait>([id, state, created_at]: [C; 3]) -> SelectStatement {
    Query::select()
        .expr_as(Expr::col(state.as_column_ref()), "state")
        .expr_as(Func::count(Expr::col(id.as_column_ref())), "count")
        .expr_as(Func::min(Expr::col(created_at.as_column_ref())), "oldest")
        .from(id.entity_name())
        .and_where(Expr::col(state.as_column_ref()).is_in([PENDING, FAILED]))
        .add_group_by([Expr::col(state.as_column_ref())])
        .take()
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;
    use entities::{outbox, push};
    use migration::throwaway::Server;

    use super::select;
    use crate::plans::Plans;

    #[tokio::test]
    async fn sqlite_counts_a_backlog_without_what_is_done() {
        let plans = Plans::open(Server::Sqlite, Timestamp::from_millis(0)).await;
        let of_outbox = select([outbox::Column::Id, outbox::Column::State, outbox::Column::CreatedAt]);
        let of_pushes = select([push::Column::Id, push::Column::State, push::Column::CreatedAt]);

        for query in [of_outbox, of_pushes] {
            let plan = plans.of(&query).await;
            assert!(plan.contains("_state_due_at (state=?)") && !plan.contains("SCAN"), "{plan}");
        }
        plans.close().await;
    }
}
