//! Tests of the sandbox on a real socket, as `guiyi sandbox` serves it. See `tests/wire` for its answers.

mod faults;
mod harbor;
mod stopping;
mod tls;
