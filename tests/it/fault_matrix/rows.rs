//! The table: each fault at each moment at which it can happen, and its end.

use super::fault::Fault::{self, *};
use super::fault::Goodbye::{Fin, Rst};
use super::moment::Calls::{self, Both, Stream, Whole};
use super::moment::Moment::{self, BeforeBody, BeforeHead, Within};
use super::moment::Timer;
use super::outcome::{Alone, End};

pub struct Row {
    pub fault: Fault,
    pub calls: Calls,
    pub moment: Moment,
    pub ended_by: Timer,
    pub alone: Alone,
    /// Whether another candidate, where there is one, is asked and serves.
    pub spare_serves: bool,
}

const fn row(fault: Fault, calls: Calls, moment: Moment, alone: Alone) -> Row {
    Row { fault, calls, moment, ended_by: Timer::None, alone, spare_serves: false }
}

impl Row {
    const fn by(self, ended_by: Timer) -> Self {
        Self { ended_by, ..self }
    }

    /// Another candidate serves.
    const fn spared(self) -> Self {
        Self { spare_serves: true, ..self }
    }
}

/// Asked once, and not again.
const fn error(status: u16, code: &'static str) -> Alone {
    Alone { end: End::Error { status, code, retry_after: None }, attempts: 1, asked: 1 }
}

/// Asked again once, as `retries = 1` says.
const fn twice(alone: Alone) -> Alone {
    Alone { attempts: 2, asked: 2, ..alone }
}

/// No request reached it.
const fn unasked(alone: Alone) -> Alone {
    Alone { asked: 0, ..alone }
}

const fn waits(status: u16, code: &'static str) -> Alone {
    let end = End::Error { status, code, retry_after: Some("7") };
    Alone { end, attempts: 1, asked: 1 }
}

const fn broken(status: u16, code: &'static str) -> Alone {
    Alone { end: End::Broken { status, code }, attempts: 1, asked: 1 }
}

const fn left(read_a_chunk: bool) -> Alone {
    Alone { end: End::Left { read_a_chunk }, attempts: 1, asked: 1 }
}

const GOOD: Alone = Alone { end: End::Good, attempts: 1, asked: 1 };

const UNREACHABLE: Alone = unasked(twice(error(502, "upstream_unreachable")));
const CLOSED: Alone = twice(error(502, "upstream_closed"));
const SLOW: Alone = error(504, "upstream_timeout");
const BAD: Alone = error(502, "upstream_bad_answer");
const IN_STREAM: Alone = error(502, "upstream_stream_error");
const DEADLINE: Alone = error(504, "deadline_exceeded");
const REJECTED: Alone = error(400, "upstream_rejected_request");
const KEY: Alone = error(502, "upstream_refused_key");
const BILLING: Alone = error(502, "upstream_billing");
const NOT_FOUND: Alone = error(404, "upstream_not_found");
const TIMEOUT: Alone = twice(error(504, "upstream_timeout"));
const LARGE: Alone = error(413, "request_too_large");
const LIMITED: Alone = twice(error(429, "upstream_rate_limited"));
const BROKEN: Alone = twice(error(502, "upstream_error"));
const OVERLOADED: Alone = twice(error(503, "upstream_overloaded"));

#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    row(Refused, Both, BeforeHead, UNREACHABLE).spared(),
    row(Unanswered, Both, BeforeHead, unasked(twice(SLOW))).by(Timer::Connect).spared(),
    row(NoTls, Both, BeforeHead, UNREACHABLE).spared(),
    row(UntrustedCertificate, Both, BeforeHead, UNREACHABLE).spared(),

    row(Reset, Both, BeforeHead, CLOSED).spared(),
    row(Reset, Both, BeforeBody, CLOSED).spared(),
    row(Reset, Whole, Within, CLOSED).spared(),
    row(Reset, Stream, Within, broken(502, "upstream_closed")),
    row(Closed, Both, BeforeHead, CLOSED).spared(),
    row(Closed, Both, BeforeBody, CLOSED).spared(),
    row(Closed, Whole, Within, CLOSED).spared(),
    row(Closed, Stream, Within, broken(502, "upstream_closed")),
    row(Garbage, Both, BeforeHead, BAD).spared(),
    row(Garbage, Both, BeforeBody, BAD).spared(),
    row(Garbage, Whole, Within, BAD).spared(),
    row(Garbage, Stream, Within, broken(502, "upstream_bad_answer")),

    row(Stall, Both, BeforeHead, SLOW).by(Timer::Head).spared(),
    row(Stall, Whole, BeforeBody, SLOW).by(Timer::Idle).spared(),
    row(Stall, Stream, BeforeBody, TIMEOUT).by(Timer::FirstChunk).spared(),
    row(Stall, Whole, Within, SLOW).by(Timer::Idle).spared(),
    row(Stall, Stream, Within, broken(504, "upstream_timeout")).by(Timer::Idle),
    row(SlowDrip, Both, BeforeHead, SLOW).by(Timer::Head).spared(),
    row(SlowDrip, Whole, BeforeBody, SLOW).by(Timer::Idle).spared(),
    row(SlowDrip, Stream, BeforeBody, TIMEOUT).by(Timer::FirstChunk).spared(),
    row(SlowDrip, Whole, Within, SLOW).by(Timer::Idle).spared(),
    row(SlowDrip, Stream, Within, broken(504, "upstream_timeout")).by(Timer::Idle),
    row(EndlessDrip, Both, BeforeHead, SLOW).by(Timer::Head).spared(),
    row(EndlessDrip, Stream, BeforeBody, TIMEOUT).by(Timer::FirstChunk).spared(),
    row(EndlessDrip, Whole, BeforeBody, DEADLINE).by(Timer::Deadline),
    row(EndlessDrip, Whole, Within, DEADLINE).by(Timer::Deadline),

    row(Status(400), Both, BeforeHead, REJECTED),
    row(Status(401), Both, BeforeHead, KEY).spared(),
    row(Status(402), Both, BeforeHead, BILLING).spared(),
    row(Status(403), Both, BeforeHead, KEY).spared(),
    row(Status(404), Both, BeforeHead, NOT_FOUND).spared(),
    row(Status(408), Both, BeforeHead, TIMEOUT).spared(),
    row(Status(409), Both, BeforeHead, BROKEN).spared(),
    row(Status(413), Both, BeforeHead, LARGE),
    row(Status(422), Both, BeforeHead, REJECTED),
    row(Status(429), Both, BeforeHead, LIMITED).spared(),
    row(StatusWithRetryAfter(429), Both, BeforeHead, waits(429, "upstream_rate_limited")).spared(),
    row(Status(500), Both, BeforeHead, BROKEN).spared(),
    row(Status(502), Both, BeforeHead, BROKEN).spared(),
    row(Status(503), Both, BeforeHead, OVERLOADED).spared(),
    row(StatusWithRetryAfter(503), Both, BeforeHead, waits(503, "upstream_overloaded")).spared(),
    row(Status(504), Both, BeforeHead, TIMEOUT).spared(),
    row(Status(529), Both, BeforeHead, OVERLOADED).spared(),
    row(HtmlWith(502), Both, BeforeHead, BROKEN).spared(),

    row(HtmlWith(200), Both, BeforeBody, BAD).spared(),
    row(ErrorBody, Both, BeforeBody, BAD).spared(),
    row(EmptyBody, Both, BeforeBody, BAD).spared(),
    row(NoJson, Both, BeforeBody, BAD).spared(),
    row(NoJson, Stream, Within, broken(502, "upstream_bad_answer")),
    row(CutJson, Both, BeforeBody, BAD).spared(),
    row(Oversized, Both, BeforeBody, BAD).spared(),
    row(Oversized, Stream, Within, broken(502, "upstream_bad_answer")),
    row(OtherKind, Both, BeforeBody, BAD).spared(),
    row(HalfEvent, Stream, BeforeBody, CLOSED).spared(),
    row(HalfEvent, Stream, Within, broken(502, "upstream_closed")),
    row(NoEnd, Stream, BeforeBody, CLOSED).spared(),
    row(NoEnd, Stream, Within, broken(502, "upstream_closed")),
    row(NoDone, Stream, Within, GOOD),
    row(ErrorEvent, Stream, BeforeBody, IN_STREAM).spared(),
    row(ErrorEvent, Stream, Within, broken(502, "upstream_stream_error")),
    row(NamedErrorEvent, Stream, BeforeBody, IN_STREAM).spared(),
    row(NamedErrorEvent, Stream, Within, broken(502, "upstream_stream_error")),
    row(ErrorInChoice, Whole, BeforeBody, BAD).spared(),
    row(ErrorInChoice, Stream, BeforeBody, IN_STREAM).spared(),
    row(ErrorInChoice, Stream, Within, broken(502, "upstream_stream_error")),
    row(ErrorObject, Whole, BeforeBody, BAD).spared(),
    row(ErrorObject, Stream, BeforeBody, IN_STREAM).spared(),
    row(ErrorObject, Stream, Within, broken(502, "upstream_stream_error")),
    row(BareError, Whole, BeforeBody, BAD).spared(),
    row(BareError, Stream, BeforeBody, IN_STREAM).spared(),
    row(BareError, Stream, Within, broken(502, "upstream_stream_error")),
    row(NoChoices, Both, BeforeBody, BAD).spared(),
    row(GaveUp, Both, BeforeBody, twice(error(502, "upstream_gave_up"))).spared(),
    row(DoneAlone, Stream, BeforeBody, BAD).spared(),
    row(DoneAlone, Stream, Within, broken(502, "upstream_bad_answer")),

    row(Leaves(Fin), Both, BeforeHead, left(false)),
    row(Leaves(Fin), Both, BeforeBody, left(false)),
    row(Leaves(Fin), Whole, Within, left(false)),
    row(Leaves(Fin), Stream, Within, left(true)),
    row(Leaves(Rst), Both, BeforeHead, left(false)),
    row(Leaves(Rst), Both, BeforeBody, left(false)),
    row(Leaves(Rst), Whole, Within, left(false)),
    row(Leaves(Rst), Stream, Within, left(true)),
];
