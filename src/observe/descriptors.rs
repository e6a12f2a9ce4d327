//! File descriptors of the process: without one no connection is accepted or opened and no file read,
//! whatever state clients and providers are in.

use std::fs::File;
use std::io;

use rlimit::Resource;

/// Of the process, and of the machine; alike on all systems that serve.
const EMFILE: i32 = 24;
const ENFILE: i32 = 23;

/// Says what to do about it.
pub const ADVICE: &str = "no file descriptors are left: each connection of a client needs two and each \
                          to a provider one; `LimitNOFILE` of the service or `ulimit -n` raises their number";

/// Whether something failed for want of a descriptor.
pub fn is_exhaustion(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(EMFILE | ENFILE))
}

/// Whether none can be had now. Where a library tells of its failure in words only, this tells why.
pub fn are_exhausted() -> bool {
    File::open("/dev/null").is_err_and(|error| is_exhaustion(&error))
}

/// How many are open. `None` where the system does not tell.
pub fn open() -> Option<u64> {
    let listed = std::fs::read_dir("/proc/self/fd").ok()?.count();
    // The listing has one itself.
    u64::try_from(listed).ok()?.checked_sub(1)
}

/// How many there may be.
pub fn limit() -> Option<u64> {
    Resource::NOFILE.get_soft().ok()
}
