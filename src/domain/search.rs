//! A search of the web that a provider's servers run: what a request asks of it, and what an answer
//! tells of it.

/// The search that a request asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WebSearch {
    /// How much of what is found the model reads: `low`, `medium` or `high`.
    pub context_size: Option<String>,
    pub location: Option<Location>,
    pub allowed_domains: Vec<String>,
    pub blocked_domains: Vec<String>,
    /// The most searches for one answer.
    pub max_uses: Option<u64>,
    /// The answer must begin with a search.
    pub is_forced: bool,
}

/// Where the user is, roughly.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Location {
    pub city: Option<String>,
    pub region: Option<String>,
    /// Two letters.
    pub country: Option<String>,
    pub timezone: Option<String>,
}

/// A search that was run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// The provider's id; empty where it has none.
    pub id: String,
    /// Empty where the provider does not tell them.
    pub queries: Vec<String>,
    pub found: Vec<Found>,
}

impl Search {
    /// How many searches it counts for.
    pub fn count(&self) -> u64 {
        u64::try_from(self.queries.len()).unwrap_or(u64::MAX).max(1)
    }

    /// All queries as one text.
    pub fn query(&self) -> String {
        self.queries.join("; ")
    }

    /// A page is listed once.
    pub fn add(&mut self, found: Found) {
        if !self.found.iter().any(|known| known.url == found.url) {
            self.found.push(found);
        }
    }
}

/// A page that a search found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    pub url: String,
    pub title: Option<String>,
    /// As the provider words it: `2 days ago`.
    pub age: Option<String>,
}

/// The page on which a piece of the answer's text rests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Citation {
    pub url: String,
    pub title: Option<String>,
    /// The words of the page.
    pub cited: Option<String>,
    /// The piece of the text, in characters from the beginning of all text of the answer.
    pub start: usize,
    pub end: usize,
}
