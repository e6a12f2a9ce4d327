//! Ends calls in flight when the stop has waited long enough, so that each can send an error to its
//! client and leave its record.

use tokio::sync::watch;

/// One for the process. Calls that wait for it end with `shutting_down`.
#[derive(Clone, Debug)]
pub struct Cut(watch::Sender<bool>);

impl Default for Cut {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Cut {
    /// Irrevocable.
    pub fn make(&self) {
        self.0.send_replace(true);
    }

    pub fn notice(&self) -> CutNotice {
        CutNotice(self.0.subscribe())
    }
}

/// Of one call.
pub struct CutNotice(watch::Receiver<bool>);

impl CutNotice {
    pub fn is_cut(&self) -> bool {
        *self.0.borrow()
    }

    /// # Cancel safety
    /// It can be called again.
    pub async fn cut(&mut self) {
        if self.0.wait_for(|is_cut| *is_cut).await.is_err() {
            // The sender is gone, so nothing can trigger it any more.
            std::future::pending::<()>().await;
        }
    }
}
