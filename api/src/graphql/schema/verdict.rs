//! Whether the rules of today would make a merge of the past. See [`crate::usecase::merge`].

use async_graphql::connection::PageInfo;
use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::merge::today::Doubt;

use super::history::LinkRule;
use super::merge::MergeField;
use super::merge_people::MergeObstacle;
use crate::error::{ApiError, ErrorCode};
use crate::graphql::{Alone, alone, alone_or_null, caller, cursor, service};
use crate::usecase::merge::Verdict;
use crate::usecase::{self, FrontRequest, Page};

/// What the rules of today say about a merge, by what is known about the two accounts as they were.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct MergeVerdict {
    /// The id of the merge, for `undoMerge`: `evt_…`.
    merge_id: ID,
    /// The rule that made it.
    rule: LinkRule,
    /// When it was made.
    merged_at: DateTime<Utc>,
    /// When it was undone.
    undone_at: Option<DateTime<Utc>>,
    /// The account that survived.
    survivor_id: ID,
    /// The account that was merged into it.
    former_id: ID,
    /// Whether the rules would make it today. If not, the fields below say why.
    would_merge: bool,
    /// What makes two people of them (R9).
    obstacles: Vec<MergeObstacle>,
    /// The fields of which each had a value, so that no rule joins them without a choice (R1c, R4c).
    clashes: Vec<MergeField>,
    /// Whether neither was an account with nothing to lose, so that the merge would only be offered (R1c).
    needs_consent: bool,
}

impl From<&Verdict> for MergeVerdict {
    fn from(verdict: &Verdict) -> Self {
        let Verdict { merge, doubts } = verdict;
        let (mut obstacles, mut clashes, mut needs_consent) = (Vec::new(), Vec::new(), false);
        for doubt in doubts {
            match doubt {
                Doubt::Limit(obstacle) => obstacles.push(obstacle.clone().into()),
                Doubt::Clash(field) => clashes.push((*field).into()),
                Doubt::NoShell => needs_consent = true,
            }
        }
        Self {
            merge_id: merge.id.to_string().into(),
            rule: merge.rule.into(),
            merged_at: merge.at.into(),
            undone_at: merge.undone_at.map(Into::into),
            survivor_id: merge.into.id.to_string().into(),
            former_id: merge.from.id.to_string().into(),
            would_merge: doubts.is_empty(),
            obstacles,
            clashes,
            needs_consent,
        }
    }
}

/// The doubtful ones of a page of merges, newest first (Relay connection).
#[derive(Debug)]
pub(in crate::graphql) struct MergeVerdictConnection(Page<Verdict>);

impl MergeVerdictConnection {
    fn doubtful(&self) -> impl Iterator<Item = &Verdict> {
        self.0.items.iter().filter(|verdict| !verdict.doubts.is_empty())
    }
}

/// The doubtful ones of a page of merges, newest first (Relay connection).
#[Object]
impl MergeVerdictConnection {
    /// The doubtful merges with their cursors.
    async fn edges(&self) -> Vec<MergeVerdictEdge> {
        self.doubtful().map(|one| MergeVerdictEdge { cursor: cursor_of(one), node: one.into() }).collect()
    }

    /// The doubtful merges without cursors.
    async fn nodes(&self) -> Vec<MergeVerdict> {
        self.doubtful().map(MergeVerdict::from).collect()
    }

    /// The position of the page in the list of all merges: `endCursor` is that of the last merge that was looked at, doubtful or not.
    async fn page_info(&self) -> PageInfo {
        cursor::page_info(&self.0, cursor_of)
    }
}

fn cursor_of(verdict: &Verdict) -> String {
    cursor::at(verdict.merge.at, verdict.merge.id.uuid())
}

/// A doubtful merge with its cursor.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct MergeVerdictEdge {
    /// The merge's position in the list, for `after`.
    cursor: String,
    /// The merge.
    node: MergeVerdict,
}

#[derive(Debug, Default)]
pub(crate) struct VerdictQueries;

#[Object]
impl VerdictQueries {
    /// Whether the rules of today would make a merge that was made before, and why not. Requires the scope `users:read`. Null if there
    /// is no such merge.
    async fn would_merge_today(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the merge: `evt_…`.")] merge_id: ID,
    ) -> Alone<MergeVerdict> {
        let verdict = async {
            let id = merge_id.parse().map_err(|_| ApiError::refused(ErrorCode::NotFound))?;
            let verdict = usecase::merge::would_merge_today(service(ctx), caller(ctx), id).await?;
            Ok(verdict.as_ref().map(MergeVerdict::from))
        };
        alone_or_null(verdict.await)
    }

    /// The merges of the last 30 days that the rules of today would not make, newest first. Requires the scope `users:read`. A page
    /// looks at `first` merges: it has fewer entries, or none, also if there is a next page.
    async fn doubtful_merges(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many merges to look at: 1 to 100. Defaults to 20.")] first: Option<i32>,
        #[graphql(desc = "Only merges after this cursor.")] after: Option<String>,
    ) -> Alone<MergeVerdictConnection> {
        let merges = async {
            let page = FrontRequest { first, after: cursor::read_place(after.as_deref())? };
            usecase::merge::verdicts(service(ctx), caller(ctx), page).await.map(MergeVerdictConnection)
        };
        alone(merges.await)
    }
}
