//! When the stop has waited long enough, calls in flight are told to end, so that each can say so
//! to its client and leave its record.

use tokio::sync::watch;

/// One for the process. What waits for it ends with `shutting_down`.
#[derive(Clone, Debug)]
pub struct Cut(watch::Sender<bool>);

impl Default for Cut {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Cut {
    /// For good.
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
    /// It can be asked again.
    pub async fn cut(&mut self) {
        if self.0.wait_for(|is_cut| *is_cut).await.is_err() {
            // The process has nobody left who could cut anything.
            std::future::pending::<()>().await;
        }
    }
}
