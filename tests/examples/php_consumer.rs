//! The program of `docs/webhooks.md` for PHP receives a real delivery, and refuses one with a forged signature. `make test-php`
//! installs PHP and runs it.

use acceptance::consumers::{Consumer, verifies};

#[tokio::main]
async fn main() {
    Box::pin(verifies(Consumer::Php)).await;
    println!("the PHP example verifies a delivery");
}
