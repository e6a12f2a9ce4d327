//! Where the bytes of an image or of a document are.

use super::blocks::kind;
use super::findings::Findings;
use crate::dialects::json::RawObject;
use crate::dialects::json::fields::{present, text_of};
use crate::dialects::json::write::quoted;

/// The URL of a source, or its data as one, as a JSON string.
pub(super) fn source_url(
    source: Option<&RawObject<'_>>,
    place: &str,
    findings: &mut Findings,
) -> Option<String> {
    let Some(source) = source else {
        findings.cannot_be_sent(place, "Field required");
        return None;
    };
    let found = match &*kind(source) {
        "base64" => data_url(source),
        "url" => present(source, "url").map(|url| url.get().to_owned()),
        "file" => {
            let complaint = "a file that was uploaded to one provider cannot be sent to another; \
                             send its content as `base64`";
            findings.cannot_be_sent(place, complaint);
            return None;
        }
        other => {
            findings.cannot_be_sent(place, &format!("the type `{other}` cannot be translated"));
            return None;
        }
    };
    if found.is_none() {
        findings.cannot_be_sent(place, "Field required");
    }
    found
}

/// The data is copied as it is written: base64 has nothing to escape.
fn data_url(source: &RawObject<'_>) -> Option<String> {
    let media_type = text_of(source, "media_type")?;
    let data = present(source, "data")?.get();
    let head = quoted(&format!("data:{media_type};base64,"));
    let head = head.strip_suffix('"')?;
    let data = data.strip_prefix('"')?;
    let mut url = String::with_capacity(head.len() + data.len());
    url.push_str(head);
    url.push_str(data);
    Some(url)
}
