//! Detects what is no key where a key is expected: placeholders copied from examples, names of
//! variables, and references in a syntax that is not supported.

use super::variable;

/// Why a text cannot be a key, as far as its form shows it.
pub fn instead_of_key(text: &str) -> Option<&'static str> {
    let text = text.trim();
    if is_reference(text) {
        return Some("looks like a reference in an unsupported syntax: write `${NAME}`");
    }
    if is_name_of_key(text) {
        return Some("looks like the name of a variable: write `${NAME}`");
    }
    is_sample(text).then_some("looks like a placeholder from an example: insert the key itself")
}

/// References in the syntax of other programs and of shells.
fn is_reference(text: &str) -> bool {
    const BEGINNINGS: [&str; 14] = [
        "${",
        "$(",
        "{{",
        "{env",
        "<%",
        "process.env",
        "import.meta.env",
        "os.environ",
        "os.getenv",
        "env:",
        "env[",
        "secret:",
        "vault:",
        "op://",
    ];
    let lower = text.to_ascii_lowercase();
    let of_windows = text.strip_prefix('%').and_then(|rest| rest.strip_suffix('%'));
    BEGINNINGS.iter().any(|beginning| lower.starts_with(beginning))
        || of_windows.is_some_and(variable::is_word)
        || variable::referred_to(text).is_some()
}

/// A variable's name such as `OPENAI_API_KEY`; keys do not consist of words alone.
fn is_name_of_key(text: &str) -> bool {
    let is_upper = |word: &str| {
        !word.is_empty() && word.bytes().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
    };
    let ends = ["_KEY", "_KEYS", "_TOKEN", "_SECRET"];
    ends.iter().any(|end| text.ends_with(end))
        && !text.starts_with("YOUR")
        && text.split('_').all(is_upper)
        && variable::is_name(text)
}

fn is_sample(text: &str) -> bool {
    const WHOLE: [&str; 19] = [
        "todo",
        "tbd",
        "fixme",
        "apikey",
        "key",
        "mykey",
        "myapikey",
        "yourkey",
        "secret",
        "secretkey",
        "password",
        "token",
        "example",
        "examplekey",
        "samplekey",
        "null",
        "undefined",
        "foobar",
        "string",
    ];
    const PARTS: [&str; 12] = [
        "changeme",
        "changethis",
        "changeit",
        "replaceme",
        "replacethis",
        "replacewith",
        "placeholder",
        "keyhere",
        "tokenhere",
        "secrethere",
        "insertyour",
        "enteryour",
    ];
    let lower = text.to_lowercase();
    let letters: String = lower.chars().filter(|c| c.is_alphanumeric()).collect();
    // The prefixes of vendors' keys, such as `sk-`.
    let bare = ["sk", "pk"].iter().find_map(|prefix| letters.strip_prefix(prefix));
    let is_yours = lower.contains("your")
        && ["key", "token", "secret", "api"].iter().any(|word| letters.contains(word));
    let is_in_brackets = [('<', '>'), ('[', ']'), ('{', '}')]
        .iter()
        .any(|(open, close)| text.starts_with(*open) && text.ends_with(*close));
    WHOLE.contains(&letters.as_str())
        || bare.is_some_and(|bare| WHOLE.contains(&bare))
        || PARTS.iter().any(|part| letters.contains(part))
        || is_yours
        || is_in_brackets
        || lower.contains("...")
        || lower.contains('…')
        || is_filled(&letters)
        || bare.is_some_and(is_filled)
        || (letters.is_empty() && !text.is_empty())
        || text.contains("***")
}

/// One repeated character: `xxxx`, `0000`.
fn is_filled(letters: &str) -> bool {
    const LEAST: usize = 3;
    let first = letters.chars().next();
    letters.chars().count() >= LEAST && letters.chars().all(|c| Some(c) == first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_of_examples_are_recognized() {
        for text in [
            "YOUR_API_KEY",
            "your-api-key",
            "sk-your-key-here",
            "YOUR_OPENAI_KEY",
            "sk-...",
            "sk-…",
            "sk-xxx",
            "sk-xxxxxxxxxxxxxxxx",
            "xxx",
            "sk-XXXX-XXXX",
            "changeme",
            "CHANGE_ME",
            "change-me-please",
            "replace_me",
            "<your key>",
            "<API_KEY>",
            "[key]",
            "{api_key}",
            "TODO",
            "api_key",
            "sk-key",
            "insert-your-token",
            "my-api-key",
            "****",
            "sk-****",
            "...",
            "secret",
            "put-your-key-here",
            "sk-placeholder",
            "0000000000000000",
        ] {
            let told = instead_of_key(text);
            assert_eq!(
                told,
                Some("looks like a placeholder from an example: insert the key itself"),
                "{text}"
            );
        }
    }

    #[test]
    fn references_of_other_programs_and_names_are_recognized() {
        for text in [
            "${KEY}",
            "$KEY",
            "$(cat key)",
            "{{ env.KEY }}",
            "{env:KEY}",
            "%KEY%",
            "process.env.KEY",
            "os.environ['KEY']",
            "env:KEY",
            "op://vault/key",
            "${{ secrets.KEY }}",
        ] {
            assert!(instead_of_key(text).is_some_and(|told| told.contains("reference")), "{text}");
        }
        for text in ["OPENAI_API_KEY", "HF_TOKEN", "AZURE_2_API_KEY"] {
            assert!(instead_of_key(text).is_some_and(|told| told.contains("name of")), "{text}");
        }
    }

    #[test]
    fn keys_and_the_dummies_for_local_servers_are_accepted() {
        for text in [
            "sk-upstream",
            "k",
            "k1",
            "EMPTY",
            "dummy",
            "none",
            "ollama",
            "lm-studio",
            "not-needed",
            "sk-proj-0123456789abcdef",
            "AIzaSyA0123456789abcdefghijklmnopqrstuv",
            "$2a$10$abcdef",
            "sk-ant-api03-aaaBBBccc",
            "hf_abcdefghijk",
            "00112233445566778899aabbccddeeff",
            "test-key-0123",
            "pa$$word1",
            "sk-team-key",
            "[hidden]x",
        ] {
            assert_eq!(instead_of_key(text), None, "{text}");
        }
    }
}
