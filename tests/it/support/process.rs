//! The router as a process of its own.

use std::net::SocketAddr;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::secs;

/// Starts the server and answers its address, told by its log.
pub async fn serve(mut command: Command) -> (Child, SocketAddr) {
    let mut child = command.args(["--host", "127.0.0.1", "--port", "0"]).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let address = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            if let Some((_, rest)) = line.split_once("listening on http://") {
                return rest.split(',').next().unwrap().parse().unwrap();
            }
        }
        panic!("it ended before it listened");
    };
    let address = tokio::time::timeout(secs(20), address).await.expect("it listens");
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    (child, address)
}
