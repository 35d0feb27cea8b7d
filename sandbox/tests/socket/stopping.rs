//! Tests of the shutdown of a sandbox.

use tokio::net::TcpStream;

use crate::harbor::Harbor;

#[tokio::test]
async fn told_to_stop_it_ends_in_spite_of_clients_that_stay_connected() {
    for harbor in [Harbor::plain().await, Harbor::secure().await] {
        let _silent = harbor.connect().await;

        harbor.stop.send(()).expect("it runs");

        harbor.ended.await.expect("no panic").expect("it ends well");
        let refused = TcpStream::connect(harbor.address).await.expect_err("a closed port");
        assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    }
}
