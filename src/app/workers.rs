//! The web workers' threads.

use std::sync::{Arc, Mutex, PoisonError};

use actix::ArbiterHandle;
use futures_util::future::join_all;
use tokio::sync::oneshot;

#[derive(Clone, Debug, Default)]
pub(super) struct Workers(Arc<Mutex<Vec<ArbiterHandle>>>);

impl Workers {
    pub fn add(&self, worker: ArbiterHandle) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(worker);
    }

    /// Whether each of them runs a task.
    pub async fn answer(&self) -> bool {
        join_all(self.all().iter().map(answers)).await.into_iter().all(|it| it)
    }

    /// Stops them with everything that runs on them.
    pub fn stop(&self) {
        for worker in self.all() {
            worker.stop();
        }
    }

    fn all(&self) -> Vec<ArbiterHandle> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A task on the worker's thread that answers.
async fn answers(worker: &ArbiterHandle) -> bool {
    let (reply, answer) = oneshot::channel();
    worker.spawn(async move {
        // Whoever asked may have stopped waiting.
        let _ = reply.send(());
    }) && answer.await.is_ok()
}
