//! How many clients are connected: a stop waits for those that may yet send a request.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::dev::Extensions;

#[derive(Clone, Default)]
pub struct Connections(Arc<AtomicUsize>);

/// One of them; it lies beside the connection and is dropped with it.
struct Connected(Connections);

impl Connections {
    pub fn count(&self, extensions: &mut Extensions) {
        self.0.fetch_add(1, Ordering::Relaxed);
        extensions.insert(Connected(self.clone()));
    }

    pub fn open(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}
