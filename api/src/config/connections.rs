//! Limits of connections, and of the sockets among them.

use serde::Deserialize;

/// `[http.connections]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is documented in config.default.toml, which is the reference")]
pub struct Connections {
    pub max: u32,
    pub per_address: u32,
    pub head_seconds: u32,
    pub body_seconds: u32,
    pub body_idle_seconds: u32,
    pub idle_seconds: u32,
    pub answer_seconds: u32,
}

/// `[http.sockets]`
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is documented in config.default.toml, which is the reference")]
pub struct Sockets {
    pub max: u32,
    pub per_block: u32,
    pub per_person: u32,
    pub init_seconds: u32,
    pub ping_seconds: u32,
    pub idle_seconds: u32,
}
