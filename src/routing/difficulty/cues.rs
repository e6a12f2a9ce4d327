//! Cue words of easy and hard prompts, in English and Chinese.

use memchr::memmem;

/// Work that a weak model often gets wrong.
#[rustfmt::skip] // It would give each word a line.
const HARD: &[&str] = &[
    "prove", "proof", "disprove", "derive", "derivation", "debug", "root cause", "deadlock",
    "race condition", "segfault", "segmentation fault", "stack trace", "traceback",
    "time complexity", "dynamic programming", "refactor", "chain of thought", "step by step",
    "step-by-step", "counterexample", "formally", "rigorous", "rigorously", "证明", "推导", "反证",
    "反例", "调试", "死锁", "竞态", "根因", "根本原因", "时间复杂度", "动态规划", "重构",
    "一步一步", "一步步", "逐步", "严格论证",
];

/// Work that asks for some thought.
#[rustfmt::skip] // It would give each word a line.
const THOUGHTFUL: &[&str] = &[
    "why", "analyze", "analyse", "analysis", "reason", "reasoning", "explain how", "compare",
    "trade-off", "trade-offs", "tradeoff", "tradeoffs", "design", "architecture", "plan",
    "strategy", "roadmap", "migration", "migrate", "optimize", "optimise", "algorithm", "implement",
    "evaluate", "critique", "bug", "crashes", "panics", "exception", "fails", "constraint",
    "constraints", "dependencies", "rollback", "zero downtime", "edge cases", "puzzle", "solve",
    "为什么", "为何", "分析", "推理", "比较", "对比", "权衡", "利弊", "设计", "架构", "规划",
    "方案", "策略", "计划", "迁移", "优化", "算法", "实现", "评估", "报错", "崩溃", "异常", "约束",
    "依赖", "回滚", "原因", "排查", "边界情况", "求解", "解题",
];

#[rustfmt::skip] // It would give each word a line.
const MATHEMATICS: &[&str] = &[
    "\\frac", "\\sum", "\\int", "\\sqrt", "\\begin{", "\\lim", "$$", "\\mathbb", "theorem", "lemma",
    "integral", "derivative", "equation", "equations", "eigenvalue", "eigenvalues", "irrational",
    "prime", "primes", "integer", "integers", "polynomial", "probability", "modulo", "divisible",
    "converges", "convergence", "bijection", "matrix", "inequality", "sqrt", "∑", "∫", "√", "∞",
    "∀", "∃", "∈", "≤", "≥", "≡", "定理", "引理", "积分", "导数", "方程", "特征值", "无理数",
    "有理数", "素数", "质数", "整数", "多项式", "概率", "整除", "收敛", "矩阵", "不等式", "数列",
    "微分", "极限", "根号", "函数f", "勾股",
];

/// Tasks that hardly need thought, whatever the text is about.
#[rustfmt::skip] // It would give each word a line.
const PLAIN: &[&str] = &[
    "translate", "translation", "summarize", "summarise", "summary", "tl;dr", "extract", "classify",
    "proofread", "rephrase", "rewrite", "paraphrase", "spelling", "grammar", "sentiment",
    "翻译", "译成", "总结", "概括", "摘要", "提取", "抽取", "分类", "改写", "润色", "校对", "错别字",
    "情感",
];

/// A plain task is named at the beginning or the end of a prompt; the middle is its subject.
const EDGE: usize = 160;

/// A text in lower case, searched for words.
pub(super) struct Words<'a> {
    text: &'a str,
}

impl<'a> Words<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text }
    }

    /// The number of different cues in the text.
    pub(super) fn hard_cues(&self) -> usize {
        HARD.iter().filter(|word| holds(self.text, word)).count()
    }

    /// The number of different cues in the text.
    pub(super) fn thoughtful_cues(&self) -> usize {
        THOUGHTFUL.iter().filter(|word| holds(self.text, word)).count()
    }

    pub(super) fn is_mathematics(&self) -> bool {
        MATHEMATICS.iter().any(|word| holds(self.text, word))
    }

    pub(super) fn is_plain_task(&self) -> bool {
        let text = self.text.trim();
        let head = text.get(..text.floor_char_boundary(EDGE)).unwrap_or(text);
        let start = text.ceil_char_boundary(text.len().saturating_sub(EDGE));
        let tail = text.get(start..).unwrap_or(text);
        PLAIN.iter().any(|word| holds(head, word) || holds(tail, word))
    }
}

/// Whether the text holds the word, not as a part of a longer one: `prove` is not in `improve`.
/// Chinese has no such borders, nor have symbols.
fn holds(text: &str, word: &str) -> bool {
    let text = text.as_bytes();
    let is_letter = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphabetic);
    let begins_with_letter = is_letter(word.as_bytes().first());
    let ends_with_letter = is_letter(word.as_bytes().last());
    memmem::find_iter(text, word).any(|at| {
        let before = at.checked_sub(1).and_then(|before| text.get(before));
        let after = text.get(at + word.len());
        let goes_on =
            begins_with_letter && is_letter(before) || ends_with_letter && is_letter(after);
        !goes_on
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_not_found_within_another() {
        for (text, word, expected) in [
            ("improve it", "prove", false),
            ("improve and prove.", "prove", true),
            ("proven", "prove", false),
            ("请证明它", "证明", true),
            ("请prove它", "prove", true),
            ("a\\frac12", "\\frac", true),
            ("x≤y", "≤", true),
            ("", "why", false),
        ] {
            assert_eq!(holds(text, word), expected, "{word} in {text}");
        }
    }

    #[test]
    fn every_word_is_in_lower_case_and_stands_once() {
        for list in [HARD, THOUGHTFUL, MATHEMATICS, PLAIN] {
            for (index, word) in list.iter().enumerate() {
                assert_eq!(word.to_ascii_lowercase(), *word);
                assert!(!list[..index].contains(word), "{word} stands twice");
            }
        }
    }

    #[test]
    fn a_plain_task_is_named_at_an_edge() {
        let middle = "a ".repeat(200);
        for (text, expected) in [
            (format!("translate this: {middle}"), true),
            (format!("{middle} 请翻译"), true),
            (format!("{middle} translate {middle}"), false),
        ] {
            assert_eq!(Words::new(&text).is_plain_task(), expected, "{text}");
        }
    }
}
