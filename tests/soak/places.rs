//! Whether every place is free again: as many calls as the bounds allow are made at once, and all of them must reach
//! the upstream. One place that was lost would make one of them wait or fail.

use std::net::SocketAddr;

use crate::scripts::sound;
use crate::support::client::{RawClient, post_json};
use crate::support::{Step, chat, eventually};
use crate::upstreams::{ABREAST, CONNECTIONS, Upstreams};

pub async fn fill_all(addr: SocketAddr, upstreams: &Upstreams) {
    let upstream = &upstreams.two;
    upstream.set(sound(false));
    let bounded = [("two/narrow", ABREAST), ("three/b", CONNECTIONS)];
    for (model, _) in bounded {
        eventually("its circuit is closed", async || {
            post_json(addr, "/v1/chat/completions", &chat(model)).await.status == 200
        })
        .await;
    }
    upstream.set(sound(false).before_head(Step::WaitForSignal));
    let before = upstream.request_count();
    let mut clients = Vec::new();
    for (model, places) in bounded {
        for _ in 0..places {
            let mut client = RawClient::connect(addr).await;
            client.post_json("/v1/chat/completions", &chat(model).to_string(), &[]).await;
            clients.push(client);
        }
    }
    upstream.wait_for_requests(before + clients.len()).await;
    for _ in &clients {
        upstream.proceed();
    }
    for client in &mut clients {
        assert_eq!(client.read_head().await.status, 200);
    }
}
