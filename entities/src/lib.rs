//! The tables as SeaORM entities, one file each, with types of `domain` as column types. Terms: `docs/glossary.md`.
//!
//! A field of type `BelongsTo`, `HasOne` or `HasMany` is a relation, not a column: `Model` does not have it. The relation of a child
//! is a foreign key of the tables, unless it has `skip_fk`.

pub mod audit_chain;
pub mod audit_event;
pub mod audit_unsealed;
pub mod changed_open_id;
pub mod conflict;
pub mod data_key;
pub mod device;
pub mod document;
pub mod erasure;
pub mod event;
pub mod event_mark;
pub mod follower_run;
pub mod link_event;
pub mod login_claim;
pub mod login_state;
pub mod merge_offer;
pub mod merge_undo;
pub mod open_id;
pub mod operator;
pub mod operator_session;
pub mod order;
pub mod order_change;
pub mod order_correction;
pub mod order_delivery;
pub mod order_item;
pub mod order_news;
pub mod order_refund;
pub mod order_total;
pub mod outbox;
pub mod phone;
pub mod phone_code;
pub mod picture;
pub mod picture_content;
pub mod push;
pub mod qr_login;
pub mod receipt;
pub mod redaction;
pub mod request;
pub mod service_token;
pub mod service_token_use;
pub mod session;
pub mod sms_spending;
pub mod union_id;
pub mod upstream_budget;
pub mod upstream_token;
pub mod user;
pub mod webhook_delivery;
pub mod webhook_endpoint;
