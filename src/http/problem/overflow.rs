//! What another API says of a prompt that is too long.

/// The tokens of the prompt and of the context, by the numbers of another API's message: the largest
/// one, and the first that is smaller.
pub(super) fn sizes(message: &str) -> Option<(u64, u64)> {
    /// No context is shorter; statuses, versions and counts of messages are.
    const SHORTEST: u64 = 1000;
    let words =
        message.split(|letter: char| !letter.is_ascii_alphanumeric() && !",._-".contains(letter));
    let number = |word: &str| {
        let word = word.trim_end_matches([',', '.']).replace([',', '_'], "");
        word.parse().ok().filter(|number| *number >= SHORTEST)
    };
    let numbers: Vec<u64> = words.filter_map(number).collect();
    let needs = *numbers.iter().max()?;
    let has = *numbers.iter().find(|number| **number < needs)?;
    Some((needs, has))
}
