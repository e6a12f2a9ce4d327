//! What systemd is told: ready, reloading, stopping, and that the router is alive. Without
//! `NOTIFY_SOCKET` nothing is sent.

use log::debug;
use sd_notify::NotifyState;

fn send(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        debug!("systemd cannot be told: {error}");
    }
}

pub fn ready(status: &str) {
    send(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// Followed by [`ready`].
pub fn reloading() {
    let mut states = vec![NotifyState::Reloading];
    states.extend(NotifyState::monotonic_usec_now().ok());
    send(&states);
}

pub fn stopping(status: &str) {
    send(&[NotifyState::Stopping, NotifyState::Status(status)]);
}

/// The process that systemd is to watch from now on.
pub fn main_process(id: u32) {
    send(&[NotifyState::MainPid(id)]);
}

pub fn alive() {
    send(&[NotifyState::Watchdog]);
}
