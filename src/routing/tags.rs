//! Tag expressions: which tags a model must have, may have and must not have. They stand in
//! model names (`tag:coding+fast,!free`) and in the header `x-llm-router-tags`.
//!
//! ```text
//! expression  = term { ( "," | "+" ) term } ;
//! term        = "!" tag | tag { "|" tag } ;
//! tag         = character { character } ;
//! character   = any but "," "+" "|" "!" and control characters ;
//! ```
//!
//! Every term must hold; `,` and `+` both mean *and*, because a `+` reads better in a name and a
//! `,` in a list. `a|b` is either of the two, `!a` excludes one. White space around a tag is
//! ignored; within one it belongs to the tag. Tags are case-sensitive. At most [`MAX_TAGS`] tags,
//! because each is compared with every model.

use std::fmt;

/// An expression is parsed for every request and compared with every model.
pub const MAX_TAGS: usize = 64;

/// The required tags. `a,!a` is allowed and matches nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagFilter {
    /// All of them are required.
    pub all: Vec<String>,
    /// One of each list is required; an empty list is never satisfied.
    pub any: Vec<Vec<String>>,
    /// None of them is allowed.
    pub none: Vec<String>,
}

/// An invalid expression, and the position of the error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{fault} (character {position} of the tag expression)")]
pub struct BadTags {
    /// In characters, from 1.
    pub position: usize,
    pub fault: TagFault,
}

/// The error, and how to fix it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TagFault {
    #[error("no tag is named: write at least one, such as `coding,fast`")]
    Empty,
    #[error("a tag is missing: write one here, or remove the `,`, `+` or `|` next to it")]
    Missing,
    #[error("`!` has no tag: write the tag to leave out, such as `!free`")]
    LoneNot,
    #[error("`!` is out of place: it stands once, before a tag that stands alone, such as `a,!b`")]
    StrayNot,
    #[error("`|` cannot follow `!`: write `!a,!b` to leave out both")]
    NegatedChoice,
    #[error("a control character is in a tag: remove it")]
    Control,
    #[error("there are more than {MAX_TAGS} tags: ask for fewer")]
    TooMany,
}

impl TagFilter {
    /// # Errors
    /// When the text is no expression of the grammar; the empty text is none either.
    pub fn parse(text: &str) -> Result<Self, BadTags> {
        let mut parser = Parser { text, filter: Self::default(), tags: 0 };
        if text.trim().is_empty() {
            return Err(parser.fault(TagFault::Empty, 0));
        }
        let mut start = 0;
        for term in text.split([',', '+']) {
            parser.term(term, start)?;
            start += term.len() + 1;
        }
        Ok(parser.filter)
    }

    pub fn is_empty(&self) -> bool {
        self.all.is_empty() && self.any.is_empty() && self.none.is_empty()
    }

    pub fn matches(&self, has: impl Fn(&str) -> bool) -> bool {
        self.all.iter().all(|tag| has(tag))
            && self.any.iter().all(|choice| choice.iter().any(|tag| has(tag)))
            && !self.none.iter().any(|tag| has(tag))
    }

    /// The first reason why it does not match: ``lacks tag `coding` ``. `None` exactly if
    /// [`Self::matches`] is true.
    pub fn first_missing(&self, has: impl Fn(&str) -> bool) -> Option<String> {
        if let Some(tag) = self.all.iter().find(|tag| !has(tag)) {
            return Some(format!("lacks tag `{tag}`"));
        }
        if let Some(choice) = self.any.iter().find(|choice| !choice.iter().any(|tag| has(tag))) {
            return Some(format!("has none of `{}`", choice.join("`, `")));
        }
        let tag = self.none.iter().find(|tag| has(tag))?;
        Some(format!("has tag `{tag}`"))
    }

    /// Both of them must hold.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        other.all.into_iter().for_each(|tag| add(&mut self.all, tag));
        other.any.into_iter().for_each(|choice| add(&mut self.any, choice));
        other.none.into_iter().for_each(|tag| add(&mut self.none, tag));
        self
    }
}

/// The normalised expression. It parses to the same filter.
impl fmt::Display for TagFilter {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut comma = "";
        for tag in &self.all {
            write!(out, "{comma}{tag}")?;
            comma = ",";
        }
        for choice in &self.any {
            write!(out, "{comma}{}", choice.join("|"))?;
            comma = ",";
        }
        for tag in &self.none {
            write!(out, "{comma}!{tag}")?;
            comma = ",";
        }
        Ok(())
    }
}

struct Parser<'a> {
    text: &'a str,
    filter: TagFilter,
    tags: usize,
}

impl Parser<'_> {
    /// `start`: the position of the term, in bytes.
    fn term(&mut self, term: &str, start: usize) -> Result<(), BadTags> {
        let body = term.trim_start();
        let start = start + term.len() - body.len();
        if let Some(rest) = body.strip_prefix('!') {
            if let Some(bar) = rest.find('|') {
                return Err(self.fault(TagFault::NegatedChoice, start + 1 + bar));
            }
            let tag = self.tag(rest, start + 1, TagFault::LoneNot)?;
            add(&mut self.filter.none, tag);
            return Ok(());
        }

        let mut choice = Vec::new();
        let mut at = start;
        for tag in body.split('|') {
            add(&mut choice, self.tag(tag, at, TagFault::Missing)?);
            at += tag.len() + 1;
        }
        match <[String; 1]>::try_from(choice) {
            Ok([tag]) => add(&mut self.filter.all, tag),
            Err(choice) => add(&mut self.filter.any, choice),
        }
        Ok(())
    }

    fn tag(&mut self, written: &str, start: usize, none: TagFault) -> Result<String, BadTags> {
        let rest = written.trim_start();
        let start = start + written.len() - rest.len();
        let tag = rest.trim_end();
        if tag.is_empty() {
            return Err(self.fault(none, start));
        }
        if let Some((at, bad)) = tag.char_indices().find(|(_, c)| *c == '!' || c.is_control()) {
            let fault = if bad == '!' { TagFault::StrayNot } else { TagFault::Control };
            return Err(self.fault(fault, start + at));
        }
        self.tags += 1;
        if self.tags > MAX_TAGS {
            return Err(self.fault(TagFault::TooMany, start));
        }
        Ok(tag.to_owned())
    }

    fn fault(&self, fault: TagFault, byte: usize) -> BadTags {
        let before = self.text.get(..byte).unwrap_or(self.text);
        BadTags { position: before.chars().count() + 1, fault }
    }
}

fn add<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    fn shown(text: &str) -> String {
        match TagFilter::parse(text) {
            Ok(filter) => filter.to_string(),
            Err(BadTags { position, fault }) => format!("{fault:?} at {position}"),
        }
    }

    #[test]
    fn expressions_are_read_as_the_grammar_says() {
        for (text, expected) in [
            ("coding", "coding"),
            ("coding,fast", "coding,fast"),
            ("coding+fast,!free", "coding,fast,!free"),
            ("!free , coding", "coding,!free"),
            ("a|b,c", "c,a|b"),
            (" a | b + ! c\t", "a|b,!c"),
            ("a,a,a|a,b|c|b,b|c,!d,!d", "a,b|c,!d"),
            ("a,!a", "a,!a"),
            ("open weights:v1.5-_", "open weights:v1.5-_"),
            ("编程，快", "编程，快"),
            ("", "Empty at 1"),
            (" \t", "Empty at 1"),
            (",", "Missing at 1"),
            ("a,,b", "Missing at 3"),
            ("a,", "Missing at 3"),
            ("é+ ,b", "Missing at 4"),
            ("|a", "Missing at 1"),
            ("a|", "Missing at 3"),
            ("a||b", "Missing at 3"),
            ("!", "LoneNot at 2"),
            ("a,! ,b", "LoneNot at 5"),
            ("!!a", "StrayNot at 2"),
            ("a!", "StrayNot at 2"),
            ("a|!b", "StrayNot at 3"),
            ("!a|b", "NegatedChoice at 3"),
            ("!|", "NegatedChoice at 2"),
            ("中\u{7}b", "Control at 2"),
            ("a\tb", "Control at 2"),
        ] {
            assert_eq!(shown(text), expected, "{text:?}");
        }
    }

    #[test]
    fn an_error_says_where_and_what_to_do() {
        insta::assert_snapshot!(
            TagFilter::parse("coding,,fast").unwrap_err(),
            @"a tag is missing: write one here, or remove the `,`, `+` or `|` next to it (character 8 of the tag expression)"
        );
    }

    #[test]
    fn an_expression_without_end_is_refused() {
        assert!(TagFilter::parse(&["a"; MAX_TAGS].join(",")).is_ok());
        let position = MAX_TAGS * 2 + 1;
        for separator in [",", "|"] {
            let text = vec!["a"; MAX_TAGS + 1].join(separator);
            let refused = BadTags { position, fault: TagFault::TooMany };
            assert_eq!(TagFilter::parse(&text), Err(refused));
        }
    }

    #[test]
    fn the_first_reason_is_told() {
        let filter = TagFilter::parse("coding,fast|cheap,!free").unwrap();
        let reason = |tags: &[&str]| filter.first_missing(|tag| tags.contains(&tag));
        assert_eq!(reason(&["fast"]).as_deref(), Some("lacks tag `coding`"));
        assert_eq!(reason(&["coding"]).as_deref(), Some("has none of `fast`, `cheap`"));
        assert_eq!(reason(&["coding", "cheap", "free"]).as_deref(), Some("has tag `free`"));
        assert_eq!(reason(&["coding", "cheap"]), None);
    }

    #[test]
    fn two_filters_are_joined_without_duplicates() {
        let (a, b) = (TagFilter::parse("a,b|c,!d").unwrap(), TagFilter::parse("e,a,b|c,f|g,!d,!h"));
        assert_eq!(a.clone().and(b.unwrap()).to_string(), "a,e,b|c,f|g,!d,!h");
        assert_eq!(a.clone().and(TagFilter::default()), a);
        assert!(TagFilter::default().is_empty() && !a.is_empty());
    }

    /// A generated term: whether it is negated, and its tags.
    type Term = (bool, Vec<&'static str>);

    fn terms() -> impl Strategy<Value = Vec<Term>> {
        let tag = || select(vec!["a", "b", "c", "d", "大 e"]);
        let not = tag().prop_map(|tag| (true, vec![tag]));
        let choice = vec(tag(), 1..4).prop_map(|tags| (false, tags));
        vec(prop_oneof![not, choice], 1..8)
    }

    fn written(terms: &[Term], separators: &[&str], spaces: &[&str]) -> String {
        let mut spaces = spaces.iter().cycle();
        let mut text = String::new();
        for (index, (is_negated, tags)) in terms.iter().enumerate() {
            if index > 0 {
                text.push_str(separators[index % separators.len()]);
            }
            text.push_str(spaces.next().unwrap());
            text.push_str(if *is_negated { "!" } else { "" });
            text.push_str(spaces.next().unwrap());
            text.push_str(&tags.join(&format!("{}|", spaces.next().unwrap())));
        }
        text
    }

    proptest! {
        #[test]
        fn a_filter_matches_as_each_of_its_terms_does(
            terms in terms(),
            separators in vec(select(vec![",", "+"]), 1..4),
            spaces in vec(select(vec!["", " ", "\t ", "\u{3000}"]), 1..5),
            has in proptest::sample::subsequence(vec!["a", "b", "c", "d", "大 e"], 0..=5),
        ) {
            let naive = terms.iter().all(|(is_negated, tags)| {
                tags.iter().any(|tag| has.contains(tag)) != *is_negated
            });
            let filter = TagFilter::parse(&written(&terms, &separators, &spaces)).unwrap();
            let has = |tag: &str| has.contains(&tag);
            prop_assert_eq!(filter.matches(has), naive);
            prop_assert_eq!(filter.first_missing(has).is_none(), naive);
            prop_assert_eq!(TagFilter::parse(&filter.to_string()).unwrap(), filter);
        }

        #[test]
        fn a_joined_filter_matches_where_both_do(
            one in terms(),
            other in terms(),
            has in proptest::sample::subsequence(vec!["a", "b", "c", "d", "大 e"], 0..=5),
        ) {
            let parse = |terms: &[Term]| TagFilter::parse(&written(terms, &[","], &[""])).unwrap();
            let (one, other) = (parse(&one), parse(&other));
            let has = |tag: &str| has.contains(&tag);
            let both = one.matches(has) && other.matches(has);
            let joined = one.and(other);
            prop_assert_eq!(joined.matches(has), both);
            prop_assert_eq!(TagFilter::parse(&joined.to_string()).unwrap(), joined);
        }

        #[test]
        fn no_text_breaks_the_parser(text in "[ab ,+|!\t\u{85}é大]{0,12}|\\PC*|.*") {
            match TagFilter::parse(&text) {
                Ok(filter) => prop_assert_eq!(TagFilter::parse(&filter.to_string()), Ok(filter)),
                Err(bad) => prop_assert!(bad.position <= text.chars().count() + 1),
            }
        }
    }
}
