//! Names of environment variables, and references to them.

/// Whether a text can be a variable's name. Text that looks like a key is none: a message would
/// disclose it.
pub fn is_name(text: &str) -> bool {
    is_word(text) && !is_like_a_key(text)
}

/// Whether a shell accepts it as a name.
pub fn is_word(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Keys that have the form of a name: with a vendor's prefix, or a long run of random characters.
fn is_like_a_key(text: &str) -> bool {
    const PREFIXES: [&str; 12] =
        ["sk_", "pk_", "rk_", "gsk_", "hf_", "ghp_", "xai_", "r8_", "fw_", "tgp_", "AIza", "AKIA"];
    const LONGEST_WORD: usize = 20;
    const SHORTEST_KEY: usize = 16;
    let has_digit = text.bytes().any(|byte| byte.is_ascii_digit());
    let may_be_key = has_digit || text.len() >= SHORTEST_KEY;
    let is_random = |run: &str| {
        let has = |is: fn(&u8) -> bool| run.bytes().any(|byte| is(&byte));
        let is_mixed = has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
        run.len() >= LONGEST_WORD && (is_mixed || has(u8::is_ascii_digit))
    };
    (may_be_key && PREFIXES.iter().any(|prefix| text.starts_with(prefix)))
        || text.split('_').any(is_random)
}

/// The name where the whole text is `$NAME`, `env.NAME` or `os.environ/NAME`.
pub fn referred_to(text: &str) -> Option<&str> {
    let text = text.trim();
    let name = ["os.environ/", "env.", "$"].iter().find_map(|before| text.strip_prefix(before))?;
    is_word(name).then_some(name)
}

/// The name, whether written alone or as a reference.
pub fn named(text: &str) -> &str {
    let text = text.trim();
    let block = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    block.or_else(|| referred_to(text)).unwrap_or(text)
}

/// Splits the inside of `${…}`: a name, and after `:-` the default for an unset variable.
pub fn block(inside: &str) -> Option<(&str, Option<&str>)> {
    let (name, otherwise) = match inside.split_once(":-") {
        Some((name, otherwise)) => (name, Some(otherwise)),
        None => (inside, None),
    };
    is_word(name).then_some((name, otherwise))
}

/// The name for a message; hidden unless it certainly is no key.
pub fn shown(name: &str) -> &str {
    let is_usual = name.bytes().all(|byte| !byte.is_ascii_lowercase());
    if is_usual && is_name(name) { name } else { "a variable" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_no_name() {
        for name in [
            "OPENAI_API_KEY",
            "openai_key",
            "KEY2",
            "_X",
            "AZURE_OPENAI_GPT4_API_KEY_2",
            "hf_token",
        ] {
            assert!(is_name(name), "{name}");
        }
        for key in [
            "",
            " ",
            "sk-live-0123456789",
            "sk_live_0123456789",
            "AIzaSyA0123456789abcdefghijklmnopqrstuv",
            "gsk_0123456789abcdef",
            "hf_abcdefghijklmnop",
            "deadbeef0123456789abcdef01234567",
            "abcdefABCDEFabcdefABCDEF",
            "0123",
            "A KEY",
            "Bearer x",
            "OPENAI-API-KEY",
            "KEY1,KEY2",
        ] {
            assert!(!is_name(key), "{key}");
        }
    }

    #[test]
    fn a_reference_is_recognized_in_every_spelling() {
        for text in ["$A_KEY", "env.A_KEY", "os.environ/A_KEY", " $A_KEY "] {
            assert_eq!(referred_to(text), Some("A_KEY"), "{text}");
            assert_eq!(named(text), "A_KEY", "{text}");
        }
        assert_eq!(named("${A_KEY}"), "A_KEY");
        for text in ["A_KEY", "$", "$2a$10", "a$A", "env.a.example", "$A_KEY-x"] {
            assert_eq!(referred_to(text), None, "{text}");
        }
    }

    #[test]
    fn what_may_be_a_key_is_not_shown() {
        assert_eq!(shown("A_KEY"), "A_KEY");
        for name in ["hunter2", "AKIA0123456789", "sk_live_0123"] {
            assert_eq!(shown(name), "a variable");
        }
    }
}
