//! How the tokens of a model are counted: with `o200k_base`, the public tokenizer of OpenAI's models
//! since gpt-4o, and a factor for the models of others.
//!
//! The factors were measured on 2026-11-27: the median, over eleven texts (English documentation and
//! prose, Rust, Python, German, French, Spanish, Russian, Japanese, Chinese), of the tokens of the
//! family's published tokenizer to those of `o200k_base`. Single texts lie up to 20 % off, Claude's
//! up to 40 %. They are estimates where a vendor publishes no tokenizer of its newest models: Claude
//! (measured with that of Claude 2; newer ones are said to make more tokens) and Gemini (with that of
//! Gemma 3).
//!
//! The tokenizer is 32 MB of the binary, loaded when a text is first counted: 0.1 s, and 84 MiB of
//! resident memory, a third of it pages of the binary. One is enough: `cl100k_base` would take 40 MiB
//! more, to be 10 % nearer for models of OpenAI before gpt-4o.

use crate::domain::pattern::matches;

/// Tokens of the model that are like a hundred of `o200k_base`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Family {
    percent: u64,
}

/// The public tokenizers of others that were measured: 102 to 110.
const OTHERS: u64 = 108;

/// By the last part of a model's name, in lower case; the first that matches.
const FAMILIES: [(&str, u64); 22] = [
    ("gpt-4o*", 100),
    ("gpt-4.*", 100),
    ("gpt-4*", 110),
    ("gpt-3.5*", 110),
    ("gpt-*", 100),
    ("chatgpt-*", 100),
    ("codex*", 100),
    ("o1*", 100),
    ("o3*", 100),
    ("o4*", 100),
    ("claude*", 127),
    ("gemini*", 110),
    ("gemma*", 110),
    ("*mistral*", 106),
    ("*mixtral*", 106),
    ("*stral*", 106),
    ("deepseek*", 108),
    ("*llama*", 102),
    ("qwen2*", 102),
    ("qwen3-*", 102),
    ("qwen*", 105),
    ("qwq*", 102),
];

impl Family {
    pub fn of(model: &str) -> Self {
        let name = model.rsplit('/').next().unwrap_or(model).to_ascii_lowercase();
        let known = FAMILIES.iter().find(|(pattern, _)| matches(pattern, &name));
        Self { percent: known.map_or(OTHERS, |(_, percent)| *percent) }
    }

    /// Tokens of the model that so many of `o200k_base` are like.
    pub fn scaled(self, tokens: u64) -> u64 {
        tokens.saturating_mul(self.percent).div_ceil(100)
    }
}

/// Tokens of `o200k_base`.
pub fn count(text: &str) -> u64 {
    u64::try_from(bpe_openai::o200k_base().count(text)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_has_the_factor_of_its_family() {
        for (model, percent) in [
            ("gpt-4o-mini", 100),
            ("openai/gpt-4.1", 100),
            ("gpt-4-turbo", 110),
            ("gpt-3.5-turbo-0125", 110),
            ("gpt-6-astra", 100),
            ("o3-mini", 100),
            ("anthropic/Claude-Opus-5.5", 127),
            ("models/gemini-3-pro", 110),
            ("mistralai/Devstral-Small-2507", 106),
            ("meta-llama/Meta-Llama-3.1-8B-Instruct", 102),
            ("Qwen/Qwen3.5-27B", 105),
            ("Qwen/Qwen3-8B", 102),
            ("DeepSeek-V4", 108),
            ("ours", 108),
            ("", 108),
        ] {
            assert_eq!(Family::of(model).percent, percent, "{model}");
        }
        assert_eq!(Family::of("claude").scaled(10), 13);
        assert_eq!(Family::of("claude").scaled(u64::MAX), u64::MAX.div_ceil(100));
    }

    #[test]
    fn texts_are_counted_as_the_tokenizer_of_their_vendor_does() {
        for (text, tokens) in [
            ("", 0),
            ("hello world", 2),
            ("The quick brown fox jumps over the lazy dog.", 10),
            ("<|endoftext|>", 7),
        ] {
            assert_eq!(count(text), tokens, "{text}");
        }
    }

    /// A tokenizer whose time grows with the square of a text would not end here.
    #[test]
    fn long_texts_of_one_kind_are_counted() {
        for (piece, times, tokens) in [
            ("a", 5_000_000, 625_000),
            (" ", 5_000_000, 39_063),
            ("\n", 1_000_000, 62_500),
            ("😀👍🏽", 100_000, 400_000),
            ("人工智能", 100_000, 200_000),
            ("iVBORw0KGgoAAAANSUhEUgAA", 50_000, 650_000),
        ] {
            let counted = count(&piece.repeat(times));
            assert!(counted.abs_diff(tokens) <= tokens / 100, "{piece}: {counted}");
        }
    }
}
