//! Slows down who tries keys. Knows no time but what it is told.
//!
//! Only failures come here, so a good key never waits for this lock. Keys are long and random:
//! what is kept down is noise. A good key is therefore let in from an address that is slowed
//! down, for otherwise any stranger could lock out everybody behind the same proxy.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::denied::Denied;

/// So many failures are nobody's business: a wrong setting, a typing error.
const FREE: u32 = 10;

/// After so long without a failure everything is forgotten.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(300);

const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Addresses that are remembered; the one that has been quiet for longest makes room.
const MOST: usize = 4_096;

#[derive(Debug, Default)]
pub struct Guesses {
    by_address: Mutex<HashMap<IpAddr, Failures>>,
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    last: Duration,
    /// Until then the next ones are refused without a look.
    wait_until: Duration,
}

impl Guesses {
    /// Counts a failure.
    ///
    /// # Errors
    /// When the address has to wait, with the time.
    pub fn failed(&self, address: Option<IpAddr>, now: Duration) -> Result<(), Denied> {
        let Some(address) = address.map(network) else { return Ok(()) };
        let mut known = self.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST && !known.contains_key(&address) {
            make_room(&mut known, now);
        }
        let new = Failures { count: 0, last: now, wait_until: Duration::ZERO };
        let failures = known.entry(address).or_insert(new);
        if now.saturating_sub(failures.last) >= FORGOTTEN_AFTER {
            *failures = new;
        }
        failures.last = now;
        if now < failures.wait_until {
            return Err(Denied::TooManyGuesses(failures.wait_until - now));
        }
        failures.count = failures.count.saturating_add(1);
        if let Some(doublings) = failures.count.checked_sub(FREE) {
            let wait = Duration::from_secs(1u64.checked_shl(doublings).unwrap_or(u64::MAX));
            failures.wait_until = now + wait.min(LONGEST_WAIT);
        }
        Ok(())
    }

    /// # Errors
    /// When the address has to wait, with the time.
    pub fn wait(&self, address: Option<IpAddr>, now: Duration) -> Result<(), Denied> {
        let Some(address) = address.map(network) else { return Ok(()) };
        let known = self.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        match known.get(&address) {
            Some(failures) if now < failures.wait_until => {
                Err(Denied::TooManyGuesses(failures.wait_until - now))
            }
            _ => Ok(()),
        }
    }
}

fn make_room(known: &mut HashMap<IpAddr, Failures>, now: Duration) {
    known.retain(|_, failures| now.saturating_sub(failures.last) < FORGOTTEN_AFTER);
    if known.len() < MOST {
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

    fn at(guesses: &Guesses, address: &str, seconds: u64) -> Option<u64> {
        let now = Duration::from_secs(seconds);
        match guesses.failed(address.parse().ok(), now) {
            Err(Denied::TooManyGuesses(wait)) => Some(wait.as_secs()),
            _ => None,
        }
    }

    #[test]
    fn the_first_failures_are_free_and_then_each_waits_for_twice_as_long() {
        let guesses = Guesses::default();
        for _ in 0..FREE {
            assert_eq!(at(&guesses, "9.9.9.9", 1), None);
        }
        assert_eq!(at(&guesses, "9.9.9.9", 1), Some(1));
        assert_eq!(at(&guesses, "9.9.9.8", 1), None, "a neighbour is another");
        assert_eq!(at(&guesses, "9.9.9.9", 2), None, "the wait is over");
        assert_eq!(at(&guesses, "9.9.9.9", 3), Some(1));
        for second in 4..400 {
            let wait = at(&guesses, "9.9.9.9", second).unwrap_or(0);
            assert!(wait <= LONGEST_WAIT.as_secs());
        }
        assert!(guesses.wait("9.9.9.9".parse().ok(), Duration::from_secs(399)).is_err());
        assert_eq!(at(&guesses, "9.9.9.9", 399 + FORGOTTEN_AFTER.as_secs()), None);
    }

    #[test]
    fn addresses_of_one_household_are_one() {
        let guesses = Guesses::default();
        for host in 0..FREE {
            assert_eq!(at(&guesses, &format!("2001:db8::{host}"), 1), None);
        }
        assert_eq!(at(&guesses, "2001:db8::ffff", 1), Some(1));
        assert_eq!(at(&guesses, "2001:db8:0:1::1", 1), None);
    }

    #[test]
    fn memory_is_bounded_and_the_quietest_is_forgotten_first() {
        let guesses = Guesses::default();
        for _ in 0..=FREE {
            at(&guesses, "1.1.1.1", 2);
        }
        for number in 0..2 * u32::try_from(MOST).unwrap() {
            at(&guesses, &IpAddr::from((0x0a00_0000 + number).to_be_bytes()).to_string(), 1);
        }
        assert_eq!(guesses.by_address.lock().unwrap().len(), MOST);
        assert!(guesses.wait("1.1.1.1".parse().ok(), Duration::from_secs(2)).is_err());
    }
}
