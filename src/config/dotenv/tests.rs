use super::*;

fn env(name: &str) -> Option<String> {
    (name == "HOME").then(|| String::from("/home/me"))
}

/// The value of `A`, or the problems.
fn value(line: &str) -> String {
    let found = read(line.as_bytes(), &env);
    found.get("A").unwrap_or_else(|| reported(&found))
}

fn reported(found: &Dotenv) -> String {
    found.problems.iter().map(|problem| format!("{problem}\n")).collect()
}

#[test]
fn values_are_read_like_dotenv_or_a_shell_reads_them() {
    for (line, expected) in [
        ("A=b", "b"),
        ("  export A = b ", "b"),
        ("export\tA=b", "b"),
        ("A=", ""),
        ("A= # empty", ""),
        ("A=sk-one, sk-two # two keys", "sk-one, sk-two"),
        ("A=a#b", "a#b"),
        ("A=\"a # b\" # c", "a # b"),
        ("A='a \\n $HOME ${HOME} \"'", "a \\n $HOME ${HOME} \""),
        ("A=\"a\\n\\t\\\"\\\\ \\$HOME \\d\"", "a\n\t\"\\ $HOME \\d"),
        ("A=$HOME/x ${HOME}/y", "/home/me/x /home/me/y"),
        ("A=\"${HOME}\"", "/home/me"),
        ("A=pa$$word$", "pa$$word$"),
        ("A=$2a$10$abc", "$2a$10$abc"),
        ("A=\\$HOME", "$HOME"),
        ("A=C:\\new\\table", "C:\\new\\table"),
        ("A=it's", "it's"),
        ("A={\"a\": 1}", "{\"a\": 1}"),
        ("A=a=b==", "a=b=="),
        ("A=${NONE:-fall back}", "fall back"),
        ("A=$(date) `date`", "$(date) `date`"),
        ("B='$HOME'\nA=${B}", "$HOME"),
        ("A=\"-----BEGIN\nAbc+/==\nAbc=\n-----END\"\n", "-----BEGIN\nAbc+/==\nAbc=\n-----END"),
        ("A='one\n\ntwo'", "one\n\ntwo"),
        ("A=\"a\\\nb\"", "ab"),
        ("A=schlüssel", "schlüssel"),
    ] {
        assert_eq!(value(line), expected, "{line}");
    }
}

#[test]
fn the_file_may_come_from_any_system() {
    let utf16 = |unit: fn(u16) -> [u8; 2]| {
        let text = "\u{feff}A=ä\r\nB=2\r\n".encode_utf16();
        text.flat_map(unit).collect::<Vec<u8>>()
    };
    for bytes in [
        "\u{feff}A=ä\r\nB=2\r\n".as_bytes(),
        "A=ä\rB=2".as_bytes(),
        b"# sch\xfcssel\nA=\xe4\nB=2",
        &utf16(u16::to_le_bytes),
        &utf16(u16::to_be_bytes),
    ] {
        let found = read(bytes, &env);
        assert_eq!([found.get("A"), found.get("B")], ["ä", "2"].map(|it| Some(it.to_owned())));
    }
    insta::assert_snapshot!(reported(&read(b"A=\xe4", &env)), @"1: A: is not UTF-8; read as Latin-1");
}

#[test]
fn a_bad_line_affects_no_other_and_its_value_is_not_shown() {
    for bad in [
        "A=\"sk-SECRET",
        "A='sk-SECRET",
        "A=\"sk-SECRET\", \"sk-SECRET\"",
        "A=\"sk-SECRET\"x",
        "A=sk-SECRET\0x",
        "A='sk-SECRET\0x'",
        "A=\"sk-SECRET\0x\"",
        "A=sk-SECRET\\",
        "A=sk-SECRET${",
        "A=sk-SECRET${a b}",
        "A=sk-SECRET${NOT_SET}",
        "sk-SECRET",
        "sk-SECRET=x",
        "A SECRET=x",
        "A-SECRET=x",
        "1=SECRET",
        "=SECRET",
        "source SECRET",
        "A: SECRET",
        "export SECRET",
    ] {
        for next in ["B_KEY=two", "B=two", "export B_KEY=two"] {
            let text = format!("C=three\n{bad}\n{next}\nD=\"four\"\n");
            let found = read(text.as_bytes(), &env);
            let names: Vec<&str> = found.variables.iter().map(|(it, _)| it.as_str()).collect();
            let name = next.trim_start_matches("export ").trim_end_matches("=two");
            assert_eq!(names, ["C", name, "D"], "{bad}");
            assert_eq!(found.problems.len(), 1, "{bad}");
            assert!(reported(&found).starts_with("2: "), "{bad}");
            assert!(!reported(&found).contains("SECRET"), "{bad}");
            assert!(!found.problems[0].may_concern_access, "{bad}");
        }
    }
}

#[test]
fn an_open_quote_swallows_no_other_variable() {
    let found = read(b"A=\"sk-one\nB_KEY=\"sk-two\"\nC=\"\nLLM_ROUTER_PORT=1\nD=\"\n", &env);
    assert_eq!(found.get("B_KEY").as_deref(), Some("sk-two"));
    assert_eq!(found.get("LLM_ROUTER_PORT").as_deref(), Some("1"));
    insta::assert_snapshot!(reported(&found), @r"
    1: A: ignored: its quote is not closed
    3: C: ignored: its quote is not closed
    5: D: ignored: its quote is not closed
    ");
}

#[test]
fn a_line_that_may_control_access_is_marked() {
    for (line, expected) in [
        ("LLM_ROUTER_REQUIRE_AUTH=\"true", true),
        ("LLM_ROUTER_API_KEYS=\"a\", \"b\"", true),
        ("LLM_ROUTER_API_KEYS sk-one", true),
        ("LLM-ROUTER-REQUIRE-AUTH=true", true),
        ("set LLM_ROUTER_ALLOW_LOCAL_WITHOUT_AUTH=false", true),
        ("require_auth: true", true),
        ("export LLM_ROUTER_API_KEYS", true),
        ("A=1 LLM_ROUTER_REQUIRE_AUTH=true", true),
        ("export LLM_ROUTER_REQUIRE_AUTH=true LLM_ROUTER_API_KEYS=sk-one", true),
        ("OPENAI_API_KEY=\"sk", false),
        ("hello world", false),
    ] {
        let problems = read(line.as_bytes(), &env).problems;
        assert_eq!(problems[0].may_concern_access, expected, "{line}");
    }
    let env = |name: &str| (name == "LLM_ROUTER_REQUIRE_AUTH").then(|| String::from("true"));
    let problems = read(b"LLM_ROUTER_REQUIRE_AUTH=\"true", &env).problems;
    assert!(!problems[0].may_concern_access, "the environment sets it, and wins");
}

#[test]
fn the_last_of_two_lines_counts_as_in_a_shell() {
    let found = read(b"A=1\nB=$A\nA=2\n", &env);
    assert_eq!((found.get("A"), found.get("B")), (Some("2".into()), Some("1".into())));
    insta::assert_snapshot!(reported(&found), @"3: A: is set twice in the file; this line counts");
}

proptest::proptest! {
    #[test]
    fn a_line_is_read_as_it_was_meant(value in "[ -~\\n\\r\\té]{0,20}") {
        let text = super::line("A_KEY", &value) + &super::line("LLM_ROUTER_API_KEYS", "sk-x");
        let found = read(text.as_bytes(), &|_| None);
        proptest::prop_assert_eq!(found.problems, []);
        let expected = [("A_KEY", value.as_str()), ("LLM_ROUTER_API_KEYS", "sk-x")];
        let read: Vec<_> = found.variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        proptest::prop_assert_eq!(read, expected);
    }
}
