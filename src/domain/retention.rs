//! How long what is recorded of calls is kept, and how much of it. Absent is for ever, and without
//! a limit.

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// Calls; what they come to stays in the sums.
    pub calls_us: Option<i64>,
    /// Bodies, the beginnings of prompt and answer, and traces.
    pub bodies_us: Option<i64>,
    /// Of the database file.
    pub max_bytes: Option<u64>,
}

impl Retention {
    /// Calls that began before are deleted.
    pub fn calls_before(&self, now_us: i64) -> Option<i64> {
        self.calls_us.map(|kept| now_us.saturating_sub(kept))
    }

    /// What stands apart from calls that began before is deleted.
    pub fn bodies_before(&self, now_us: i64) -> Option<i64> {
        self.bodies_us.map(|kept| now_us.saturating_sub(kept))
    }
}
