//! In what call, when in it, and what ended it.

/// In which calls a row is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Calls {
    Whole,
    Stream,
    /// Once in each.
    Both,
}

impl Calls {
    pub fn are_streams(self) -> &'static [bool] {
        match self {
            Self::Whole => &[false],
            Self::Stream => &[true],
            Self::Both => &[false, true],
        }
    }

    pub fn shown(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Stream => "stream",
            Self::Both => "both",
        }
    }
}

/// How far the upstream's answer had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    BeforeHead,
    /// The head was sent, and nothing of the body.
    BeforeBody,
    /// Half of a whole body, or the first chunks of a stream, were sent.
    Within,
}

impl Moment {
    pub fn shown(self) -> &'static str {
        match self {
            Self::BeforeHead => "before the head",
            Self::BeforeBody => "before the first chunk",
            Self::Within => "in mid-answer",
        }
    }

    pub fn heading(self) -> &'static str {
        match self {
            Self::BeforeHead => "Before the head",
            Self::BeforeBody => "Before the first chunk",
            Self::Within => "In mid-answer",
        }
    }
}

/// What ended the wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// Nobody had to wait for a timer.
    None,
    Connect,
    Head,
    FirstChunk,
    Idle,
    /// Of the whole call, over all attempts.
    Deadline,
}

/// The seconds of the one timer that a row is to meet; all others are far off.
pub const SHORT: &str = "0.3";

impl Timer {
    pub fn shown(self) -> &'static str {
        match self {
            Self::None => "at once",
            Self::Connect => "`connect_timeout`",
            Self::Head => "`timeout`",
            Self::FirstChunk => "`first_chunk_timeout`",
            Self::Idle => "`idle_timeout`",
            Self::Deadline => "`deadline`",
        }
    }

    /// The provider's settings under which this timer is the first to end.
    pub fn settings(self) -> String {
        let name = match self {
            Self::None | Self::Deadline => return String::new(),
            Self::Connect => "connect_timeout",
            Self::Head => "timeout",
            Self::FirstChunk => "first_chunk_timeout",
            Self::Idle => "idle_timeout",
        };
        format!("{name} = {SHORT}")
    }

    /// Whether a recorded failure says that it was this timer.
    pub fn is_named_in(self, message: &str) -> bool {
        let said = [
            (Self::Connect, "the connection took longer"),
            (Self::Head, "the response head took longer"),
            (Self::FirstChunk, "the first chunk took longer"),
            (Self::Idle, "the next chunk took longer"),
            (Self::Deadline, "over all attempts"),
        ];
        said.iter().all(|(timer, words)| message.contains(words) == (*timer == self))
    }
}
