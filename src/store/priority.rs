//! Threads that no request waits for leave the processor to those that serve: they have a lower
//! priority, and between two small pieces of work they let those run that wait for it.

use log::debug;
use rustix::process::setpriority_process;
use rustix::thread::gettid;

/// What `nice` is called with. On a machine whose workers are all busy such a thread still has a
/// quarter of a core, which is enough to write what they do; at 10 it would be a tenth, and calls
/// would wait for record slots.
const NICE: i32 = 5;

/// Lowers the priority of this thread. Linux keeps one for each thread: the id of a thread stands
/// for it alone. Where it is forbidden, nothing changes.
pub fn lower() {
    if let Err(error) = setpriority_process(Some(gettid()), NICE) {
        debug!("the priority of a thread stays as it is: {error}");
    }
}

/// Lets a thread run that waits for this processor. The scheduler would let this one run on for some
/// milliseconds, whatever its priority: on a single core a request waits that long.
pub fn give_way() {
    std::thread::yield_now();
}
