//! What the upstream plays for a fault.

use std::time::Duration;

use super::fault::Fault;
use super::moment::Moment;
use crate::support::{Script, Step};

/// What a call says whose upstream is sound; a stream says it in two chunks.
pub const SOUND: &str = "ab";

/// The frames of a stream before [`Moment::Within`]: the role and the `a`.
pub const FRAMES_BEFORE: usize = 2;

const GAP: Duration = Duration::from_millis(20);

/// Beyond every short timer, within every other.
const LATE: Duration = Duration::from_secs(5);

const ERROR: &str = r#"{"error":{"message":"the upstream's words","type":"t","code":"c"}}"#;
const ERROR_OBJECT: &str = r#"{"object":"error","message":"the upstream's words","code":500}"#;
const BARE_ERROR: &str = r#"{"code":500,"message":"the upstream's words"}"#;
const PAGE: &str = "<html><body>Bad Gateway</body></html>";

/// More than a whole answer may have, and more than a frame.
const MEBIBYTE: usize = 1024 * 1024;
const TOO_MANY: usize = 65;
const FRAME_TOO_LONG: usize = 17;

pub fn sound(is_stream: bool) -> Script {
    if is_stream { Script::stream(&["a", "b"]) } else { Script::chat(SOUND) }
}

pub fn script(fault: Fault, is_stream: bool, moment: Moment) -> Script {
    let broken = |steps: Vec<Step>| break_off(sound(is_stream), is_stream, moment, steps);
    match fault {
        Fault::Refused | Fault::Unanswered | Fault::NoTls | Fault::UntrustedCertificate => {
            sound(is_stream)
        }
        Fault::Reset => broken(vec![Step::Reset]),
        Fault::Closed => broken(vec![Step::Close]),
        Fault::Garbage => {
            let garbage = vec![send("nonsense\r\n\r\n"), Step::Stall];
            break_off(sound(is_stream).chunked(), is_stream, moment, garbage)
        }
        Fault::Stall | Fault::Leaves(_) => broken(vec![Step::Stall]),
        Fault::SlowDrip => broken(vec![Step::Pause(LATE), send("H"), Step::Pause(LATE)]),
        Fault::EndlessDrip => match moment {
            // One endless header.
            Moment::BeforeHead => broken(dripping("HTTP/1.1 200 OK\r\nx: ", "x")),
            // White space, and comments.
            Moment::BeforeBody | Moment::Within => {
                let piece = if is_stream { "4\r\n: \n\n\r\n" } else { "1\r\n \r\n" };
                break_off(sound(is_stream).chunked(), is_stream, moment, dripping("", piece))
            }
        },
        Fault::Status(status) => Script::status(status).json(ERROR),
        Fault::StatusWithRetryAfter(status) => {
            Script::status(status).header("retry-after", "7").json(ERROR)
        }
        Fault::HtmlWith(status) => Script::status(status).body("text/html", PAGE),
        Fault::ErrorBody => Script::chat_body(ERROR),
        Fault::EmptyBody => Script::status(200).body("application/json", ""),
        Fault::NoJson if is_stream => said(moment, "data: nonsense\n\n"),
        Fault::NoJson => Script::chat_body("nonsense"),
        Fault::CutJson => Script::chat_body(r#"{"choices":[{"message":{"con"#),
        Fault::Oversized if is_stream => {
            let half = format!("data: {}", "x".repeat(FRAME_TOO_LONG * MEBIBYTE));
            said(moment, &half)
        }
        // What it announces is enough to know.
        Fault::Oversized => {
            let length = (TOO_MANY * MEBIBYTE).to_string();
            Script::status(200).until_close().header("content-length", &length).then(Step::Stall)
        }
        Fault::HalfEvent => said(moment, "data: {\"choices\":[{\"del"),
        Fault::NoEnd => said(moment, ": the end\n\n"),
        Fault::NoDone => said(
            moment,
            "data: {\"choices\":[{\"delta\":{\"content\":\"b\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2,\"total_tokens\":11}}\n\n",
        ),
        Fault::ErrorEvent => said(moment, &format!("data: {ERROR}\n\n")),
        Fault::NamedErrorEvent => said(moment, "event: error\ndata: the upstream's words\n\n"),
        Fault::ErrorInChoice => said_last(
            is_stream,
            moment,
            r#""finish_reason":"error","error":{"message":"oh","code":502}"#,
        ),
        Fault::ErrorObject if is_stream => said(moment, &format!("data: {ERROR_OBJECT}\n\n")),
        Fault::ErrorObject => Script::chat_body(ERROR_OBJECT),
        Fault::BareError if is_stream => said(moment, &format!("data: {BARE_ERROR}\n\n")),
        Fault::BareError => Script::chat_body(BARE_ERROR),
        Fault::NoChoices if is_stream => {
            said(moment, "data: {\"choices\":[]}\n\ndata: {\"choices\":[]}\n\ndata: [DONE]\n\n")
        }
        Fault::NoChoices => Script::chat_body(r#"{"object":"chat.completion","choices":[]}"#),
        Fault::GaveUp => said_last(is_stream, moment, r#""finish_reason":"of_tomorrow""#),
        Fault::DoneAlone => said(moment, "data: [DONE]\n\n"),
        Fault::OtherKind => sound(!is_stream),
    }
}

fn send(text: &str) -> Step {
    Step::Send(text.as_bytes().to_vec())
}

/// For longer than any test runs.
fn dripping(first: &str, piece: &str) -> Vec<Step> {
    let drops = std::iter::repeat_n([send(piece), Step::Pause(GAP)], 1_000);
    std::iter::once(send(first)).chain(drops.flatten()).collect()
}

/// The script up to that moment, and then the steps.
fn break_off(script: Script, is_stream: bool, moment: Moment, steps: Vec<Step>) -> Script {
    match moment {
        Moment::BeforeHead => Script::exactly(steps),
        Moment::BeforeBody => {
            steps.into_iter().fold(script, |script, step| script.after_frames(0, step))
        }
        Moment::Within if is_stream => {
            steps.into_iter().fold(script, |script, step| script.after_frames(FRAMES_BEFORE, step))
        }
        Moment::Within => script.break_off_in_frame(1, steps),
    }
}

/// An answer without content whose choice has these members; of a stream, its last chunk.
fn said_last(is_stream: bool, moment: Moment, members: &str) -> Script {
    if !is_stream {
        let message = r#""message":{"role":"assistant","content":""}"#;
        return Script::chat_body(&format!("{{\"choices\":[{{{message},{members}}}]}}"));
    }
    let role = r#"{"choices":[{"delta":{"role":"assistant","content":""}}]}"#;
    let last = format!("{{\"choices\":[{{\"delta\":{{}},{members}}}]}}");
    said(moment, &format!("data: {role}\n\ndata: {last}\n\ndata: [DONE]\n\n"))
}

/// A stream that says this at that moment, and then ends as HTTP wants it.
fn said(moment: Moment, last: &str) -> Script {
    let chunk = |delta: &str| format!("data: {{\"choices\":[{{\"delta\":{{{delta}}}}}]}}\n\n");
    let mut frames = match moment {
        Moment::Within => vec![chunk("\"role\":\"assistant\""), chunk("\"content\":\"a\"")],
        Moment::BeforeHead | Moment::BeforeBody => Vec::new(),
    };
    frames.push(last.to_owned());
    Script::stream_frames(&frames)
}
