//! Credentials that systemd passes (`LoadCredential=NAME:PATH`): the file `NAME` in
//! `$CREDENTIALS_DIRECTORY` stands for the variable `NAME`, unless the environment sets it. A value
//! is never part of a message.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::variable::{is_word, shown};

/// systemd's own limit for all credentials of a service.
const MOST_BYTES: u64 = 1024 * 1024;

/// What lies in the directory.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Found {
    pub names: Vec<String>,
    pub problems: Vec<String>,
    /// The reason not to start: an unreadable setting may restrict who may call.
    pub refusal: Option<String>,
}

/// The credential that stands for a variable. One that cannot be read counts as absent; the start
/// reports it.
pub fn find(name: &str) -> Option<String> {
    read(&directory()?, name).ok().flatten()
}

/// Reads all of them once, for their problems.
pub fn read_all() -> Found {
    directory().map(|directory| read_in(&directory)).unwrap_or_default()
}

fn directory() -> Option<PathBuf> {
    std::env::var_os("CREDENTIALS_DIRECTORY").filter(|path| !path.is_empty()).map(PathBuf::from)
}

fn read_in(directory: &Path) -> Found {
    let mut found = Found::default();
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) => {
            found.refusal = Some(format!(
                "the credentials of CREDENTIALS_DIRECTORY cannot be read ({error}), and may restrict \
                 who may call: make `{}` readable, or unset the variable",
                directory.display()
            ));
            return found;
        }
    };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut names: Vec<String> = names.filter(|name| is_word(name)).collect();
    names.sort_unstable();
    for name in &names {
        let Err(error) = read(directory, name) else { continue };
        let what = format!("the credential {} cannot be read ({error})", shown(name));
        match name.starts_with("LLM_ROUTER_") {
            true => found.refusal = Some(format!("{what}: see LoadCredential= of the service")),
            false => found.problems.push(format!("{what} and is not used")),
        }
    }
    found.names = names;
    found
}

/// The text of the file without the line ends behind it; nothing where there is no file or no text.
fn read(directory: &Path, name: &str) -> io::Result<Option<String>> {
    // Only a variable's name: it leads nowhere else.
    if !is_word(name) {
        return Ok(None);
    }
    let file = match File::open(directory.join(name)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut text = String::new();
    let read = file.take(MOST_BYTES + 1).read_to_string(&mut text).map_err(|error| match error
        .kind()
    {
        io::ErrorKind::InvalidData => io::Error::other("it is not UTF-8"),
        _ => error,
    })?;
    if read as u64 > MOST_BYTES {
        return Err(io::Error::other("it is larger than 1 MiB"));
    }
    let text = text.trim_end_matches(['\r', '\n']);
    Ok(Some(text).filter(|text| !text.is_empty()).map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_is_the_text_of_its_file_without_the_line_end() {
        let folder = tempfile::tempdir().unwrap();
        for (text, expected) in [
            ("sk-1", Some("sk-1")),
            ("sk-1\n", Some("sk-1")),
            (" sk-1 \r\n\n", Some(" sk-1 ")),
            ("a\nb\n", Some("a\nb")),
            ("\n", None),
            ("", None),
        ] {
            std::fs::write(folder.path().join("A_KEY"), text).unwrap();
            assert_eq!(read(folder.path(), "A_KEY").unwrap().as_deref(), expected, "{text:?}");
        }
        assert_eq!(read(folder.path(), "OTHER").unwrap(), None);
        assert_eq!(read(&folder.path().join("none"), "A_KEY").unwrap(), None);
        assert_eq!(read(folder.path(), "../A_KEY").unwrap(), None);
    }

    #[test]
    fn what_cannot_be_read_is_reported_without_its_text() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| {
            std::fs::write(folder.path().join(name), bytes).unwrap();
        };
        write("GOOD_KEY", b"sk-1\n");
        write("BAD_KEY", b"sk-\xff");
        write("LONG_KEY", &vec![b'x'; 1024 * 1024 + 1]);
        write("tls.key", b"\xff");
        std::fs::create_dir(folder.path().join("FOLDER")).unwrap();
        let found = read_in(folder.path());
        assert_eq!(found.names, ["BAD_KEY", "FOLDER", "GOOD_KEY", "LONG_KEY"]);
        assert_eq!(found.refusal, None);
        insta::assert_snapshot!(found.problems.join("\n"), @"
        the credential BAD_KEY cannot be read (it is not UTF-8) and is not used
        the credential FOLDER cannot be read (Is a directory (os error 21)) and is not used
        the credential LONG_KEY cannot be read (it is larger than 1 MiB) and is not used
        ");

        write("LLM_ROUTER_API_KEYS", b"\xff");
        insta::assert_snapshot!(
            read_in(folder.path()).refusal.unwrap(),
            @"the credential LLM_ROUTER_API_KEYS cannot be read (it is not UTF-8): see LoadCredential= of the service"
        );
        let absent = read_in(&folder.path().join("none")).refusal.unwrap();
        assert!(absent.starts_with("the credentials of CREDENTIALS_DIRECTORY cannot be read"));
    }
}
