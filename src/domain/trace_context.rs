//! W3C Trace Context: the trace that a call belongs to, as `traceparent` and `tracestate` carry it.
//!
//! Source: <https://www.w3.org/TR/trace-context-2/>.

use std::fmt;
use std::sync::Arc;

pub const PARENT: &str = "traceparent";
pub const STATE: &str = "tracestate";

/// A flag of [`TraceContext::flags`]: the caller records its trace.
pub const SAMPLED: u8 = 1;

/// The trace's id is random in its last 7 bytes.
const RANDOM: u8 = 2;

/// Never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceId(u128);

/// Never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpanId(u64);

impl TraceId {
    pub fn random() -> Self {
        Self(fastrand::u128(1..))
    }

    /// Whether a share of `ratio` of all traces holds this one. The same trace gives the same
    /// answer everywhere.
    #[expect(clippy::cast_precision_loss, reason = "53 bits are exact")]
    pub fn is_within(self, ratio: f64) -> bool {
        // The upper ones of the last 7 bytes, which are random.
        const RANDOM_BITS: u128 = (1 << 56) - 1;
        let place = u64::try_from((self.0 & RANDOM_BITS) >> 3).unwrap_or(u64::MAX);
        (place as f64) < ratio * (1u64 << 53) as f64
    }
}

impl SpanId {
    pub fn random() -> Self {
        Self(fastrand::u64(1..))
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:032x}", self.0)
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:016x}", self.0)
    }
}

/// Where in which trace a call comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceContext {
    pub trace_id: TraceId,
    /// The caller's span.
    pub span_id: SpanId,
    pub flags: u8,
    /// As it came, from another process.
    pub received: Option<Arc<str>>,
    pub state: Option<Arc<str>>,
}

/// The two headers as they go out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceHeaders {
    pub parent: Arc<str>,
    pub state: Option<Arc<str>>,
}

impl TraceContext {
    /// Reads the values of both headers, each `None` where it is not text. `None` unless there is
    /// one `traceparent` and it is well-formed; a `tracestate` that is not is dropped alone.
    pub fn read<'v>(
        mut parents: impl Iterator<Item = Option<&'v str>>,
        states: impl Iterator<Item = Option<&'v str>>,
    ) -> Option<Self> {
        let parent = parents.next()??;
        if parents.next().is_some() {
            return None;
        }
        let (trace_id, span_id, flags) = parse(parent)?;
        let (received, state) = (Some(parent.into()), read_state(states));
        Some(Self { trace_id, span_id, flags, received, state })
    }

    pub fn is_sampled(&self) -> bool {
        self.flags & SAMPLED != 0
    }

    /// The headers for whoever is called from `span`.
    pub fn headers(&self, span: SpanId) -> TraceHeaders {
        // Flags that this version does not know are not passed on.
        let flags = self.flags & (SAMPLED | RANDOM);
        let parent = format!("00-{}-{span}-{flags:02x}", self.trace_id);
        TraceHeaders { parent: parent.into(), state: self.state.clone() }
    }

    /// The headers as they came.
    pub fn as_received(&self) -> Option<TraceHeaders> {
        Some(TraceHeaders { parent: self.received.clone()?, state: self.state.clone() })
    }
}

/// `00-<trace>-<span>-<flags>` in lowercase hexadecimal digits. A later version may go on after a
/// further `-`.
fn parse(text: &str) -> Option<(TraceId, SpanId, u8)> {
    const LENGTH: usize = 55;
    let (known, rest) = text.split_at_checked(LENGTH)?;
    let mut parts = known.split('-');
    let mut next = |digits| parts.next().filter(|part| is_hex(part, digits));
    let (version, trace, span, flags) = (next(2)?, next(32)?, next(16)?, next(2)?);
    let is_ended = match version {
        "ff" => false,
        "00" => rest.is_empty(),
        _ => rest.is_empty() || rest.starts_with('-'),
    };
    if !is_ended {
        return None;
    }
    let trace = u128::from_str_radix(trace, 16).ok().filter(|id| *id != 0)?;
    let span = u64::from_str_radix(span, 16).ok().filter(|id| *id != 0)?;
    Some((TraceId(trace), SpanId(span), u8::from_str_radix(flags, 16).ok()?))
}

fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Up to 32 members `key=value` over all lines, in their order. `None` where one is malformed, or
/// they are longer than the 512 characters that have to be passed on.
fn read_state<'v>(lines: impl Iterator<Item = Option<&'v str>>) -> Option<Arc<str>> {
    const MOST_MEMBERS: usize = 32;
    const LONGEST: usize = 512;
    let mut state = String::new();
    let mut count = 0;
    for line in lines {
        for member in line?.split(',') {
            let member = member.trim_matches([' ', '\t']);
            if member.is_empty() {
                continue;
            }
            count += 1;
            if !is_member(member) || count > MOST_MEMBERS {
                return None;
            }
            if !state.is_empty() {
                state.push(',');
            }
            state.push_str(member);
            if state.len() > LONGEST {
                return None;
            }
        }
    }
    (!state.is_empty()).then(|| state.into())
}

fn is_member(member: &str) -> bool {
    const LONGEST: usize = 256;
    let Some((key, value)) = member.split_once('=') else { return false };
    let is_key =
        |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'*' | b'/' | b'@');
    let begins =
        key.starts_with(|first: char| first.is_ascii_lowercase() || first.is_ascii_digit());
    begins
        && key.len() <= LONGEST
        && key.bytes().all(is_key)
        && (1..=LONGEST).contains(&value.len())
        && value.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'=')
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn read(parents: &[&str], states: &[&str]) -> Option<TraceContext> {
        TraceContext::read(
            parents.iter().map(|text| Some(*text)),
            states.iter().map(|text| Some(*text)),
        )
    }

    #[test]
    fn a_context_is_read_and_goes_on_under_a_span_of_ours() {
        let context = read(&[GOOD], &["a=1, b@c=x y", "", "d=4"]).unwrap();
        assert_eq!(context.trace_id.to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(context.span_id.to_string(), "00f067aa0ba902b7");
        assert!(context.is_sampled());
        let headers = context.headers(SpanId(0xfeed));
        let expected = "00-4bf92f3577b34da6a3ce929d0e0e4736-000000000000feed-01";
        assert_eq!(
            (&*headers.parent, headers.state.as_deref()),
            (expected, Some("a=1,b@c=x y,d=4"))
        );
        assert_eq!(&*context.as_received().unwrap().parent, GOOD);
    }

    #[test]
    fn a_later_version_is_read_as_far_as_it_is_known() {
        for (text, flags) in [
            ("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", "00"),
            ("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-ff-more-to-come", "03"),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-03", "03"),
        ] {
            let headers = read(&[text], &[]).unwrap().headers(SpanId(1));
            let expected = format!("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000001-{flags}");
            assert_eq!(*headers.parent, *expected, "{text}");
        }
    }

    #[test]
    fn a_malformed_traceparent_is_none() {
        for text in [
            "",
            "-",
            "00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0x",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00F067AA0BA902B7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-000f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7+01",
            "00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "0f-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01x",
            "+0-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            " 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-é1",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902bé-01",
        ] {
            assert_eq!(read(&[text], &["a=1"]), None, "{text:?}");
        }
        assert_eq!(read(&[], &["a=1"]), None);
        assert_eq!(read(&[GOOD, GOOD], &[]), None, "twice");
        assert_eq!(TraceContext::read([None].into_iter(), [].into_iter()), None, "no text");
    }

    #[test]
    fn a_malformed_tracestate_is_dropped_alone() {
        let many = (0..33).map(|n| format!("k{n}=v")).collect::<Vec<_>>().join(",");
        let long = format!("a={}", "x".repeat(257));
        let longer = ["a", "b", "c"].map(|key| format!("{key}={}", "x".repeat(250))).join(",");
        for state in
            ["a", "A=1", "=1", "a=", "a=1,b", "a=b=c", "a b=1", "é=1", "a=é", &many, &long, &longer]
        {
            let context = read(&[GOOD], &[state]).unwrap();
            assert_eq!(context.state, None, "{state}");
        }
        let fits = (0..32).map(|n| format!("k{n}=v")).collect::<Vec<_>>().join(",");
        assert_eq!(read(&[GOOD], &[&fits]).unwrap().state.as_deref(), Some(fits.as_str()));
        let no_text = TraceContext::read([Some(GOOD)].into_iter(), [Some("a=1"), None].into_iter());
        assert_eq!(no_text.unwrap().state, None);
    }

    #[test]
    fn a_share_of_all_traces_is_the_same_for_the_same_trace() {
        let ids: Vec<TraceId> = (0..10_000).map(|_| TraceId::random()).collect();
        let within = |ratio| ids.iter().filter(|id| id.is_within(ratio)).count();
        assert_eq!((within(0.0), within(1.0)), (0, 10_000));
        let quarter = within(0.25);
        assert!((2_000..3_000).contains(&quarter), "{quarter}");
        assert!(ids.iter().all(|id| !id.is_within(0.25) || id.is_within(0.5)));
    }
}
