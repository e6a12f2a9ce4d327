//! Difficulty of a prompt, for pairs of a strong and a weak model. A handful of rules over the last
//! text of the user, without a model call: they err, but the same prompt always gets the same
//! score, and the reasons explain it.
//!
//! | rule | points |
//! |---|---|
//! | the last text: about 150, 500, 2,000 tokens and more | 5, 15, 25 |
//! | the whole prompt: about 4,000, 16,000 tokens and more | 5, 15 |
//! | 5, 10 and more messages of the user | 5, 10 |
//! | code in the last text; 25 lines of it and more | 25; 50 |
//! | mathematics in the last text | 20 |
//! | a cue of hard work (`prove`, `debug`, `证明`), else of thought (`why`, `design`, `分析`) | 35, else 20 |
//! | each further cue of either sort, at most three | 12 |
//! | three tasks and more: numbered lines, or question marks | 15 |
//! | tools are offered | 15 |
//! | the answer has a schema | 5 |
//! | a plain task (`translate`, `summarize`, `提取`), where there is no code | −30 |
//!
//! The score is their sum in hundredths, from 0 to 1. From 0.5 on a prompt is hard.
//! Of a long text the first and the last 8 KiB are looked at.

mod cues;

use crate::domain::facts::{LastUserText, Needs};

#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// 0 (easy) to 1 (hard).
    pub score: f64,
    /// The rules that applied, in the order of the table.
    pub reasons: Vec<&'static str>,
}

/// A rule's points and its reason, if it applies.
type Finding = Option<(i32, &'static str)>;

pub fn judge(last: &LastUserText, needs: &Needs) -> Verdict {
    let words = cues::Words::new(&last.text);
    let code_lines = code_lines(&last.text);
    let [first_cue, more_cues] = thought(&words);
    let findings = [
        length(last.tokens),
        conversation(needs.prompt_tokens),
        depth(last.user_messages),
        code(code_lines),
        words.is_mathematics().then_some((20, "mathematics")),
        first_cue,
        more_cues,
        several_tasks(&last.text),
        needs.tools.then_some((15, "tools")),
        needs.structured.then_some((5, "structured output")),
        (code_lines == 0 && words.is_plain_task()).then_some((-30, "plain task")),
    ];
    let points: i32 = findings.iter().flatten().map(|(points, _)| points).sum();
    let reasons = findings.into_iter().flatten().map(|(_, reason)| reason).collect();
    Verdict { score: f64::from(points.clamp(0, 100)) / 100.0, reasons }
}

fn length(tokens: u64) -> Finding {
    match tokens {
        0..150 => None,
        150..500 => Some((5, "not a short text")),
        500..2_000 => Some((15, "long text")),
        2_000.. => Some((25, "very long text")),
    }
}

fn conversation(tokens: u64) -> Finding {
    match tokens {
        0..4_000 => None,
        4_000..16_000 => Some((5, "long conversation")),
        16_000.. => Some((15, "very long conversation")),
    }
}

fn depth(user_messages: usize) -> Finding {
    match user_messages {
        0..5 => None,
        5..10 => Some((5, "several turns")),
        10.. => Some((10, "many turns")),
    }
}

fn code(lines: usize) -> Finding {
    match lines {
        0 => None,
        1..25 => Some((25, "code")),
        25.. => Some((50, "long code")),
    }
}

/// One cue may be chance, several hardly.
fn thought(words: &cues::Words) -> [Finding; 2] {
    const MOST: usize = 3;
    let (hard, thoughtful) = (words.hard_cues(), words.thoughtful_cues());
    let first = match (hard, thoughtful) {
        (0, 0) => None,
        (0, _) => Some((20, "asks for thought")),
        (_, _) => Some((35, "asks for hard work")),
    };
    let further = [12, 24, 36];
    let more = (hard + thoughtful).saturating_sub(1).min(MOST);
    let points = more.checked_sub(1).and_then(|index| further.get(index));
    [first, points.map(|points| (*points, "several cues of thought"))]
}

/// Lines within fences, and lines that end or look like those of a program. One such line alone
/// does not count: prose ends in `:` or `;` too.
fn code_lines(text: &str) -> usize {
    const ENDS: [char; 3] = [';', '{', '}'];
    const BEGINNINGS: [&str; 16] = [
        "def ",
        "fn ",
        "func ",
        "function ",
        "class ",
        "import ",
        "#include",
        "pub ",
        "const ",
        "let ",
        "var ",
        "return ",
        "public ",
        "private ",
        "select ",
        "@",
    ];
    let (mut fenced, mut bare, mut is_fenced) = (0, 0, false);
    for line in text.lines() {
        let (begin, line) = (line.trim_start(), line.trim_end());
        if begin.starts_with("```") {
            is_fenced = !is_fenced;
        } else if is_fenced {
            fenced += usize::from(!begin.is_empty());
        } else if line.ends_with(ENDS)
            || (has_signs(line) && BEGINNINGS.iter().any(|word| begin.starts_with(word)))
        {
            bare += 1;
        }
    }
    fenced + if bare > 1 { bare } else { 0 }
}

fn has_signs(line: &str) -> bool {
    line.contains(['(', '=', '{', '<', ':', '.', '*'])
}

fn several_tasks(text: &str) -> Finding {
    const SEVERAL: usize = 3;
    // A question mark within a word belongs to a URL.
    let follows = |at: usize| text.get(at + 1..).and_then(|rest| rest.chars().next());
    let is_end = |at: usize| follows(at).is_none_or(|next| !next.is_ascii_alphanumeric());
    let ascii = text.match_indices('?').filter(|(at, _)| is_end(*at)).count();
    let questions = ascii + text.matches('？').count();
    let items = text.lines().filter(|line| is_item(line.trim_start())).count();
    (questions.max(items) >= SEVERAL).then_some((15, "several tasks"))
}

/// `1. …`, `2) …`, `3、…`
fn is_item(line: &str) -> bool {
    let rest = line.trim_start_matches(|char: char| char.is_ascii_digit());
    let is_number = (1..=2).contains(&(line.len() - rest.len()));
    is_number
        && (rest.starts_with(". ")
            || rest.starts_with(") ")
            || rest.starts_with(['、', '）', '．']))
}
