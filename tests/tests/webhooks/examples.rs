//! The programs of `docs/webhooks.md` for Node.js and Python receive a real delivery, and refuse one with a forged signature.
//! `make test-php` tests the one for PHP.

use acceptance::consumers::{Consumer, verifies};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_node_example_verifies_a_delivery() {
    verifies(Consumer::Node).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_python_example_verifies_a_delivery() {
    verifies(Consumer::Python).await;
}
