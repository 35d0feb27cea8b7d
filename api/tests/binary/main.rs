//! Tests of the binary `guiyi`, as a person or a script uses it.

mod bodies;
mod check;
mod chinese;
mod cli;
mod controls;
mod damage;
mod demo;
mod doctor;
mod documents;
mod flood;
mod followers;
mod import_refunds;
mod imports;
mod keys;
mod kill;
mod metrics;
mod migrate_scope;
mod private;
mod push_storm;
mod readme;
mod restore;
mod sandbox;
mod secrets;
mod shop;
mod stopping;
mod storm;
mod traces;
mod warnings;
mod webhooks;
#[path = "../../src/cli/import/source/fixture.rs"]
mod workbook;
