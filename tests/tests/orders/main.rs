//! Orders: reports, lists, sums, mistakes, and changes as they happen.

mod order_batches;
mod order_lists;
mod order_live;
mod order_mistakes;
mod orders;
mod totals;
