//! The types of the public schema, each converted from a domain value in one place.
//! Nothing here decides anything.

mod app;
mod login;
mod merge;
mod node;
mod order;
mod phone;
mod user;

pub(super) use app::App;
pub(super) use login::{BeginLoginInput, BeginLoginPayload, LoginInput, LoginPayload, Session};
pub(super) use merge::{
    LinkOpenIdPayload, Merge, MergeChoice, MergeOffer, MergePreview, MergeUsersPayload, UndoMergePayload, choices,
};
pub(super) use node::Node;
pub(super) use order::{OrderConnection, OrderFilter, OrderInput, PageArguments, RecordOrdersPayload, page_cost};
pub(super) use phone::{BindPhonePayload, SendPhoneCodePayload};
pub(super) use user::User;
