//! Of which prompts the built-in rules think that they are hard.

use bytes::Bytes;
use llm_router::dialects::Dialect;
use llm_router::dialects::request::ClientRequest;
use llm_router::routing::difficulty::{Verdict, judge};
use proptest::prelude::*;
use serde_json::{Value, json};

fn judged(body: &Value) -> Verdict {
    judged_as_written(body.to_string())
}

fn judged_as_written(body: String) -> Verdict {
    let request = ClientRequest::parse(Dialect::OpenAiChat, Bytes::from(body), None).unwrap();
    judge(&request.last_user_text(), &request.facts.needs)
}

fn judged_text(text: &str) -> Verdict {
    judged(&json!({"messages": [{"role": "user", "content": text}]}))
}

const EASY: &[&str] = &[
    "Hello!",
    "hi, how are you today?",
    "Thanks, that was helpful.",
    "What is the capital of Australia?",
    "Write a haiku about autumn.",
    "Give me three names for a grey cat.",
    "Translate to French: 'The meeting was moved to Thursday because the manager is ill.'",
    "Translate the following abstract into German. We prove a new theorem on the convergence of random matrices and derive a sharp inequality for their eigenvalues.",
    "Extract the names, dates and amounts from this e-mail as JSON: Dear Ms Lopez, on 3 May we received 250 euros from Mr Chen for invoice 8812. Kind regards, Anna Weber",
    "Summarize this in one sentence: The council voted on Tuesday to extend the tram line to the harbour. Works begin in March and will cost 40 million.",
    "Classify the sentiment as positive or negative: 'The screen is gorgeous, but the battery dies by noon.'",
    "Fix the spelling: 'teh qiuck borwn fox'",
    "What time is it in Tokyo when it is noon in Paris?",
    "Why is the sky blue?",
    "How do I improve my handwriting?",
    "你好",
    "今天天气怎么样？",
    "中国的首都是哪里？",
    "帮我写一条生日祝福，给我妈妈。",
    "把下面这句话翻译成英文：会议改到星期四，因为经理生病了。",
    "请把这段摘要译成英文：本文证明了随机矩阵特征值的一个新定理，并推导出一个不等式。",
    "从下面的文字中提取姓名和电话：张伟，电话13800000000，住在上海市浦东新区。",
    "总结一下这段话：市议会周二投票决定延长有轨电车线路，工程三月开工。",
    "为什么天空是蓝色的？",
    "帮我开一份在职证明的模板。",
    "给这条评论分类：屏幕很漂亮，但是电池不耐用。",
];

const HARD: &[&str] = &[
    "Prove that the square root of 2 is irrational.",
    "Hello, can you help me prove that 7^n - 1 is divisible by 6 for all integers n > 0? Thanks!",
    "Prove that there are infinitely many primes of the form 4k+3.",
    "Derive the closed form of $$\\sum_{k=0}^{n} k \\binom{n}{k}$$ and explain each step.",
    "Solve step by step: a train leaves A at 9:00 with 80 km/h, another leaves B at 9:30 with 100 km/h, the distance is 410 km. Set up the equations. When do they meet?",
    "My service deadlocks under load, about once an hour. Debug this and find the root cause:\n```rust\nlet a = first.lock().unwrap();\nlet b = second.lock().unwrap();\n```",
    "This crashes with `IndexError: list index out of range`, why?\n```python\ndef last(xs):\n    for i in range(len(xs) + 1):\n        if xs[i] is None:\n            return xs[i - 1]\n```\nAnalyze it and give a fix that handles all edge cases.",
    "Plan the migration of our 40 services from one data centre to the cloud with zero downtime:\n1. order the services by their dependencies\n2. describe the rollback of each phase\n3. compare the costs and trade-offs of two providers\n4. name the risks",
    "Design a rate limiter for a distributed gateway. Compare token bucket and sliding window, analyze the trade-offs under clock skew, and describe the algorithm for failover.",
    "Refactor this and keep the behaviour, then tell its time complexity:\nfunction f(a) {\n  let r = [];\n  for (let i = 0; i < a.length; i++) {\n    if (!r.includes(a[i])) {\n      r.push(a[i]);\n    }\n  }\n  return r;\n}",
    "证明根号2是无理数。",
    "你好！请帮我证明根号2是无理数，谢谢。",
    "请证明：对任意正整数n，n³−n能被6整除。",
    "推导正态分布的最大似然估计，并说明为什么方差的估计是有偏的。概率论背景可以略去。",
    "一步一步求解方程 x³ − 6x² + 11x − 6 = 0。",
    "我的服务每隔一小时就会死锁，请调试并找出根本原因：\n```go\nmu.Lock()\ndefer mu.Unlock()\nch <- v\n```",
    "为我们的电商系统设计一个分布式库存方案，分析强一致与最终一致的利弊，比较两种架构，并给出迁移和回滚的计划。",
    "请规划从单体到微服务的迁移：\n1、列出服务之间的依赖\n2、给出每一步的回滚方案\n3、评估风险\n4、比较两家云厂商",
];

#[test]
fn easy_prompts_stay_below_the_middle() {
    for text in EASY {
        let verdict = judged_text(text);
        assert!(verdict.score < 0.5, "{verdict:?}: {text}");
    }
}

#[test]
fn hard_prompts_come_above_the_middle() {
    for text in HARD {
        let verdict = judged_text(text);
        assert!(verdict.score > 0.5, "{verdict:?}: {text}");
    }
}

#[test]
fn a_prompt_is_judged_alike_however_it_is_written() {
    for text in HARD.iter().chain(EASY) {
        let plain = judged_text(text);
        let parts = json!([{"type": "text", "text": text}]);
        assert_eq!(judged(&json!({"messages": [{"role": "user", "content": parts}]})), plain);
        let escape = |c: char| match c {
            '\n' => String::from("\\n"),
            '"' | '\\' => format!("\\{c}"),
            _ if c.is_ascii() => c.to_string(),
            _ => format!("\\u{:04x}", c as u32),
        };
        let escaped: String = text.chars().map(escape).collect();
        let body = format!(r#"{{"messages":[{{"role":"user","content":"{escaped}"}}]}}"#);
        assert_eq!(judged_as_written(body), plain, "{text}");
    }
}

#[test]
fn long_code_is_hard() {
    let line = "    total = total + weights[i] * values[i]\n";
    let code = format!("def f(weights, values):\n{}", line.repeat(40));
    let verdict = judged_text(&format!("Add unit tests for this.\n```python\n{code}```"));
    assert!(verdict.score > 0.5, "{verdict:?}");
    assert_eq!(verdict.reasons, ["not a short text", "long code"]);
    assert!(judged_text("Add unit tests for this.\n```\nf(1)\n```").score < 0.5);
}

#[test]
fn length_alone_is_not_hard() {
    let story = "The harbour lay quiet in the morning and the boats came home. ".repeat(800);
    let verdict = judged_text(&story);
    assert!(verdict.score < 0.5, "{verdict:?}");
    assert_eq!(verdict.reasons, ["very long text", "long conversation"]);
    assert!(judged_text(&format!("Summarize:\n{story}")).score < 0.2);
}

#[test]
fn each_rule_adds_its_points() {
    let question = json!({"role": "user", "content": "And the next one"});
    let tool = json!({"type": "function", "function": {"name": "f"}});
    let base = judged(&json!({"messages": [question]}));
    assert_eq!((base.score, base.reasons), (0.0, vec![]));
    for (body, score, reason) in [
        (json!({"messages": vec![&question; 5]}), 0.05, "several turns"),
        (json!({"messages": vec![&question; 10]}), 0.10, "many turns"),
        (json!({"messages": [question], "tools": [tool]}), 0.15, "tools"),
        (
            json!({"messages": [question], "response_format": {"type": "json_schema"}}),
            0.05,
            "structured output",
        ),
        (
            json!({"messages": [{"role": "system", "content": "rule ".repeat(4_000)}, question]}),
            0.05,
            "long conversation",
        ),
        (json!({"messages": [{"role": "user", "content": "a? b? c?"}]}), 0.15, "several tasks"),
        (
            json!({"messages": [{"role": "user", "content": "1. a\n2) b\n3、c"}]}),
            0.15,
            "several tasks",
        ),
        (json!({"messages": [{"role": "user", "content": "2 ≤ 3"}]}), 0.20, "mathematics"),
        (
            json!({"messages": [{"role": "user", "content": "Prove it"}]}),
            0.35,
            "asks for hard work",
        ),
        (json!({"messages": [{"role": "user", "content": "But why"}]}), 0.20, "asks for thought"),
    ] {
        let verdict = judged(&body);
        assert_eq!((verdict.score, verdict.reasons), (score, vec![reason]));
    }
    let url = judged_text("https://a/?b https://a/?c https://a/?d");
    assert_eq!(url.reasons, Vec::<&str>::new());
}

proptest! {
    #[test]
    fn a_score_is_a_share(text in "(证明|prove|why|\\?|\\n|1\\. |;|```|[a-z ]|\\PC){0,60}", times in 1..40_usize) {
        let text = text.repeat(times);
        let verdict = judged_text(&text);
        prop_assert!((0.0..=1.0).contains(&verdict.score));
        prop_assert_eq!(judged_text(&text), verdict);
    }
}
