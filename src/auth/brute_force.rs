//! Slows down addresses that try keys. The time is an argument.
//!
//! Only failures take this lock, so a valid key never waits for it. Keys are long and random: what
//! is kept down is noise. A valid key is accepted also from an address that is slowed down, because
//! otherwise any stranger could lock out all who share a proxy with it.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::denied::Denied;

/// Failures without a consequence: a wrong setting, a typing error.
const FREE_FAILURES: u32 = 10;

/// An address without a failure for this long starts anew.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(300);

const MAX_WAIT: Duration = Duration::from_secs(30);

/// Addresses that are remembered; the one whose last failure is oldest is evicted.
const MAX_ADDRESSES: usize = 4_096;

#[derive(Debug, Default)]
pub struct BruteForceGuard {
    by_address: Mutex<HashMap<IpAddr, Failures>>,
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    last: Duration,
    /// Until then further attempts are refused unchecked.
    wait_until: Duration,
}

impl BruteForceGuard {
    /// Counts a failure.
    ///
    /// # Errors
    /// When the address has to wait, with the time.
    pub fn record_failure(&self, address: Option<IpAddr>, now: Duration) -> Result<(), Denied> {
        let Some(address) = address.map(network) else { return Ok(()) };
        let mut known = self.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX_ADDRESSES && !known.contains_key(&address) {
            evict(&mut known, now);
        }
        let new = Failures { count: 0, last: now, wait_until: Duration::ZERO };
        let failures = known.entry(address).or_insert(new);
        if now.saturating_sub(failures.last) >= FORGOTTEN_AFTER {
            *failures = new;
        }
        failures.last = now;
        if now < failures.wait_until {
            return Err(Denied::TooManyAttempts(failures.wait_until - now));
        }
        failures.count = failures.count.saturating_add(1);
        if let Some(doublings) = failures.count.checked_sub(FREE_FAILURES) {
            let wait = Duration::from_secs(1u64.checked_shl(doublings).unwrap_or(u64::MAX));
            failures.wait_until = now + wait.min(MAX_WAIT);
        }
        Ok(())
    }

    /// # Errors
    /// When the address has to wait, with the time.
    pub fn check(&self, address: Option<IpAddr>, now: Duration) -> Result<(), Denied> {
        let Some(address) = address.map(network) else { return Ok(()) };
        let known = self.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        match known.get(&address) {
            Some(failures) if now < failures.wait_until => {
                Err(Denied::TooManyAttempts(failures.wait_until - now))
            }
            _ => Ok(()),
        }
    }
}

fn evict(known: &mut HashMap<IpAddr, Failures>, now: Duration) {
    known.retain(|_, failures| now.saturating_sub(failures.last) < FORGOTTEN_AFTER);
    if known.len() < MAX_ADDRESSES {
        return;
    }
    let quietest = known.iter().min_by_key(|(_, failures)| failures.last);
    if let Some(address) = quietest.map(|(address, _)| *address) {
        known.remove(&address);
    }
}

/// One household has a whole /64.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(guard: &BruteForceGuard, address: &str, seconds: u64) -> Option<u64> {
        let now = Duration::from_secs(seconds);
        match guard.record_failure(address.parse().ok(), now) {
            Err(Denied::TooManyAttempts(wait)) => Some(wait.as_secs()),
            _ => None,
        }
    }

    #[test]
    fn the_first_failures_are_free_and_then_each_waits_for_twice_as_long() {
        let guard = BruteForceGuard::default();
        for _ in 0..FREE_FAILURES {
            assert_eq!(at(&guard, "9.9.9.9", 1), None);
        }
        assert_eq!(at(&guard, "9.9.9.9", 1), Some(1));
        assert_eq!(at(&guard, "9.9.9.8", 1), None, "a neighbour is another");
        assert_eq!(at(&guard, "9.9.9.9", 2), None, "the wait is over");
        assert_eq!(at(&guard, "9.9.9.9", 3), Some(1));
        for second in 4..400 {
            let wait = at(&guard, "9.9.9.9", second).unwrap_or(0);
            assert!(wait <= MAX_WAIT.as_secs());
        }
        assert!(guard.check("9.9.9.9".parse().ok(), Duration::from_secs(399)).is_err());
        assert_eq!(at(&guard, "9.9.9.9", 399 + FORGOTTEN_AFTER.as_secs()), None);
    }

    #[test]
    fn addresses_of_one_household_are_one() {
        let guard = BruteForceGuard::default();
        for host in 0..FREE_FAILURES {
            assert_eq!(at(&guard, &format!("2001:db8::{host}"), 1), None);
        }
        assert_eq!(at(&guard, "2001:db8::ffff", 1), Some(1));
        assert_eq!(at(&guard, "2001:db8:0:1::1", 1), None);
    }

    #[test]
    fn memory_is_bounded_and_the_quietest_is_forgotten_first() {
        let guard = BruteForceGuard::default();
        for _ in 0..=FREE_FAILURES {
            at(&guard, "1.1.1.1", 2);
        }
        for number in 0..2 * u32::try_from(MAX_ADDRESSES).unwrap() {
            at(&guard, &IpAddr::from((0x0a00_0000 + number).to_be_bytes()).to_string(), 1);
        }
        assert_eq!(guard.by_address.lock().unwrap().len(), MAX_ADDRESSES);
        assert!(guard.check("1.1.1.1".parse().ok(), Duration::from_secs(2)).is_err());
    }
}
