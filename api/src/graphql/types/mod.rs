//! The types of the public schema, each converted from a domain value in one place.
//! Nothing here decides anything.

mod app;
mod audit;
mod conflict;
mod event;
mod history;
mod js_sdk;
mod login;
mod merge;
mod node;
mod order;
mod phone;
mod session;
mod token;
mod user;

pub(super) use app::{App, PhoneCheck};
pub(super) use audit::{AuditEventConnection, AuditFilter};
pub(super) use conflict::{ConflictConnection, ConflictDecision, ConflictFilter, ResolveConflictPayload};
pub(super) use event::{PersonEventInput, RecordPersonEventPayload};
pub(super) use history::LinkHistoryConnection;
pub(super) use js_sdk::JsSdkConfig;
pub(super) use login::{
    BeginLoginInput, BeginLoginPayload, BeginNativeLoginInput, BeginNativeLoginPayload, LoginInput, LoginPayload,
    Session,
};
pub(super) use merge::{
    LinkOpenIdPayload, Merge, MergeChoice, MergeOffer, MergePreview, MergeUsersPayload, UndoMergePayload, choices,
};
pub(super) use node::Node;
pub(super) use order::{OrderConnection, OrderFilter, OrderInput, PageArguments, RecordOrdersPayload};
pub(super) use phone::{
    BindPhonePayload, EncryptedPhone, PhoneClaim, PhoneCodePurpose, RemovalPayload, SendPhoneCodePayload, shown_phone,
};
pub(super) use session::OpenSession;
pub(super) use token::{
    CreateServiceTokenInput, CreateServiceTokenPayload, RevokeServiceTokenPayload, ServiceTokenConnection,
};
pub(super) use user::User;
