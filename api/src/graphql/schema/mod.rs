//! The public schema, one file for each subject: its types, each converted from a domain value in one place, its queries
//! and its mutations. A resolver parses its arguments and calls a use case.

mod app;
mod audit;
mod conflict;
mod desk;
mod erasure;
mod event;
mod health;
mod history;
mod link;
mod login;
mod merge;
mod merge_people;
mod node;
mod operator;
mod order;
mod person_event;
mod phone;
mod phone_login;
mod profile;
mod qr_login;
mod request;
mod search;
mod service_token;
mod session;
mod settings;
mod statistics;
mod user;
mod verdict;

use async_graphql::{MergedObject, MergedSubscription};

/// Queries about a person's own account and, for service tokens, about all accounts.
#[derive(Debug, Default, MergedObject)]
pub struct Query(
    user::UserQueries,
    search::SearchQueries,
    session::SessionQueries,
    qr_login::QrLoginQueries,
    order::OrderQueries,
    merge::MergeQueries,
    merge_people::MergePeopleQueries,
    app::AppQueries,
    node::NodeQueries,
    conflict::ConflictQueries,
    service_token::ServiceTokenQueries,
    audit::AuditQueries,
    event::EventQueries,
    statistics::StatisticsQueries,
    health::HealthQueries,
    settings::SettingsQueries,
    operator::OperatorQueries,
    request::RequestQueries,
    verdict::VerdictQueries,
);

/// Logins, sessions, phones and merges of a person; orders, events and decisions from the company's systems.
#[derive(Debug, Default, MergedObject)]
pub struct Mutation(
    login::LoginMutations,
    qr_login::QrLoginMutations,
    session::SessionMutations,
    phone::PhoneMutations,
    phone_login::PhoneLoginMutations,
    link::LinkMutations,
    merge::MergeMutations,
    merge_people::MergePeopleMutations,
    user::UserMutations,
    profile::ProfileMutations,
    erasure::ErasureMutations,
    order::OrderMutations,
    order::OrderCorrectionMutations,
    person_event::PersonEventMutations,
    conflict::ConflictMutations,
    service_token::ServiceTokenMutations,
    operator::OperatorMutations,
    request::RequestMutations,
);

/// Changes as they happen, over a WebSocket with the protocol `graphql-transport-ws`.
#[derive(Debug, Default, MergedSubscription)]
pub struct Subscription(qr_login::QrLoginSubscriptions, order::OrderSubscriptions);
