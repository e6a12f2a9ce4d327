//! A call's record as it is written: trace and bodies compressed, and the beginnings of prompt and
//! answer, made apart from the thread that writes.

use super::invocation::Invocation;

#[derive(Clone, Debug)]
pub struct PackedCall {
    /// Its bodies are compressed, its trace lies in [`Self::trace`].
    pub call: Invocation,
    pub trace: Option<Vec<u8>>,
    pub texts: Texts,
    /// The size of its bodies before.
    pub body_bytes: usize,
}

/// The beginnings of what was asked and answered, and how many characters there were.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts {
    pub prompt: Option<Beginning>,
    pub answer: Option<Beginning>,
}

/// A text's first characters, with `…` where it goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beginning {
    pub text: String,
    /// Characters of the whole, as far as it was kept.
    pub length: usize,
}

impl Beginning {
    pub const MAX: usize = 240;

    /// `None` of a text that says nothing.
    pub fn of(whole: &str) -> Option<Self> {
        let whole = whole.trim();
        if whole.is_empty() {
            return None;
        }
        let length = whole.chars().count();
        if length <= Self::MAX {
            return Some(Self { text: whole.to_owned(), length });
        }
        let end = whole.char_indices().nth(Self::MAX - 1).map_or(whole.len(), |(end, _)| end);
        let kept = whole.get(..end).unwrap_or(whole).trim_end();
        Some(Self { text: [kept, "…"].concat(), length })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_has_240_characters_at_most() {
        let of = |text: &str| Beginning::of(text).map(|found| (found.text, found.length));
        assert_eq!(of("  \n"), None);
        assert_eq!(of(" hello\n"), Some((String::from("hello"), 5)));
        let exact = "é".repeat(240);
        assert_eq!(of(&exact), Some((exact.clone(), 240)));
        let (text, length) = of(&"界".repeat(241)).unwrap();
        assert_eq!((text.chars().count(), length), (240, 241));
        assert!(text.ends_with("界…"));
    }
}
