//! How long a future kept its caller waiting.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::{Duration, Instant};

/// The future's output, and the time until it was there. One that is ready at once costs no reading
/// of the clock.
///
/// # Cancel safety
/// As that of the future.
pub async fn waited<F: Future>(future: F) -> (F::Output, Duration) {
    let mut future = pin!(future);
    if let Poll::Ready(output) = poll_once(future.as_mut()).await {
        return (output, Duration::ZERO);
    }
    let began = Instant::now();
    let output = future.await;
    (output, began.elapsed())
}

/// What the future has at its first poll.
///
/// # Cancel safety
/// It never waits.
pub async fn poll_once<F: Future>(mut future: Pin<&mut F>) -> Poll<F::Output> {
    poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_ready_kept_nobody_waiting() {
        assert_eq!(waited(async { 7 }).await, (7, Duration::ZERO));
        let pause = Duration::from_millis(5);
        let ((), took) = waited(tokio::time::sleep(pause)).await;
        assert!(took > Duration::ZERO);
    }
}
