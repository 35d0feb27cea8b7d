//! Tests of the binary `guiyi`, as a person or a script uses it.

mod bodies;
mod check;
mod chinese;
mod cli;
mod controls;
mod demo;
mod documents;
mod flood;
mod imports;
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
#[path = "../../src/cli/import/source/fixture.rs"]
mod workbook;
