//! Substitutes environment variables in a parsed `router.toml`, before it is read.
//!
//! `${NAME}` and `${NAME:-default}` in every string value; where a key or a URL is expected, also
//! `$NAME`, `env.NAME` and `os.environ/NAME`. Substituted values are not expanded again. Keys of
//! tables and values that name a variable stay as they are.

use std::borrow::Cow;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problems::{Problem, Problems};
use super::variable;
use crate::domain::secret::Secret;

/// Reads an environment variable.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The substituted values, so that no message repeats them.
#[derive(Clone, Debug, Default)]
pub struct Substituted(Vec<(String, Secret)>);

impl Substituted {
    /// Replaces the values in messages by their references.
    pub fn hide_in(&self, problems: &mut [Problem]) {
        /// A shorter value is no secret, and could occur in any message.
        const SHORTEST: usize = 6;
        for (name, value) in &self.0 {
            let value = value.expose();
            for problem in problems.iter_mut().filter(|_| value.len() >= SHORTEST) {
                problem.message = problem.message.replace(value, &format!("${{{name}}}"));
            }
        }
    }
}

/// The use of a string, as far as it decides about substitution.
#[derive(Clone, Copy)]
enum Use {
    Text,
    /// A key, a URL, the value of a header.
    Credential,
    /// The name of a variable.
    Name,
}

/// A reference that cannot be resolved is an error and stays as it is.
pub fn substitute(
    root: &mut Spanned<DeTable<'_>>,
    env: Lookup<'_>,
    problems: &Problems<'_>,
) -> Substituted {
    let mut walk = Walk { env, problems, path: Vec::new(), substituted: Substituted::default() };
    walk.table(root.get_mut());
    walk.substituted
}

struct Walk<'a> {
    env: Lookup<'a>,
    problems: &'a Problems<'a>,
    path: Vec<String>,
    substituted: Substituted,
}

impl Walk<'_> {
    fn table(&mut self, table: &mut DeTable<'_>) {
        for (name, value) in table.iter_mut() {
            self.path.push(name.get_ref().to_string());
            self.value(value);
            self.path.pop();
        }
    }

    fn value(&mut self, value: &mut Spanned<DeValue<'_>>) {
        let at = value.span().start;
        match value.get_mut() {
            DeValue::String(text) => match self.text(text) {
                Ok(Some(other)) => *text = Cow::Owned(other),
                Ok(None) => {}
                Err(reason) => {
                    let key = self.path.last().map_or("", String::as_str);
                    self.problems.error(at, format!("`{key}` {reason}"));
                }
            },
            DeValue::Array(items) => items.iter_mut().for_each(|item| self.value(item)),
            DeValue::Table(table) => self.table(table),
            DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_) => {}
        }
    }

    /// The string after substitution; `None` if it is unchanged.
    fn text(&mut self, text: &str) -> Result<Option<String>, String> {
        match self.usage() {
            Use::Text => self.blocks(text),
            Use::Credential => self.credential(text),
            Use::Name => {
                let name = variable::named(text);
                if !variable::is_name(name) && (self.env)(name).is_none() {
                    return Err(String::from(
                        "must be the name of a variable of the environment, like OPENAI_API_KEY, \
                         and not the key itself",
                    ));
                }
                Ok((name != text).then(|| name.to_owned()))
            }
        }
    }

    fn usage(&self) -> Use {
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        // Models' own tables and request templates may hold any text.
        let is_free = path.iter().any(|key| matches!(*key, "models" | "request" | "mock"));
        match path.as_slice() {
            _ if is_free => Use::Text,
            [.., key] if key.ends_with("_env") => Use::Name,
            ["providers", "settings", "headers", _]
            | ["providers", "api_key" | "base_url"]
            | ["providers", "settings", "endpoint" | "proxy"]
            | ["telemetry", "otlp_endpoint"]
            | ["telemetry", "otlp_headers", _]
            | ["api_keys", "key"] => Use::Credential,
            _ => Use::Text,
        }
    }

    /// Each key of a comma-separated list may be a reference.
    fn credential(&mut self, text: &str) -> Result<Option<String>, String> {
        if !text.split(',').any(|part| variable::referred_to(part).is_some()) {
            return self.blocks(text);
        }
        let mut parts = Vec::new();
        for part in text.split(',') {
            parts.push(match variable::referred_to(part) {
                Some(name) => self.set(name, None)?.trim().to_owned(),
                None => self.blocks(part)?.unwrap_or_else(|| part.to_owned()),
            });
        }
        Ok(Some(parts.join(",")))
    }

    /// Substitutes each `${…}`; `$${` is a literal `${`.
    fn blocks(&mut self, text: &str) -> Result<Option<String>, String> {
        if !text.contains("${") {
            return Ok(None);
        }
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            let (before, special) = rest.split_at(at);
            out.push_str(before);
            if let Some(behind) = special.strip_prefix("$${") {
                out.push_str("${");
                rest = behind;
            } else if let Some(behind) = special.strip_prefix("${") {
                let found = behind.split_once('}');
                let found =
                    found.and_then(|(inside, after)| Some((variable::block(inside)?, after)));
                let ((name, default), after) = found.ok_or_else(|| {
                    String::from(
                        "holds a `${` that starts no `${NAME}`; write `$${` for the literal text",
                    )
                })?;
                out.push_str(&self.set(name, default)?);
                rest = after;
            } else {
                out.push('$');
                rest = special.get(1..).unwrap_or_default();
            }
        }
        out.push_str(rest);
        Ok(Some(out))
    }

    fn set(&mut self, name: &str, default: Option<&str>) -> Result<String, String> {
        if let Some(value) = (self.env)(name) {
            self.substituted.0.push((name.to_owned(), Secret::new(&value)));
            return Ok(value);
        }
        default.map(str::to_owned).ok_or_else(|| {
            format!(
                "refers to {}, which is not set in the router's environment",
                variable::shown(name)
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::config::read_with;

    fn env(name: &str) -> Option<String> {
        let value = match name {
            "A" => "alpha",
            "C" => "gamma",
            "URL" => "http://host:1/v1",
            "KEYS" => "k-1, k-2",
            "HOLDS_A" => "${A} $A",
            "KEY" => "sk-SECRET-0123",
            "lower_key" => "low",
            _ => return None,
        };
        Some(value.to_owned())
    }

    fn problems(text: &str) -> String {
        let problems =
            read_with(text, &env).map_or_else(|problems| problems, |(_, warnings)| warnings);
        problems.iter().map(|problem| format!("{problem}\n")).collect()
    }

    const PROVIDER: &str = "[[providers]]\nname = \"p\"\ntype = \"openai\"\n";

    #[test]
    fn every_string_takes_variables() {
        let text = "[[${A}.models]]\nname = \"m-${A}\"\nprovider = \"p\"\ndescription = '$${A} $A ${B:-b} ${HOLDS_A} $$${A}'\n\
            tags = [\"${A}\", \"x\"]\n[\"${A}\".models.config]\nnote = {n = [\"${A}\"], \"${A}\" = 1}\n";
        let text = text.replace("[[${A}.", "[[\"${A}\".");
        let (file, warnings) = read_with(&format!("{PROVIDER}{text}"), &env).unwrap();
        assert_eq!(warnings, []);
        let model = &file.models[0];
        assert_eq!(model.name, "m-alpha");
        assert_eq!(model.description.as_deref(), Some("${A} $A b ${A} $A $${A}"));
        assert_eq!(model.tags, ["alpha", "x"]);
        assert_eq!(model.config.other["note"].to_string(), r#"{"n":["alpha"],"${A}":1}"#);
    }

    #[test]
    fn keys_and_urls_accept_more_spellings() {
        for (key, expected) in [
            ("${KEYS}", "k-1 k-2"),
            ("$KEYS", "k-1 k-2"),
            ("env.KEYS", "k-1 k-2"),
            ("os.environ/KEYS", "k-1 k-2"),
            ("$A, os.environ/C, x-${A}", "alpha gamma x-alpha"),
            ("$HOLDS_A", "${A} $A"),
            ("$2a$10$x", "$2a$10$x"),
            ("$$x", "$$x"),
        ] {
            let text = format!(
                "{PROVIDER}api_key = '{key}'\nbase_url = \"$URL\"\n\
                [providers.settings]\nendpoint = \"${{URL}}/chat\"\nproxy = \"env.URL\"\n\
                headers = {{ x-a = \"$A\", x-b = \"b ${{A}}\" }}\n[[api_keys]]\nkey = '{key}'\n"
            );
            let (file, _) = read_with(&text, &env).unwrap();
            let provider = &file.providers[0];
            for keys in [&provider.secrets.api_key, &file.api_keys[0].keys] {
                let keys: Vec<&str> = keys.iter().map(|key| key.expose()).collect();
                assert_eq!(keys.join(" "), expected, "{key}");
            }
            assert_eq!(provider.base_url.as_deref(), Some("http://host:1/v1"));
            assert_eq!(provider.settings.endpoint.as_deref(), Some("http://host:1/v1/chat"));
            assert_eq!(provider.settings.proxy.as_deref(), Some("http://host:1/v1"));
            let header = |name| provider.secrets.header(name).unwrap().expose().to_owned();
            assert_eq!([header("x-a"), header("x-b")], ["alpha", "b alpha"]);
        }
    }

    #[test]
    fn an_unresolved_reference_is_reported_with_its_place_only() {
        let text = format!(
            "{PROVIDER}base_url = \"${{NO_URL}}\"\napi_key = \"sk-SECRET ${{\"\n\
             [providers.settings]\nheaders = {{ x = \"${{sk-SECRET}}\" }}\nproxy = \"$SECRETword\"\n\
             [[models]]\nname = \"m\"\nprovider = \"p\"\ntags = [\n\"x\", \"${{}}\"]\n"
        );
        insta::assert_snapshot!(problems(&text), @r"
        4:12: error: `base_url` refers to NO_URL, which is not set in the router's environment
        5:11: error: `api_key` holds a `${` that starts no `${NAME}`; write `$${` for the literal text
        7:17: error: `x` holds a `${` that starts no `${NAME}`; write `$${` for the literal text
        8:9: error: `proxy` refers to a variable, which is not set in the router's environment
        13:6: error: `tags` holds a `${` that starts no `${NAME}`; write `$${` for the literal text
        ");
    }

    #[test]
    fn a_key_in_place_of_a_name_is_refused_and_not_shown() {
        for key in [
            "sk-SECRET-0123456789",
            "AIzaSECRET0123456789abcdefghijk",
            "Bearer SECRET",
            "${sk-SECRET}",
            "",
        ] {
            for text in [
                format!("{PROVIDER}api_key_env = \"{key}\"\n"),
                format!("{PROVIDER}[providers.settings]\ntoken_env = \"{key}\"\n"),
                format!("[[api_keys]]\nkey_env = \"{key}\"\n"),
            ] {
                let told = problems(&text);
                assert!(told.contains("error: `"), "{told}");
                assert!(told.contains("_env` must be the name of a variable"), "{told}");
                assert!(!told.contains("SECRET"), "{told}");
            }
        }
        for name in
            ["lower_key", "$OPENAI_API_KEY", "${OPENAI_API_KEY}", "os.environ/OPENAI_API_KEY"]
        {
            let text = format!("{PROVIDER}api_key_env = \"{name}\"\n");
            let (file, _) = read_with(&text, &env).unwrap();
            let found = file.providers[0].api_key_env.clone().unwrap();
            assert!(matches!(found.as_str(), "lower_key" | "OPENAI_API_KEY"), "{found}");
        }
    }

    #[test]
    fn no_message_repeats_a_substituted_value() {
        for line in [
            "type = \"${KEY}\"",
            "base_url = \"$KEY\"",
            "settings = { api = \"${KEY}\", proxy = \"ftp://${KEY}@x\", request = { a = \"$${KEY}\" } }",
        ] {
            let provider = PROVIDER.replace("type = \"openai\"", "");
            let rest = if line.starts_with("type") { "" } else { "type = \"openai\"\n" };
            let told = problems(&format!("{provider}{rest}{line}\n"));
            assert!(told.contains("error: "), "{line} {told}");
            assert!(!told.contains("SECRET"), "{line} {told}");
        }
        let text = "[[models]]\nname = \"m\"\nprovider = \"x-${KEY}\"\ntags = [\"a b ${KEY}\"]\n\
            [[api_keys]]\nkey = \"k\"\nrole = \"${KEY}\"\nallowed_ips = [\"${KEY}\"]\n";
        assert!(problems(text).contains("unknown provider `x-${KEY}`"), "{}", problems(text));
        assert!(!problems(text).contains("SECRET"));
    }
}
