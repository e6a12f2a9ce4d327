//! Texts that a client sent as the numbers of tokens, for an upstream that takes texts alone.

/// The text of these tokens; `None` where they are no text. The numbers are those of cl100k_base,
/// the encoding of OpenAI's models for embeddings, by which clients make them.
pub fn text_of(tokens: &[u32]) -> Option<String> {
    let encoding = bpe_openai::cl100k_base();
    let known = u32::try_from(encoding.bpe.num_tokens()).ok()?;
    if tokens.iter().any(|token| *token >= known) {
        return None;
    }
    encoding.decode(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_read_as_clients_make_them() {
        assert_eq!(text_of(&[15339, 1917]).as_deref(), Some("hello world"));
        assert_eq!(text_of(&[]).as_deref(), Some(""));
        for nonsense in [[4_000_000_000], [100_276]] {
            assert_eq!(text_of(&nonsense), None, "{nonsense:?}");
        }
    }
}
