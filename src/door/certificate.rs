//! The certificate that the router shows. Its files are looked at each second; what cannot be used
//! replaces nothing.

use std::fmt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::{ArcSwap, ArcSwapOption};
use jiff::{SignedDuration, Timestamp};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::pair::{BadPair, Pair};
use crate::config::tls_files::TlsFiles;

const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What failed for another reason than the files' content is tried again.
const RETRY_EVERY: Duration = Duration::from_secs(10);

/// A certificate is told of when it has so long to live.
const SOON: SignedDuration = SignedDuration::from_hours(14 * 24);

/// What came of looking at the files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As before.
    Same,
    /// Taken, and valid until then.
    Taken(Timestamp),
    /// The last good pair stays, for this reason.
    Refused(String),
}

/// Told of what changed.
pub type OnLook = Box<dyn Fn(&Outcome)>;

pub struct Certificate {
    files: TlsFiles,
    used: ArcSwap<Pair>,
    /// Why the files, as they stand, are not used.
    refused: ArcSwapOption<String>,
}

impl fmt::Debug for Certificate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Certificate").field("files", &self.files).finish_non_exhaustive()
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.used.load().key.clone())
    }
}

/// What is known of the certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    pub files: TlsFiles,
    pub valid_from: Timestamp,
    pub valid_until: Timestamp,
    /// Whether the files hold what is shown.
    pub is_current: bool,
    /// What an operator has to see to.
    pub problem: Option<String>,
}

impl Certificate {
    /// One that has expired, or is not valid yet, is taken: its problem says so.
    ///
    /// # Errors
    /// When the files cannot be used.
    pub fn read(files: TlsFiles) -> Result<Self, BadPair> {
        let pair = Pair::read(&files)?;
        Ok(Self { files, used: ArcSwap::from_pointee(pair), refused: ArcSwapOption::empty() })
    }

    /// Reads the files again. A pair whose time is not now takes the place of no other.
    pub fn look(&self, now: Timestamp) -> Outcome {
        match Pair::read(&self.files).and_then(|pair| self.fit_for(pair, now)) {
            Err(bad) => self.refuse(bad.to_string()),
            Ok(pair) => {
                let was_refused = self.refused.swap(None).is_some();
                if self.used.load().is_same(&pair) && !was_refused {
                    return Outcome::Same;
                }
                let until = pair.validity.until;
                self.used.store(Arc::new(pair));
                Outcome::Taken(until)
            }
        }
    }

    fn fit_for(&self, pair: Pair, now: Timestamp) -> Result<Pair, BadPair> {
        let is_shown = self.used.load().is_same(&pair);
        match untimely(&pair, now).filter(|_| !is_shown) {
            Some(problem) => Err(BadPair(format!("`{}` {problem}", self.files.cert.display()))),
            None => Ok(pair),
        }
    }

    fn refuse(&self, reason: String) -> Outcome {
        let known = self.refused.load();
        if known.as_ref().is_some_and(|known| **known == reason) {
            return Outcome::Same;
        }
        self.refused.store(Some(Arc::new(reason.clone())));
        Outcome::Refused(reason)
    }

    /// Looks at the files for as long as the process lives. They are read once they were still from
    /// one look to the next: the two are not replaced at the same moment, and are not written in one.
    pub async fn watch(self: Arc<Self>, on_look: OnLook) {
        let mut looks = interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut seen = self.stamps();
        // What changed between the start's reading and now is not known.
        let mut is_due = true;
        let mut last = Instant::now();
        loop {
            looks.tick().await;
            let found = self.stamps();
            if found != seen {
                (seen, is_due) = (found, true);
                continue;
            }
            let is_retried = self.refused.load().is_some() && last.elapsed() >= RETRY_EVERY;
            if is_due || is_retried {
                (is_due, last) = (false, Instant::now());
                on_look(&self.look(Timestamp::now()));
            }
        }
    }

    fn stamps(&self) -> [Option<Stamp>; 2] {
        [&self.files.cert, &self.files.key].map(|path| Stamp::of(path))
    }

    pub fn status(&self, now: Timestamp) -> Status {
        let used = self.used.load();
        let refused = self.refused.load_full();
        let not_taken = refused.as_ref().map(|reason| {
            format!("the files as they stand are not used, the last good ones serve on: {reason}")
        });
        let of_its_time = untimely(&used, now).map(|problem| format!("the certificate {problem}"));
        Status {
            files: self.files.clone(),
            valid_from: used.validity.from,
            valid_until: used.validity.until,
            is_current: refused.is_none(),
            problem: match (not_taken, of_its_time.or_else(|| soon(&used, now))) {
                (Some(one), Some(other)) => Some(format!("{other}; {one}")),
                (one, other) => one.or(other),
            },
        }
    }
}

fn untimely(pair: &Pair, now: Timestamp) -> Option<String> {
    let valid = pair.validity;
    if now >= valid.until {
        return Some(format!("has expired on {}: clients refuse it", valid.until));
    }
    (now < valid.from).then(|| {
        format!(
            "is not valid before {}: clients refuse it; is this machine's clock right?",
            valid.from
        )
    })
}

fn soon(pair: &Pair, now: Timestamp) -> Option<String> {
    let left = pair.validity.until.duration_since(now);
    (left < SOON).then(|| {
        format!(
            "the certificate expires on {}: replace its files, which are read again",
            pair.validity.until
        )
    })
}

/// What changes with a file: also when it is replaced through a symlink, or may be read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    file: (u64, u64),
    changed: (i64, i64),
    written: (i64, i64),
    length: u64,
}

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        let about = std::fs::metadata(path).ok()?;
        Some(Self {
            file: (about.dev(), about.ino()),
            changed: (about.ctime(), about.ctime_nsec()),
            written: (about.mtime(), about.mtime_nsec()),
            length: about.len(),
        })
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};
    use tempfile::TempDir;

    use super::*;

    fn at(time: &str) -> Timestamp {
        time.parse().unwrap()
    }

    /// Certificate and key, valid in these years.
    fn made(from: i32, until: i32) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![String::from("r.example")]).unwrap();
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
    }

    fn files_in(folder: &TempDir) -> TlsFiles {
        TlsFiles { cert: folder.path().join("cert.pem"), key: folder.path().join("key.pem") }
    }

    fn write(files: &TlsFiles, (cert, key): &(String, String)) {
        std::fs::write(&files.cert, cert).unwrap();
        std::fs::write(&files.key, key).unwrap();
    }

    fn started(pair: &(String, String)) -> (Certificate, TlsFiles, TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let files = files_in(&folder);
        write(&files, pair);
        (Certificate::read(files.clone()).unwrap(), files, folder)
    }

    const NOW: &str = "2030-06-01T00:00:00Z";

    #[test]
    fn what_cannot_be_used_leaves_the_last_good_pair_and_is_told_once() {
        let (old, new) = (made(2020, 2035), made(2021, 2036));
        let (certificate, files, _folder) = started(&old);
        let now = at(NOW);
        assert_eq!(certificate.look(now), Outcome::Same);
        // The certificate is replaced before its key.
        std::fs::write(&files.cert, &new.0).unwrap();
        let Outcome::Refused(reason) = certificate.look(now) else { panic!("it fits no key") };
        assert!(reason.contains("does not fit"), "{reason}");
        assert_eq!(certificate.look(now), Outcome::Same, "told once");
        let status = certificate.status(now);
        assert!(!status.is_current && status.problem.unwrap().contains("last good ones serve on"));
        assert_eq!(status.valid_until, at("2035-01-01T00:00:00Z"));
        std::fs::write(&files.key, &new.1).unwrap();
        assert_eq!(certificate.look(now), Outcome::Taken(at("2036-01-01T00:00:00Z")));
        let status = certificate.status(now);
        assert_eq!((status.is_current, status.problem), (true, None));
        std::fs::remove_file(&files.key).unwrap();
        assert!(matches!(certificate.look(now), Outcome::Refused(_)));
        std::fs::write(&files.key, &new.1).unwrap();
        assert_eq!(certificate.look(now), Outcome::Taken(at("2036-01-01T00:00:00Z")), "it is back");
    }

    #[test]
    fn a_pair_whose_time_is_not_now_replaces_no_other() {
        for (years, expected) in
            [((2020, 2025), "has expired"), ((2033, 2040), "is not valid before")]
        {
            let (certificate, files, _folder) = started(&made(2020, 2035));
            write(&files, &made(years.0, years.1));
            let Outcome::Refused(reason) = certificate.look(at(NOW)) else { panic!("{years:?}") };
            assert!(reason.contains(expected), "{reason}");
        }
    }

    #[test]
    fn at_the_start_it_is_taken_and_told_of() {
        let (certificate, files, _folder) = started(&made(2020, 2025));
        let problem = certificate.status(at(NOW)).problem.unwrap();
        assert_eq!(
            problem,
            "the certificate has expired on 2025-01-01T00:00:00Z: clients refuse it"
        );
        assert_eq!(certificate.look(at(NOW)), Outcome::Same, "the files are what is shown");
        write(&files, &made(2020, 2035));
        assert_eq!(certificate.look(at(NOW)), Outcome::Taken(at("2035-01-01T00:00:00Z")));
    }

    #[test]
    fn the_end_is_told_two_weeks_before() {
        let (certificate, ..) = started(&made(2020, 2035));
        for (now, is_told) in [("2034-12-17T00:00:00Z", false), ("2034-12-19T00:00:00Z", true)] {
            let problem = certificate.status(at(now)).problem;
            assert_eq!(problem.is_some_and(|told| told.contains("expires on 2035")), is_told);
        }
    }

    #[test]
    fn a_stamp_follows_a_symlink_and_a_changed_mode() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("a"), "x").unwrap();
        std::fs::write(path("b"), "x").unwrap();
        symlink("a", path("link")).unwrap();
        let first = Stamp::of(&path("link"));
        std::fs::remove_file(path("link")).unwrap();
        symlink("b", path("link")).unwrap();
        let second = Stamp::of(&path("link"));
        assert_ne!(first, second);
        std::thread::park_timeout(Duration::from_millis(20));
        std::fs::set_permissions(path("b"), std::fs::Permissions::from_mode(0o600)).unwrap();
        assert_ne!(Stamp::of(&path("link")), second);
    }
}
