//! Message push to an app's server as WeChat does it: encrypted, signed, and retried.
//!
//! ```no_run
//! use sandbox::push::{Courier, Event, Form, Format, Mode, Push, Settings};
//!
//! # async fn example() -> Result<(), Vec<sandbox::push::Mistake>> {
//! let settings = Settings::new(Form {
//!     url: "http://127.0.0.1:8000/wechat/push".to_owned(),
//!     token: "sandboxtoken01".to_owned(),
//!     aes_key: Some("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8".to_owned()),
//!     mode: Mode::Secure,
//!     format: Format::Xml,
//!     ugly_keys: false,
//! })?;
//! let push = Push {
//!     to_user: "gh_0123456789ab".to_owned(),
//!     open_id: "oEx4mple5Qm7hV2cYtR9kLwPz0aB".to_owned(),
//!     union_id: None,
//!     app_id: "wxabcdef0123456789".to_owned(),
//!     created: 1_760_000_000,
//!     event: Event::AuthorizationRevoke { info: 205 },
//! };
//!
//! let attempts = Courier::default().deliver(&settings, &push, || 1_760_000_001).await;
//! assert!(attempts.iter().any(|attempt| attempt.is_received()));
//! # Ok(())
//! # }
//! ```

mod client;
mod crypt;
mod deliver;
mod letter;
mod message;
mod mishap;
mod render;
mod reply;
mod settings;
mod verify;

pub(crate) use client::send;
pub use client::{Answer, Failure};
pub use crypt::{AesKey, NotAnAesKey};
pub use deliver::{Attempt, Courier};
pub use message::{Event, PLATFORM, Push, Scanned};
pub(crate) use mishap::Mishap;
pub use render::Format;
pub use settings::{Form, Mistake, Mode, Settings};
pub use verify::NotVerified;
