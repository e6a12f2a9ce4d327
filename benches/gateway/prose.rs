//! Text of a wanted length that compresses about as well as a language does, and is the same in every run.

const WORDS: [&str; 48] = [
    "a", "the", "of", "to", "and", "in", "is", "that", "it", "for", "was", "on", "with", "as",
    "by", "at", "gateway", "answer", "request", "model", "provider", "router", "caller", "token",
    "stream", "chunk", "upstream", "limit", "price", "second", "minute", "every", "another",
    "between", "without", "through", "because", "before", "after", "while", "small", "large",
    "quick", "patient", "arrives", "waits", "counts", "leaves",
];

/// `length` bytes of lower-case words.
pub fn prose(length: usize) -> String {
    let mut text = String::with_capacity(length + 16);
    // The constants of a linear congruential generator by Knuth; its upper bits choose the word.
    let mut state = 1_u64;
    while text.len() < length {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let word = WORDS.get((state >> 33) as usize % WORDS.len()).copied().unwrap_or_default();
        text.push_str(word);
        text.push(' ');
    }
    text.truncate(length);
    text
}
