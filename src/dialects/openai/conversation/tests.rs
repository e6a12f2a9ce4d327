use super::*;
use crate::dialects::openai::body;
use serde_json::{Value, json};

fn body(members: Value) -> JsonBody {
    let mut all = json!({"messages": [{"role": "user", "content": "hi"}]});
    all.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    body::parse(all.to_string().into()).unwrap()
}

fn id(members: Value, session: Option<&str>, caller: Option<&str>) -> u64 {
    seed(&body(members), Beginning::OF_CHAT, session, caller)
}

fn alone(members: Value) -> u64 {
    id(members, None, None)
}

#[test]
fn the_first_name_that_says_something_is_what_counts() {
    let other = json!([{"role": "user", "content": "something else"}]);
    let names = [
        ("prompt_cache_key", json!("a")),
        ("session_id", json!("b")),
        ("metadata", json!({"user_id": "c"})),
        ("user", json!("d")),
    ];
    for (place, (name, value)) in names.iter().enumerate() {
        let mut members = json!({ (*name): value });
        let expected = alone(members.clone());
        for (later, value) in &names[place..] {
            members[*later] = value.clone();
        }
        members["messages"] = other.clone();
        assert_eq!(alone(members.clone()), expected, "{name} before all that follow");
        for nothing in [json!(""), json!(null), json!({}), json!(7)] {
            let (members, without) = (json!({ (*name): nothing }), alone(json!({})));
            if *name != "user" || nothing.is_null() || nothing == "" {
                assert_eq!(alone(members), without, "{name} that says nothing");
            }
        }
    }
    let by_header = id(json!({}), Some("s"), None);
    assert_eq!(id(json!({"session_id": "t", "user": "u"}), Some("s"), None), by_header);
    assert_eq!(alone(json!({"session_id": "s"})), by_header);
    assert_ne!(id(json!({"prompt_cache_key": "s"}), Some("s"), None), by_header);
    assert_eq!(id(json!({}), Some(""), None), alone(json!({})));
}

#[test]
fn two_callers_never_share_a_conversation() {
    for members in [json!({"user": "u"}), json!({})] {
        let ids =
            [None, Some("one"), Some("other")].map(|caller| id(members.clone(), None, caller));
        assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2], "{ids:?}");
    }
}

#[test]
fn a_conversation_that_grows_stays_the_same() {
    let system = json!({"role": "system", "content": "be brief"});
    let first = json!({"role": "user", "content": "a \"first\" word"});
    let marked = json!({"role": "user", "content": [
        {"type": "text", "text": "a \"first\" word", "cache_control": {"type": "ephemeral"}},
    ]});
    let answer = json!({"role": "assistant", "content": "yes"});
    let late = json!({"role": "system", "content": "the user is in a hurry"});
    let short = alone(json!({"messages": [system, first]}));
    for longer in [
        json!([system, first, answer]),
        json!([system, first, answer, first, late, answer]),
        json!([system, marked, answer, first]),
        json!([system, answer, first]),
    ] {
        assert_eq!(alone(json!({"messages": longer})), short, "{longer}");
    }
    for (other, why) in [
        (json!([first]), "another system message"),
        (json!([system, answer]), "no message of the user"),
        (json!([system, {"role": "user", "content": "a word"}]), "another first message"),
        (json!([{"role": "developer", "content": "be brief"}, first]), "another role"),
    ] {
        assert_ne!(alone(json!({"messages": other})), short, "{why}");
    }
    let tools = json!([{"type": "function", "function": {"name": "f"}}]);
    assert_ne!(alone(json!({"messages": [system, first], "tools": tools})), short);
}

#[test]
fn an_image_belongs_to_the_first_message() {
    let with = |url: &str| {
        let image = json!({"type": "image_url", "image_url": {"url": url}});
        let text = json!({"type": "text", "text": "what is this?"});
        alone(json!({"messages": [{"role": "user", "content": [image, text]}]}))
    };
    assert_ne!(with("data:image/png;base64,AAAA"), with("data:image/png;base64,AAAB"));
    assert_eq!(with("data:image/png;base64,AAAA"), with("data:image/png;base64,AAAA"));
}
