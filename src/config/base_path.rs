//! `[server] base_path`: the path under which browsers reach the router, behind a proxy that serves
//! other things too.

use std::fmt;

/// Begins and ends with `/`; `/` alone where the router has the host for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BasePath(String);

impl Default for BasePath {
    fn default() -> Self {
        Self(String::from("/"))
    }
}

impl fmt::Display for BasePath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl BasePath {
    /// `/llm`, `/a/b/`: parts of letters, digits and `- . _ ~`, which need no escape in a URL, in
    /// HTML or in a cookie.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "/" {
            return Some(Self::default());
        }
        let parts = text.strip_prefix('/')?;
        let parts = parts.strip_suffix('/').unwrap_or(parts);
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        let is_part = |part: &str| !matches!(part, "" | "." | "..") && part.bytes().all(is_plain);
        parts.split('/').all(is_part).then(|| Self(format!("/{parts}/")))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn is_root(&self) -> bool {
        self.0 == "/"
    }

    /// A path below it as the routes know it; `None` for one that is not below it, and where there is
    /// nothing to take away.
    pub fn strip<'p>(&self, path: &'p str) -> Option<&'p str> {
        if self.is_root() {
            return None;
        }
        let without_slash = self.0.strip_suffix('/')?;
        match path.strip_prefix(without_slash)? {
            "" => Some("/"),
            rest => rest.starts_with('/').then_some(rest),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_with_and_without_its_last_slash() {
        for (text, expected) in [
            ("/", Some("/")),
            ("/llm", Some("/llm/")),
            ("/a/b/", Some("/a/b/")),
            ("/~team/v1.2_x-y", Some("/~team/v1.2_x-y/")),
            ("", None),
            ("llm", None),
            ("//", None),
            ("/a//b", None),
            ("/a/../b", None),
            ("/./", None),
            ("/a b", None),
            ("/a%20b", None),
            ("/a?b", None),
            ("/\"><script>", None),
            ("https://router.example/llm", None),
        ] {
            let read = BasePath::parse(text).map(|path| path.to_string());
            assert_eq!(read.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn only_what_is_below_it_is_taken_away() {
        let base = BasePath::parse("/a/b").unwrap();
        for (path, expected) in [
            ("/a/b", Some("/")),
            ("/a/b/", Some("/")),
            ("/a/b/v1/models", Some("/v1/models")),
            ("/a/b//v1", Some("//v1")),
            ("/a/b/a/b", Some("/a/b")),
            ("/a/bc", None),
            ("/a", None),
            ("/v1/models", None),
        ] {
            assert_eq!(base.strip(path), expected, "{path}");
        }
        assert_eq!(BasePath::default().strip("/v1/models"), None);
    }
}
