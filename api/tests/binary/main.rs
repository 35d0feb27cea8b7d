//! Tests of the binary `guiyi`, as a person or a script uses it.

mod bodies;
mod cli;
mod controls;
mod demo;
mod documents;
mod flood;
mod keys;
mod kill;
mod metrics;
mod migrate_scope;
mod private;
mod readme;
mod sandbox;
mod secrets;
mod storm;
mod warnings;
