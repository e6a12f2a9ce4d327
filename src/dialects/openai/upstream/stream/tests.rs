use super::*;
use crate::domain::chat::GaveUp;
use crate::domain::usage::Usage;

/// The bytes for the client, and the summary.
fn decode(pieces: &[&str], wants_usage: bool) -> (String, Summary) {
    let mut observer = Observer::new(wants_usage);
    let mut out = Vec::new();
    for piece in pieces {
        observer.push(Bytes::copy_from_slice(piece.as_bytes()), &mut out).unwrap();
    }
    observer.finish(&mut out).unwrap();
    (String::from_utf8(out.concat()).unwrap(), observer.summary().clone())
}

const CONTENT: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"},\"finish_reason\":null}],\"usage\":null}\n\n";
const FINISH: &str = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
const USAGE: &str =
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":1}}\n\n";
const DONE: &str = "data: [DONE]\n\n";

fn nine_and_one() -> Option<Usage> {
    Some(Usage { prompt: 9, completion: 1, total: 10, ..Usage::default() })
}

#[test]
fn an_error_that_is_no_json_is_still_told() {
    let mut out = Vec::new();
    let frame = b"data: {\"error\": \"`x` must be a dict, but is {(9,): \"it's\"}.\"}\n\n";
    let fault = Observer::new(false).push(Bytes::from_static(frame), &mut out).unwrap_err();
    let StreamFault::Upstream(error) = fault else { panic!("{fault:?}") };
    assert!(error.message.contains("must be a dict"), "{}", error.message);
}

#[test]
fn usage_that_was_not_asked_for_is_read_and_taken_out() {
    let whole = [CONTENT, FINISH, USAGE, DONE].concat();
    let (got, seen) = decode(&[&whole], false);
    assert_eq!(got, [CONTENT, FINISH, DONE].concat());
    assert_eq!((seen.usage, seen.finish_reason.as_deref()), (nine_and_one(), Some("stop")));
    assert_eq!((seen.tokens, seen.is_done), (3, true));

    let (got, seen) = decode(&[&whole], true);
    assert_eq!((got, seen.usage), (whole, nine_and_one()));
}

#[test]
fn usage_beside_content_is_cut_out_of_the_chunk() {
    let chunk = "data: {\"id\":1.50,\"choices\":[{\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":1}}\n\n";
    let (got, seen) = decode(&[chunk], false);
    assert_eq!(got, "data: {\"id\":1.50,\"choices\":[{\"finish_reason\":\"stop\"}]}\n\n");
    assert_eq!(seen.usage, nine_and_one());
}

#[test]
fn usage_that_cannot_be_read_costs_nobody_the_answer() {
    let odd = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"usage\":\"9\"}\n\n";
    let (got, seen) = decode(&[odd, FINISH, DONE], false);
    let told = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n";
    assert_eq!((got, seen.usage), ([told, FINISH, DONE].concat(), None));
    let empty = "data: {\"choices\":[],\"usage\":{}}\n\n";
    assert_eq!(decode(&[FINISH, USAGE, empty, DONE], true).1.usage, nine_and_one());
}

#[test]
fn a_usage_chunk_with_an_empty_delta_is_only_usage() {
    let chunk = "data: {\"choices\":[{\"delta\":{}}],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":1}}\n\n";
    assert_eq!(
        decode(&[chunk], false),
        (String::new(), Summary { usage: nine_and_one(), tokens: 1, ..Summary::default() })
    );
}

#[test]
fn split_at_every_byte_it_reads_the_same() {
    let whole = [": hi\n\n", CONTENT, FINISH, USAGE, DONE].concat();
    let expected = decode(&[&whole], false);
    for at in 0..whole.len() {
        let (one, other) = whole.split_at(at);
        assert_eq!(decode(&[one, other], false), expected, "split at {at}");
    }
}

#[test]
fn unchanged_frames_of_a_piece_go_on_as_one_slice_of_it() {
    let piece = Bytes::from([CONTENT, CONTENT, FINISH].concat());
    let mut out = Vec::new();
    Observer::new(false).push(piece.clone(), &mut out).unwrap();
    assert_eq!(out.len(), 1);
    assert_eq!((out[0].as_ptr(), out[0].len()), (piece.as_ptr(), piece.len()));
}

#[test]
fn a_last_frame_without_its_empty_line_counts() {
    let cut = USAGE.trim_end();
    assert_eq!(
        decode(&[CONTENT, cut], true),
        (
            format!("{CONTENT}{USAGE}"),
            Summary { usage: nine_and_one(), tokens: 2, has_content: true, ..Summary::default() }
        )
    );
}

#[test]
fn a_frame_cut_in_half_is_a_fault() {
    for cut in 7..CONTENT.len() - 2 {
        let mut observer = Observer::new(false);
        let mut out = Vec::new();
        observer.push(Bytes::copy_from_slice(&CONTENT.as_bytes()[..cut]), &mut out).unwrap();
        assert_eq!(observer.finish(&mut out), Err(StreamFault::Malformed), "cut at {cut}");
        assert_eq!(out.concat(), b"");
    }
}

#[test]
fn an_error_in_the_stream_is_told_apart_from_content_about_errors() {
    let about =
        "data: {\"choices\":[{\"delta\":{\"content\":\"\\\"error\\\": 1\"}}],\"error\":null}\n\n";
    assert_eq!(decode(&[about], false).0, about);
    let mut observer = Observer::new(false);
    let mut out = Vec::new();
    let error = Bytes::from(
        [CONTENT, "data: {\"error\":{\"message\":\"overloaded\",\"code\":503}}\n\n"].concat(),
    );
    let fault = observer.push(error, &mut out).unwrap_err();
    assert_eq!(fault.to_string(), "overloaded");
    assert_eq!(out.concat(), CONTENT.as_bytes());
}

#[test]
fn nothing_follows_done() {
    let end = [FINISH, DONE].concat();
    assert_eq!(decode(&[&[&end, CONTENT].concat()], false).0, end);
}

/// The fault of a stream, and the bytes before it.
fn fault(stream: &str) -> (String, StreamFault) {
    let mut observer = Observer::new(false);
    let mut out = Vec::new();
    let pushed = observer.push(Bytes::copy_from_slice(stream.as_bytes()), &mut out);
    let fault = pushed.and_then(|()| observer.finish(&mut out)).unwrap_err();
    (String::from_utf8(out.concat()).unwrap(), fault)
}

#[test]
fn every_way_to_tell_an_error_is_heard_at_the_start_and_after_content() {
    for frame in [
        "data: {\"error\":{\"message\":\"oh\"}}\n\n",
        "data: {\"error\":\"oh\"}\n\n",
        "data: {\"object\":\"error\",\"message\":\"oh\",\"choices\":[]}\n\n",
        "data: {\"code\":500,\"message\":\"oh\"}\n\n",
        "data: {\"statusCode\":500,\"msg\":\"oh\"}\n\n",
        "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"error\",\"error\":{\"message\":\"oh\"}}]}\n\n",
        "data: {\"choices\":[{\"delta\":{},\"error\":\"oh\"}]}\n\n",
        "event: error\ndata: {\"message\":\"oh\"}\n\n",
        "event: error\ndata: oh\n\n",
        "{\"error\":{\"message\":\"oh\"}}\n\n",
        "{\"code\":500,\"message\":\"oh\"}",
    ] {
        for before in ["", CONTENT] {
            let (got, fault) = fault(&[before, frame].concat());
            let StreamFault::Upstream(error) = fault else { panic!("{frame}: {fault:?}") };
            assert_eq!((error.message.as_str(), got.as_str()), ("oh", before), "{frame}");
        }
    }
}

#[test]
fn what_only_speaks_of_errors_is_none() {
    for chunk in [
        "data: {\"choices\":[{\"delta\":{\"content\":\"error\"}}]}\n\n",
        "data: {\"choices\":[{\"delta\":{\"content\":\"event: error\"}}],\"error\":{}}\n\n",
        "data: {\"status\":\"loading\",\"message\":\"50 %\"}\n\n",
        "event: message\ndata: {\"choices\":[]}\n\n",
    ] {
        let stream = [chunk, CONTENT, chunk, FINISH, DONE].concat();
        assert_eq!(decode(&[&stream], false).0, stream);
    }
}

#[test]
fn done_without_a_finish_reason_is_a_cut_stream() {
    assert_eq!(fault(&[CONTENT, DONE].concat()), (CONTENT.into(), StreamFault::Unfinished));
    let empty = "data: {\"choices\":[]}\n\n";
    assert_eq!(fault(&[empty, DONE].concat()), (empty.into(), StreamFault::Unfinished));
}

#[test]
fn a_model_that_gave_up_without_content_is_a_fault() {
    let role = "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n";
    let end = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"of_tomorrow\"}]}\n\n";
    let why = GaveUp { reason: "of_tomorrow".into(), message: None };
    assert_eq!(fault(&[role, end].concat()), (role.into(), StreamFault::GaveUp(why)));
    let said = [role, CONTENT, end, DONE].concat();
    assert_eq!(decode(&[&said], false).0, said);
}

#[test]
fn what_says_nothing_goes_no_further() {
    let noise = ": ping\n\ndata:\n\n\n\r\n\nid: 9\n\nretry: 1\n\nevent: ping\ndata: {}\n\n";
    let stream = [noise, CONTENT, noise, FINISH, noise, DONE].concat();
    let (got, seen) = decode(&[&stream], false);
    assert_eq!((got, seen.has_ids), ([CONTENT, FINISH, DONE].concat(), false));
    let numbered = format!("\nid: 1\n{CONTENT}");
    let (got, seen) = decode(&[&numbered], false);
    assert_eq!((got, seen.has_ids), (format!("id: 1\n{CONTENT}"), true));
}
