//! Batches: what waits in a queue is taken together, and nothing more is taken until it is written.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::sleep;

pub struct BatchLoop<T> {
    pub receiver: mpsc::Receiver<T>,
    pub max_batch: usize,
    /// The first entry of a batch waits this long for others.
    pub gather: Duration,
}

impl<T> BatchLoop<T> {
    /// Hands one batch after the other to `write`, until all senders are gone.
    ///
    /// # Cancel safety
    /// Dropping it loses what was taken and is not written.
    pub async fn run(mut self, mut write: impl AsyncFnMut(Vec<T>)) {
        loop {
            let mut batch = Vec::new();
            if self.receiver.recv_many(&mut batch, self.max_batch).await == 0 {
                return;
            }
            if batch.len() < self.max_batch && !self.gather.is_zero() {
                sleep(self.gather).await;
                while batch.len() < self.max_batch
                    && let Ok(entry) = self.receiver.try_recv()
                {
                    batch.push(entry);
                }
            }
            write(batch).await;
        }
    }
}
