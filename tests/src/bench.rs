//! What the benchmarks of `tests/examples` share.

use crate::Server;

/// Reads the arguments of a benchmark: how many of what it measures, and the databases, each one of `known`.
///
/// # Panics
///
/// When they are something else.
#[must_use]
pub fn arguments(known: &[Server]) -> (u64, Vec<Server>) {
    let mut arguments = std::env::args().skip(1);
    let count = arguments.next().and_then(|count| count.parse().ok()).expect("a number, then names of databases");
    let server = |name: String| {
        let named = known.iter().find(|server| format!("{server:?}").eq_ignore_ascii_case(&name));
        *named.unwrap_or_else(|| panic!("{name}: this benchmark knows {known:?}"))
    };
    (count, arguments.map(server).collect())
}
