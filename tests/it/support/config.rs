//! Writes a router.toml, line by line.

use super::upstream::Upstream;

/// Each candidate is called once and no circuit opens, so that calls of a test are distinct.
const PATIENT: &str = "[routing]\nmax_backoff = 0.001\nbackoff = 0.001\nmax_attempts = 3\nretries = 0\n\
[routing.circuit]\nfailures = 1000000\nmin_calls = 30000\nbilling_rest = 0.001\nmax_rest = 0.001\n";

#[derive(Clone, Debug)]
pub struct Config {
    head: String,
    routing: String,
    providers: String,
    models: String,
}

impl Config {
    pub fn new() -> Self {
        Self {
            head: String::from("[server]\nworkers = 2\n"),
            routing: String::from(PATIENT),
            providers: String::new(),
            models: String::new(),
        }
    }

    /// One provider `up` at the upstream, with the model `gpt-x`.
    pub fn with(upstream: &Upstream) -> Self {
        Self::new().provider("up", &upstream.base_url()).model("up", "gpt-x", "")
    }

    /// So that all calls share the worker's pooled connections.
    pub fn one_worker(mut self) -> Self {
        self.head = self.head.replace("workers = 2", "workers = 1");
        self
    }

    /// Further lines of `[server]`.
    pub fn server(mut self, lines: &str) -> Self {
        self.head.push_str(lines);
        self.head.push('\n');
        self
    }

    /// `[routing]` and its tables, in place of the tests' own.
    pub fn routing(mut self, text: &str) -> Self {
        text.clone_into(&mut self.routing);
        self
    }

    /// Whole tables, such as `[timeouts]`.
    pub fn tables(mut self, text: &str) -> Self {
        self.providers.push_str(text);
        self.providers.push('\n');
        self
    }

    pub fn provider(self, name: &str, base_url: &str) -> Self {
        self.provider_with(name, base_url, "api_key = \"sk-upstream\"")
    }

    /// `lines` follow the provider's own, and may open `[providers.settings]`.
    pub fn provider_with(mut self, name: &str, base_url: &str, lines: &str) -> Self {
        self.providers.push_str(&format!(
            "[[providers]]\nname = \"{name}\"\ntype = \"openai_compatible\"\nbase_url = \"{base_url}\"\n{lines}\n"
        ));
        self
    }

    /// `lines` follow the model's own, and may open `[models.config]`.
    pub fn model(mut self, provider: &str, name: &str, lines: &str) -> Self {
        self.models.push_str(&format!(
            "[[models]]\nname = \"{name}\"\nprovider = \"{provider}\"\n{lines}\n"
        ));
        self
    }

    pub fn text(&self) -> String {
        format!("{}{}\n{}{}", self.head, self.routing, self.providers, self.models)
    }
}
