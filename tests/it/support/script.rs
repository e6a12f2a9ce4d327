//! What a scripted upstream does with one request: an answer, and where it goes wrong.
//!
//! A script keeps head, body and mishaps apart and becomes steps only when it is played, so that its modifiers may be
//! called in any order. The answers are those of an OpenAI-compatible provider.
#![allow(dead_code, reason = "no single test needs all of it")]

use std::time::Duration;

const CHUNK_START: &str =
    r#"{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"gpt-x""#;
const CHAT_START: &str =
    r#"{"id":"chatcmpl-1","object":"chat.completion","created":1700000000,"model":"gpt-x""#;

/// One act of the upstream. Nothing after `SendForever`, `Stall`, `Close` or `Reset` is played.
#[derive(Clone, Debug)]
pub enum Step {
    Send(Vec<u8>),
    /// The bytes in writes of `chunk` bytes, about 200 µs apart.
    Drip {
        bytes: Vec<u8>,
        chunk: usize,
    },
    /// The same bytes again and again, as fast as the peer takes them.
    SendForever(Vec<u8>),
    Pause(Duration),
    /// Silence until the peer closes or the upstream is dropped.
    Stall,
    /// FIN.
    Close,
    /// RST.
    Reset,
    /// Goes on at `Upstream::proceed`; one call lets one wait pass, also when it came first.
    WaitForSignal,
}

/// How the end of the body is told to the peer.
#[derive(Clone, Copy, Debug)]
enum Framing {
    Length,
    Chunked,
    UntilClose,
}

#[derive(Clone, Debug)]
pub struct Script {
    before_head: Vec<Step>,
    /// `None` for a script that is steps and nothing else.
    status: Option<u16>,
    headers: Vec<(String, String)>,
    framing: Framing,
    /// Frames, for a stream; otherwise at most one piece.
    pieces: Vec<Vec<u8>>,
    /// Steps to take when so many pieces have been sent.
    interruptions: Vec<(usize, Step)>,
    /// The piece, counted from 1, of which only half is sent, and the steps after that.
    cut: Option<(usize, Vec<Step>)>,
    after: Vec<Step>,
    drip: Option<usize>,
}

impl Script {
    /// A complete `chat.completion` that says `text`; 9 prompt and 3 completion tokens.
    pub fn chat(text: &str) -> Self {
        let text = serde_json::to_string(text).unwrap();
        Self::chat_body(&format!(
            r#"{CHAT_START},"choices":[{{"index":0,"message":{{"role":"assistant","content":{text}}},"finish_reason":"stop"}}],"usage":{{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}}}}"#
        ))
    }

    /// 200 with exactly this JSON.
    pub fn chat_body(json: &str) -> Self {
        Self::status(200).json(json)
    }

    /// An answer without a body, until `json` or `body` gives it one.
    pub fn status(code: u16) -> Self {
        Self {
            before_head: Vec::new(),
            status: Some(code),
            headers: Vec::new(),
            framing: Framing::Length,
            pieces: Vec::new(),
            interruptions: Vec::new(),
            cut: None,
            after: Vec::new(),
            drip: None,
        }
    }

    /// A chat stream: role, one frame a text, finish, usage (9 prompt tokens, one completion token a text), `[DONE]`.
    pub fn stream(texts: &[&str]) -> Self {
        let delta = |delta: &str, finish: &str| {
            format!(
                "data: {CHUNK_START},\"choices\":[{{\"index\":0,\"delta\":{delta},\"finish_reason\":{finish}}}],\"usage\":null}}\n\n"
            )
        };
        let mut frames = vec![delta(r#"{"role":"assistant","content":""}"#, "null")];
        for text in texts {
            let text = serde_json::to_string(text).unwrap();
            frames.push(delta(&format!(r#"{{"content":{text}}}"#), "null"));
        }
        frames.push(delta("{}", r#""stop""#));
        let (completion, total) = (texts.len(), 9 + texts.len());
        frames.push(format!(
            "data: {CHUNK_START},\"choices\":[],\"usage\":{{\"prompt_tokens\":9,\"completion_tokens\":{completion},\"total_tokens\":{total}}}}}\n\n"
        ));
        frames.push("data: [DONE]\n\n".to_owned());
        Self::stream_frames(&frames)
    }

    /// An event stream of exactly these bytes, each piece in a transfer chunk of its own.
    pub fn stream_frames(frames: &[impl AsRef<[u8]>]) -> Self {
        let pieces: Vec<Vec<u8>> = frames.iter().map(|frame| frame.as_ref().to_vec()).collect();
        assert!(
            pieces.iter().all(|piece| !piece.is_empty()),
            "an empty frame would end the chunked body"
        );
        let mut script = Self::status(200)
            .header("content-type", "text/event-stream")
            .header("cache-control", "no-cache");
        script.framing = Framing::Chunked;
        script.pieces = pieces;
        script
    }

    /// Reads the request and closes without a byte.
    pub fn refuse_at_once() -> Self {
        Self::exactly(vec![Step::Close])
    }

    /// These steps and no answer but what they send: for heads that are not HTTP.
    pub fn exactly(steps: Vec<Step>) -> Self {
        Self { status: None, before_head: steps, ..Self::status(200) }
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn json(self, json: &str) -> Self {
        self.body("application/json", json)
    }

    pub fn body(mut self, content_type: &str, bytes: impl AsRef<[u8]>) -> Self {
        self.framing = Framing::Length;
        self.pieces = vec![bytes.as_ref().to_vec()];
        self.header("content-type", content_type)
    }

    /// Each of these in a transfer chunk of its own.
    pub fn pieces(mut self, pieces: &[impl AsRef<[u8]>]) -> Self {
        self.framing = Framing::Chunked;
        self.pieces = pieces.iter().map(|piece| piece.as_ref().to_vec()).collect();
        self
    }

    /// Neither length nor chunks: the body ends with the connection.
    pub fn until_close(mut self) -> Self {
        self.framing = Framing::UntilClose;
        self
    }

    /// In transfer chunks, each piece one.
    pub fn chunked(mut self) -> Self {
        self.framing = Framing::Chunked;
        self
    }

    pub fn before_head(mut self, step: Step) -> Self {
        self.before_head.push(step);
        self
    }

    /// A step after the whole answer.
    pub fn then(mut self, step: Step) -> Self {
        self.after.push(step);
        self
    }

    /// A step once `frames` frames are sent, from 0 (after the head) to all (before the end of the body).
    pub fn after_frames(mut self, frames: usize, step: Step) -> Self {
        assert!(
            frames <= self.pieces.len(),
            "no {frames} frames in this script, only {}",
            self.pieces.len()
        );
        self.interruptions.push((frames, step));
        self
    }

    /// Frame `nth`, counted from 1, without end in place of all that would have followed.
    pub fn repeat_frame(self, nth: usize) -> Self {
        let Step::Send(frame) = self.framed(&self.pieces[nth - 1]) else {
            unreachable!("a piece is sent")
        };
        self.after_frames(nth, Step::SendForever(frame))
    }

    pub fn stall_after_frames(self, frames: usize) -> Self {
        self.after_frames(frames, Step::Stall)
    }

    pub fn reset_after_frames(self, frames: usize) -> Self {
        self.after_frames(frames, Step::Reset)
    }

    pub fn close_after_frames(self, frames: usize) -> Self {
        self.after_frames(frames, Step::Close)
    }

    /// Sends the first half of frame `nth`, counted from 1, in a whole transfer chunk; then FIN without the last chunk.
    pub fn cut_frame_in_half(self, nth: usize) -> Self {
        self.break_off_in_frame(nth, vec![Step::Close])
    }

    /// The same, and these steps in place of the FIN and of all that would have followed.
    pub fn break_off_in_frame(mut self, nth: usize, steps: Vec<Step>) -> Self {
        assert!(
            (1..=self.pieces.len()).contains(&nth),
            "no frame {nth} in this script, only 1..={}",
            self.pieces.len()
        );
        self.cut = Some((nth, steps));
        self
    }

    /// Every send in writes of `chunk` bytes.
    pub fn drip(mut self, chunk: usize) -> Self {
        assert!(chunk > 0, "a drip of nothing never ends");
        self.drip = Some(chunk);
        self
    }

    pub fn into_steps(self) -> Vec<Step> {
        let mut steps = self.before_head.clone();
        if let Some(status) = self.status {
            steps.push(Step::Send(self.head(status)));
            steps.extend(self.body_steps());
        }
        steps.extend(self.after);
        let Some(chunk) = self.drip else { return steps };
        let dripped = |step| match step {
            Step::Send(bytes) => Step::Drip { bytes, chunk },
            other => other,
        };
        steps.into_iter().map(dripped).collect()
    }

    fn head(&self, status: u16) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {status} Scripted\r\n");
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        match self.framing {
            Framing::Length if matches!(status, 204 | 304) => {}
            Framing::Length => {
                let length: usize = self.pieces.iter().map(Vec::len).sum();
                head.push_str(&format!("content-length: {length}\r\n"));
            }
            Framing::Chunked => head.push_str("transfer-encoding: chunked\r\n"),
            Framing::UntilClose => head.push_str("connection: close\r\n"),
        }
        head.push_str("\r\n");
        head.into_bytes()
    }

    fn body_steps(&self) -> Vec<Step> {
        let mut steps = self.interruptions_after(0);
        for (nth, piece) in (1..).zip(&self.pieces) {
            if let Some((cut, then)) = &self.cut
                && *cut == nth
            {
                steps.push(self.framed(&piece[..piece.len() / 2]));
                steps.extend(then.iter().cloned());
                return steps;
            }
            steps.push(self.framed(piece));
            steps.extend(self.interruptions_after(nth));
        }
        match self.framing {
            Framing::Length => {}
            Framing::Chunked => steps.push(Step::Send(b"0\r\n\r\n".to_vec())),
            Framing::UntilClose => steps.push(Step::Close),
        }
        steps
    }

    fn interruptions_after(&self, sent: usize) -> Vec<Step> {
        self.interruptions
            .iter()
            .filter(|(after, _)| *after == sent)
            .map(|(_, step)| step.clone())
            .collect()
    }

    fn framed(&self, piece: &[u8]) -> Step {
        match self.framing {
            Framing::Length | Framing::UntilClose => Step::Send(piece.to_vec()),
            // Half of a one-byte frame is nothing, and an empty chunk would end the body well.
            Framing::Chunked if piece.is_empty() => Step::Send(Vec::new()),
            Framing::Chunked => {
                let size = format!("{:x}\r\n", piece.len());
                Step::Send([size.as_bytes(), piece, b"\r\n"].concat())
            }
        }
    }
}
