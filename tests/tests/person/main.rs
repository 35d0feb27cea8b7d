//! One person: merges and their undo, cases, history, profile, followers, export and erasure.

mod backfill;
mod conflicts;
mod erasure;
mod exported;
mod history;
mod merge;
mod past_merges;
mod person_events;
mod pictures;
mod profile;
mod undo;
