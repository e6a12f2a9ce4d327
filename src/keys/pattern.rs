//! Patterns with `*` for the models and providers that a key may call.

/// A name in which `*` matches any characters, even none and `/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob(String);

impl Glob {
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    /// Case-sensitive, like names. The time is at most proportional to the product of the two
    /// lengths.
    pub fn matches(&self, name: &str) -> bool {
        let (mut pattern, mut rest) = (self.0.as_bytes(), name.as_bytes());
        // The text after the last `*`, and the part of the name from which it must match.
        let mut star: Option<(&[u8], &[u8])> = None;
        loop {
            match (pattern.split_first(), rest.split_first()) {
                (Some((b'*', after)), _) => {
                    star = Some((after, rest));
                    pattern = after;
                }
                (Some((one, after)), Some((other, left))) if one == other => {
                    (pattern, rest) = (after, left);
                }
                (None, None) => return true,
                _ => {
                    // The star matches one more character.
                    let Some((after, from)) = star else { return false };
                    let Some((_, longer)) = from.split_first() else { return false };
                    star = Some((after, longer));
                    (pattern, rest) = (after, longer);
                }
            }
        }
    }
}

/// `provider/model`, split at the first slash, or a model's name alone, at any provider. A model
/// whose own name contains a slash is written `*/its/name`: without that rule a pattern for one
/// provider would grant models of every provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelPattern {
    provider: Option<Glob>,
    model: Glob,
}

impl ModelPattern {
    pub fn new(text: &str) -> Self {
        match text.trim().split_once('/') {
            Some((provider, model)) => {
                Self { provider: Some(Glob::new(provider)), model: Glob::new(model) }
            }
            None => Self { provider: None, model: Glob::new(text) },
        }
    }

    pub fn matches(&self, provider: &str, model: &str) -> bool {
        self.provider.as_ref().is_none_or(|glob| glob.matches(provider))
            && self.model.matches(model)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_pattern_means_one_provider_or_all() {
        for (pattern, provider, model, is_meant) in [
            ("gpt-5", "openai", "gpt-5", true),
            ("gpt-5", "openai", "gpt-5.1", false),
            ("gpt-*", "azure", "gpt-5.1", true),
            ("openai/*", "openai", "gpt-5", true),
            ("openai/*", "openrouter", "openai/gpt-5", false),
            ("openrouter/z-ai/*", "openrouter", "z-ai/glm-5", true),
            ("*/z-ai/glm-5", "openrouter", "z-ai/glm-5", true),
            ("z-ai/glm-5", "openrouter", "z-ai/glm-5", false),
            ("open*/gpt*mini", "openai", "gpt-5-mini", true),
            ("open*/gpt*mini", "openai", "gpt-5-minimum", false),
            ("*", "a", "b/c", true),
            ("GPT-5", "openai", "gpt-5", false),
            ("", "openai", "gpt-5", false),
        ] {
            let found = ModelPattern::new(pattern).matches(provider, model);
            assert_eq!(found, is_meant, "{pattern} {provider} {model}");
        }
    }

    fn plainly(pattern: &[u8], name: &[u8]) -> bool {
        match pattern.split_first() {
            None => name.is_empty(),
            Some((b'*', rest)) => (0..=name.len()).any(|from| plainly(rest, &name[from..])),
            Some((one, rest)) => name.first() == Some(one) && plainly(rest, &name[1..]),
        }
    }

    proptest! {
        #[test]
        fn it_matches_what_the_plain_rule_matches(pattern in "[ab*/]{0,8}", name in "[ab/]{0,10}") {
            let found = Glob::new(&pattern).matches(&name);
            prop_assert_eq!(found, plainly(pattern.as_bytes(), name.as_bytes()));
        }
    }

    #[test]
    fn many_stars_take_no_long_time() {
        let pattern = Glob::new(&"*a".repeat(2_000));
        assert!(!pattern.matches(&"b".repeat(20_000)));
        assert!(!pattern.matches(&format!("{}b", "a".repeat(20_000))));
    }
}
