//! `[telemetry]`: where traces are exported to. OpenTelemetry's own variables win over the file.
//!
//! Source: <https://opentelemetry.io/docs/specs/otel/protocol/exporter/>.

use percent_encoding::percent_decode_str;
use url::Url;

use super::egress::EgressPolicy;
use super::provider_entry::is_header_name;
use super::reader::TableReader;
use super::substitution::Lookup;
use crate::domain::secret::Secret;

/// Where the traces of a collector's base address are.
const TRACES: &str = "v1/traces";

const SERVICE_NAME: &str = "llm-router";

/// What says how the body is read is the router's to say.
const OWN_HEADERS: [&str; 5] =
    ["host", "content-type", "content-length", "content-encoding", "transfer-encoding"];

#[derive(Clone, Debug, PartialEq)]
pub struct TelemetrySection {
    /// Takes `ExportTraceServiceRequest`s as JSON.
    pub endpoint: Url,
    pub headers: Vec<(String, Secret)>,
    pub is_compressed: bool,
    pub service_name: String,
    /// The share of the traces beginning here that is exported, 0 to 1.
    pub sample_ratio: f64,
}

/// `None` where no traces are exported.
pub fn read_telemetry(
    root: &TableReader<'_>,
    egress: EgressPolicy,
    env: Lookup<'_>,
) -> Option<TelemetrySection> {
    let variables = Variables { root, env, egress };
    let of_file = root.table("telemetry").map(|table| read_file(table, egress));
    let File { endpoint, headers, is_compressed, service_name, sample_ratio } =
        of_file.unwrap_or_default();
    if env("OTEL_SDK_DISABLED").is_some_and(|value| value.trim().eq_ignore_ascii_case("true")) {
        return None;
    }
    // The file's headers may hold a key for the file's endpoint.
    let (endpoint, headers) = match variables.endpoint() {
        Some(endpoint) => (endpoint, Vec::new()),
        None => (endpoint?, headers),
    };
    Some(TelemetrySection {
        endpoint,
        headers: variables.headers().unwrap_or(headers),
        is_compressed,
        service_name: env("OTEL_SERVICE_NAME")
            .filter(|name| !name.trim().is_empty())
            .or(service_name)
            .unwrap_or_else(|| String::from(SERVICE_NAME)),
        sample_ratio: sample_ratio.unwrap_or(1.0),
    })
}

#[derive(Default)]
struct File {
    endpoint: Option<Url>,
    headers: Vec<(String, Secret)>,
    is_compressed: bool,
    service_name: Option<String>,
    sample_ratio: Option<f64>,
}

fn read_file(table: TableReader<'_>, egress: EgressPolicy) -> File {
    let file = File {
        endpoint: read_endpoint(&table, egress),
        headers: read_headers(&table),
        is_compressed: read_compression(&table),
        service_name: table.string("service_name").filter(|name| !name.trim().is_empty()),
        sample_ratio: table.f64("sample_ratio", 0.0, 1.0).or(table.f64("sample", 0.0, 1.0)),
    };
    if !table.has("otlp_endpoint") && !table.is_empty() {
        let message = "nothing of it has an effect without `otlp_endpoint`, unless \
            OTEL_EXPORTER_OTLP_ENDPOINT is set";
        table.warning(table.at, message);
    }
    table.finish();
    file
}

fn read_endpoint(table: &TableReader<'_>, egress: EgressPolicy) -> Option<Url> {
    let written = table.located_string("otlp_endpoint")?;
    if written.value.is_empty() {
        return None;
    }
    match base_of(&written.value, egress) {
        Ok(base) => Some(traces_at(base)),
        Err(problem) => {
            table.error(written.at, format!("`otlp_endpoint` is not usable: {problem}"));
            None
        }
    }
}

fn base_of(text: &str, egress: EgressPolicy) -> Result<Url, String> {
    let url = Url::parse(text.trim()).map_err(|error| error.to_string())?;
    let problem = if !matches!(url.scheme(), "http" | "https") {
        Some("the scheme must be http or https")
    } else if !url.username().is_empty() || url.password().is_some() {
        Some("it may hold no user and no password; write them into `otlp_headers`")
    } else if url.query().is_some() || url.fragment().is_some() {
        Some("it may hold no query and no fragment")
    } else if url.port() == Some(4317) {
        Some("4317 is the port of OTLP over gRPC; OTLP over HTTP has port 4318")
    } else {
        None
    };
    match problem.map(str::to_owned).or_else(|| egress.refuse(&url)) {
        Some(problem) => Err(problem),
        None => Ok(url),
    }
}

/// The base address with the path of traces, unless it has that already.
fn traces_at(mut base: Url) -> Url {
    let path = base.path().trim_end_matches('/').to_owned();
    let path = match path.ends_with(&format!("/{TRACES}")) {
        true => path,
        false => format!("{path}/{TRACES}"),
    };
    base.set_path(&path);
    base
}

fn read_headers(table: &TableReader<'_>) -> Vec<(String, Secret)> {
    let at = table.any("otlp_headers").map_or(table.at, |written| written.at);
    let headers = table.string_map("otlp_headers").unwrap_or_default();
    let mut read = Vec::with_capacity(headers.len());
    for (name, value) in headers {
        match header(&name, &value) {
            Ok(header) => read.push(header),
            Err(problem) => {
                table.error_of("otlp_headers", at, format!("`otlp_headers` holds {problem}"));
            }
        }
    }
    read
}

fn header(name: &str, value: &str) -> Result<(String, Secret), String> {
    let name = name.trim().to_ascii_lowercase();
    if !is_header_name(&name) || !value.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        // The two may have been swapped.
        return Err(String::from("a name or value that no HTTP header can carry"));
    }
    if OWN_HEADERS.contains(&name.as_str()) {
        return Err(format!("`{name}`, which the router sets itself"));
    }
    Ok((name, Secret::new(value)))
}

fn read_compression(table: &TableReader<'_>) -> bool {
    let Some(written) = table.located_string("otlp_compression") else { return false };
    match written.value.as_str() {
        "gzip" => true,
        "none" => false,
        _ => {
            table.error(written.at, "`otlp_compression` must be \"gzip\" or \"none\"");
            false
        }
    }
}

/// OpenTelemetry's variables. One that cannot be used is left out with a warning: it may be meant
/// for another program.
struct Variables<'a> {
    root: &'a TableReader<'a>,
    env: Lookup<'a>,
    egress: EgressPolicy,
}

impl Variables<'_> {
    fn endpoint(&self) -> Option<Url> {
        for (name, is_base) in
            [("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", false), ("OTEL_EXPORTER_OTLP_ENDPOINT", true)]
        {
            let Some(text) = (self.env)(name).filter(|text| !text.trim().is_empty()) else {
                continue;
            };
            match base_of(&text, self.egress) {
                Ok(base) if is_base => return Some(traces_at(base)),
                Ok(whole) => return Some(whole),
                Err(problem) => self.warn(name, &problem),
            }
        }
        None
    }

    /// `name=value` pairs, the values percent-encoded.
    fn headers(&self) -> Option<Vec<(String, Secret)>> {
        let names = ["OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"];
        let (name, text) = names.into_iter().find_map(|name| Some((name, (self.env)(name)?)))?;
        let mut headers = Vec::new();
        for pair in text.split(',').filter(|pair| !pair.trim().is_empty()) {
            let Some((key, value)) = pair.split_once('=') else {
                self.warn(name, "it is no list of `name=value`");
                continue;
            };
            let value = percent_decode_str(value.trim()).decode_utf8_lossy();
            match header(key, &value) {
                Ok(header) => headers.push(header),
                Err(problem) => self.warn(name, &format!("it holds {problem}")),
            }
        }
        Some(headers)
    }

    fn warn(&self, name: &str, problem: &str) {
        let message = format!("the environment variable {name} is not used: {problem}");
        self.root.warning(self.root.at, message);
    }
}

#[cfg(test)]
mod tests {
    use super::super::file::read_with;
    use super::super::problems::tests::problems_of;
    use super::*;

    fn read(text: &str, variables: &[(&str, &str)]) -> Option<TelemetrySection> {
        let env = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        read_with(text, &env).unwrap().0.telemetry
    }

    fn shown(read: Option<TelemetrySection>) -> String {
        let Some(TelemetrySection { endpoint, headers, service_name, sample_ratio, .. }) = read
        else {
            return String::from("off");
        };
        let headers = headers.iter().map(|(name, value)| format!(" {name}={}", value.expose()));
        format!("{endpoint} {service_name} {sample_ratio}{}", headers.collect::<String>())
    }

    const FILE: &str = "[telemetry]\notlp_endpoint = \"http://file:4318\"\nservice_name = \"f\"\n\
        otlp_headers = { X-Key = \"${KEY:-k}\" }\nsample_ratio = 0.5\n";

    #[test]
    fn traces_go_to_the_path_of_traces_once() {
        for (written, expected) in [
            ("http://c:4318", "http://c:4318/v1/traces"),
            ("http://c:4318/", "http://c:4318/v1/traces"),
            ("https://c/otlp/", "https://c/otlp/v1/traces"),
            ("https://c/v1/traces", "https://c/v1/traces"),
        ] {
            let text = format!("[telemetry]\notlp_endpoint = \"{written}\"\n");
            assert_eq!(read(&text, &[]).unwrap().endpoint.as_str(), expected);
        }
        let own = [("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://c:1/own/path")];
        assert_eq!(read("[server]\n", &own).unwrap().endpoint.as_str(), "http://c:1/own/path");
    }

    #[test]
    fn a_variable_wins_over_the_file_and_takes_none_of_its_keys_along() {
        assert_eq!(shown(read(FILE, &[])), "http://file:4318/v1/traces f 0.5 x-key=k");
        let base = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://env:4318");
        let headers = ("OTEL_EXPORTER_OTLP_HEADERS", "A=1%202, b = c ,");
        assert_eq!(shown(read(FILE, &[base])), "http://env:4318/v1/traces f 0.5");
        assert_eq!(
            shown(read(FILE, &[base, headers, ("OTEL_SERVICE_NAME", "e")])),
            "http://env:4318/v1/traces e 0.5 a=1 2 b=c"
        );
        assert_eq!(shown(read(FILE, &[headers])), "http://file:4318/v1/traces f 0.5 a=1 2 b=c");
        assert_eq!(shown(read(FILE, &[("KEY", "v")])), "http://file:4318/v1/traces f 0.5 x-key=v");
        assert_eq!(shown(read(FILE, &[("OTEL_SDK_DISABLED", "true")])), "off");
        assert_eq!(shown(read("[server]\n", &[headers])), "off");
    }

    #[test]
    fn a_variable_that_cannot_be_used_is_a_warning_without_its_value() {
        let env = |name: &str| match name {
            "OTEL_EXPORTER_OTLP_ENDPOINT" => Some(String::from("grpc://SECRET:4317")),
            "OTEL_EXPORTER_OTLP_HEADERS" => Some(String::from("SECRET,host=SECRET,a b=SECRET,c=1")),
            _ => None,
        };
        let (file, warnings) = read_with(FILE, &env).unwrap();
        assert_eq!(shown(file.telemetry), "http://file:4318/v1/traces f 0.5 c=1");
        let warnings: String = warnings.iter().map(|warning| format!("{warning}\n")).collect();
        insta::assert_snapshot!(warnings, @r"
        1:1: warning: the environment variable OTEL_EXPORTER_OTLP_ENDPOINT is not used: the scheme must be http or https
        1:1: warning: the environment variable OTEL_EXPORTER_OTLP_HEADERS is not used: it is no list of `name=value`
        1:1: warning: the environment variable OTEL_EXPORTER_OTLP_HEADERS is not used: it holds `host`, which the router sets itself
        1:1: warning: the environment variable OTEL_EXPORTER_OTLP_HEADERS is not used: it holds a name or value that no HTTP header can carry
        ");
    }

    #[test]
    fn a_problem_is_reported_with_its_place() {
        insta::assert_snapshot!(
            problems_of(
                "[telemetry]\notlp_endpoint = \"collector:4318\"\nsample_ratio = 2\n\
                 otlp_headers = { host = \"x\", \"a b\" = \"SECRET\" }\notlp_compression = \"br\"\n\
                 otlp_endpiont = 1\n"
            ),
            @r#"
        2:17: error: [telemetry] `otlp_endpoint` is not usable: the scheme must be http or https
        3:16: error: [telemetry] `sample_ratio` must be from 0 to 1
        4:16: error: [telemetry] `otlp_headers` holds `host`, which the router sets itself
        4:16: error: [telemetry] `otlp_headers` holds a name or value that no HTTP header can carry
        5:20: error: [telemetry] `otlp_compression` must be "gzip" or "none"
        6:1: warning: [telemetry] unknown key `otlp_endpiont`; did you mean `otlp_endpoint`?
        "#
        );
        for (url, problem) in [
            ("collector", "relative URL without a base"),
            ("http://u:p@c:4318", "no user and no password"),
            ("http://c:4318?key=1", "no query"),
            ("http://c:4317", "gRPC"),
            ("http://169.254.169.254", "link-local"),
        ] {
            let told = problems_of(&format!("[telemetry]\notlp_endpoint = \"{url}\"\n"));
            assert!(told.starts_with("2:17: error: [telemetry]"), "{told}");
            assert!(told.contains(problem), "{told}");
        }
        let number = "[telemetry]\notlp_endpoint = \"http://c\"\notlp_headers = { a = 7355608 }\n";
        assert!(!problems_of(number).contains("7355608"), "{}", problems_of(number));
        assert!(problems_of("[telemetry]\nsample = 1\n").contains("without `otlp_endpoint`"));
    }
}
