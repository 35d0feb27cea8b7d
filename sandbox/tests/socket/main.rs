//! The sandbox on a real socket, as `guiyi sandbox` serves it.
//! What it answers there is tested in `tests/wire`, without one.

mod faults;
mod harbor;
mod stopping;
mod tls;
