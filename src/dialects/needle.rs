//! A text that is searched for in every request or chunk. Its searcher is built once, which costs
//! more than the search of a short text.

use std::sync::LazyLock;

use memchr::memmem::Finder;

pub struct Needle(LazyLock<Finder<'static>>);

/// A [`Needle`] in a place of its own.
macro_rules! needle {
    ($(#[$doc:meta])* $name:ident = $text:literal) => {
        $(#[$doc])*
        static $name: crate::dialects::needle::Needle =
            crate::dialects::needle::Needle::new(|| memchr::memmem::Finder::new($text));
    };
}
pub(in crate::dialects) use needle;

impl Needle {
    pub const fn new(finder: fn() -> Finder<'static>) -> Self {
        Self(LazyLock::new(finder))
    }

    pub fn is_in(&self, text: &[u8]) -> bool {
        self.0.find(text).is_some()
    }

    pub fn positions<'t>(&'t self, text: &'t [u8]) -> impl Iterator<Item = usize> {
        self.0.find_iter(text)
    }

    /// What stands behind each of its places in a JSON text where it is the name of a member: the
    /// text from the value on. `None` for a place where it is no name.
    pub fn values<'t>(&'t self, json: &'t [u8]) -> impl Iterator<Item = Option<&'t [u8]>> {
        let length = self.0.needle().len();
        self.positions(json).map(move |at| {
            let rest = json.get(at + length..).unwrap_or_default().trim_ascii_start();
            rest.strip_prefix(b":").map(<[u8]>::trim_ascii_start)
        })
    }
}

#[cfg(test)]
mod tests {
    needle!(MODEL = b"\"model\"");

    #[test]
    fn values_of_a_name_are_found_and_the_word_alone_is_none() {
        let json = br#"{"model" : "a", "b": "model", "model":null}"#;
        let found: Vec<_> = MODEL.values(json).collect();
        assert_eq!(found.len(), 3);
        assert!(found[0].is_some_and(|value| value.starts_with(b"\"a\"")));
        assert_eq!(found[1], None);
        assert_eq!(found[2], Some(&b"null}"[..]));
        assert!(MODEL.is_in(json) && !MODEL.is_in(b"{}"));
    }
}
