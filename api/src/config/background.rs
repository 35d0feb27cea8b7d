//! The settings of the work that no request waits for: `[outbox]` and `[backfill]`.

use serde::Deserialize;

/// `[outbox]`
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is documented in config.default.toml, which is the reference")]
pub struct Outbox {
    pub deliver: bool,
}

/// `[backfill]`
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is documented in config.default.toml, which is the reference")]
pub struct Backfill {
    pub every_hours: u32,
    pub concurrency: u32,
    pub calls_per_minute: u32,
    pub attempts: u32,
}
