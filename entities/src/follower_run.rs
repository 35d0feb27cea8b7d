//! Runs over the followers of an app, with their progress and the lease of the process that does the work.

use domain::{AppId, OpenId, RunId, Timestamp};
use sea_orm::entity::prelude::*;

/// What a run does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
pub enum Kind {
    /// It asks for the unionIds of followers.
    #[sea_orm(string_value = "UNION_IDS")]
    UnionIds,
    /// It asks for the openIds in the app of people of a migrated account.
    #[sea_orm(string_value = "OPEN_IDS")]
    OpenIds,
}

/// A run.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "follower_runs")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RunId,
    /// What it does.
    pub kind: Kind,
    /// The upstream's id of the app that is asked.
    pub app: AppId,
    /// The upstream's id of the migrated account.
    pub from_app: Option<AppId>,
    /// Whether it also asks about people whose unionId is known.
    pub asks_all: bool,
    /// The kind and the app while the run is unfinished. Unique.
    pub open_key: Option<String>,
    /// The position of the page of followers that is being worked on; absent for the first one.
    pub page: Option<String>,
    /// The last openId that is done.
    pub last_open_id: Option<OpenId>,
    /// The counts so far, as JSON.
    pub tally: String,
    /// The lease of the process that does the work.
    pub lease: Option<Vec<u8>>,
    /// The end of the lease.
    pub lease_until: Option<Timestamp>,
    /// When the schedule may continue a run that has stopped.
    pub retry_at: Option<Timestamp>,
    /// Why it has stopped before its end.
    pub stopped: Option<String>,
    /// When it began.
    pub started_at: Timestamp,
    /// The last progress.
    pub updated_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// When its links were undone.
    pub undone_at: Option<Timestamp>,
    /// The openIds that it has changed.
    #[sea_orm(has_many)]
    pub changed: HasMany<super::changed_open_id::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
