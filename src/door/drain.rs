//! Tells the connections that the router stops: each asks its client to go elsewhere.

use tokio::sync::watch;

/// One for the process.
#[derive(Clone, Debug)]
pub struct Drain(watch::Sender<bool>);

impl Default for Drain {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Drain {
    /// Irrevocable.
    pub fn begin(&self) {
        self.0.send_replace(true);
    }

    pub fn notice(&self) -> DrainNotice {
        DrainNotice(self.0.subscribe())
    }
}

/// Of one connection.
pub struct DrainNotice(watch::Receiver<bool>);

impl DrainNotice {
    /// # Cancel safety
    /// It can be called again.
    pub async fn begun(&mut self) {
        if self.0.wait_for(|has_begun| *has_begun).await.is_err() {
            // The sender is gone, so nothing can trigger it any more.
            std::future::pending::<()>().await;
        }
    }
}
