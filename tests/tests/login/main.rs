//! Logins: through an app, by a QR code, repeated, bound to their browser; and the sessions that they open.

mod bound;
mod browser_login;
mod cookies;
mod devices;
mod every_kind;
mod link;
mod login;
mod lost_answers;
mod qr_login;
mod qr_page;
mod repeat;
mod session;
