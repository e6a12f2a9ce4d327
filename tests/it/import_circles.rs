//! Files of one room import each other in one direction. A `mod.rs` is apart: it names what it holds.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::architecture::sources;

/// `src/relay/stream.rs` is `relay::stream`, `src/relay/mod.rs` is `relay`.
type Module = Vec<String>;

/// The files that a path of the source names, by their modules; each with its text, tests left out.
struct Files(BTreeMap<Module, File>);

struct File {
    is_folder: bool,
    text: String,
}

impl Files {
    fn read(src: &Path) -> Self {
        let files = sources(src).into_iter().map(|path| {
            let inside = path.strip_prefix(src).unwrap().with_extension("");
            let mut module: Module =
                inside.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
            let is_folder = module.last().unwrap() == "mod";
            if is_folder {
                module.pop();
            }
            (module, File { is_folder, text: code(&std::fs::read_to_string(path).unwrap()) })
        });
        Self(files.filter(|(module, _)| !module.iter().any(|name| name == "tests")).collect())
    }

    /// Other files of the same room that a file names.
    fn imports(&self, module: &Module) -> BTreeSet<&Module> {
        let is_part = |at: usize, text: &str| {
            text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':')
        };
        let text = &self.0[module].text;
        let mut found = BTreeSet::new();
        for start in ["crate::", "super::", "self::"] {
            for (at, _) in text.match_indices(start).filter(|(at, _)| !is_part(*at, text)) {
                for path in paths(&text[at..]) {
                    found.extend(self.file_of(module, &path));
                }
            }
        }
        found.retain(|other| *other != module && other.first() == module.first());
        found
    }

    /// The file in which a path from `module` lies: its longest beginning that is one.
    fn file_of(&self, module: &Module, path: &[String]) -> Option<&Module> {
        let mut at = module.clone();
        for name in path {
            match name.as_str() {
                "crate" => at.clear(),
                "self" => {}
                "super" => drop(at.pop()),
                name => {
                    at.push(name.to_owned());
                    if !self.0.contains_key(&at) {
                        at.pop();
                        break;
                    }
                }
            }
        }
        let (module, file) = self.0.get_key_value(&at)?;
        (!file.is_folder).then_some(module)
    }

    /// Every way from a file back to itself, by the shortest one, each circle once.
    fn circles(&self) -> BTreeSet<Vec<String>> {
        let imports: BTreeMap<_, _> =
            self.0.keys().map(|module| (module, self.imports(module))).collect();
        let mut circles = BTreeSet::new();
        for start in self.0.keys() {
            let mut ways = vec![vec![start]];
            let mut seen = BTreeSet::new();
            while !ways.is_empty() {
                let mut longer = Vec::new();
                for way in ways {
                    for next in &imports[way[way.len() - 1]] {
                        if *next == start {
                            let mut circle: Vec<_> =
                                way.iter().map(|module| module.join("/")).collect();
                            circle.sort();
                            circles.insert(circle);
                        } else if seen.insert(*next) {
                            longer.push([way.as_slice(), &[*next]].concat());
                        }
                    }
                }
                ways = longer;
            }
        }
        circles
    }
}

/// The source without comments and without the tests at its end.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap();
    text.lines().map(|line| line.split("//").next().unwrap()).collect::<Vec<_>>().join("\n")
}

/// The paths of a text that begins with one: one, or those of a `use` with braces.
fn paths(text: &str) -> Vec<Vec<String>> {
    let name_end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    let (name, rest) = (text[..name_end].to_owned(), &text[name_end..]);
    let Some(rest) = rest.strip_prefix("::") else { return vec![vec![name]] };
    let further = match rest.strip_prefix('{') {
        Some(inside) => branches(inside).into_iter().flat_map(paths).collect(),
        None => paths(rest),
    };
    further.into_iter().map(|path| [vec![name.clone()], path].concat()).collect()
}

/// What stands between an opened brace and its end, cut at the commas of this depth.
fn branches(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut found) = (0, 0, Vec::new());
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                found.push(text[start..at].trim());
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    found
}

#[test]
fn no_two_files_of_a_room_import_each_other() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    assert_eq!(Files::read(&src).circles(), BTreeSet::new());
}

#[test]
fn a_circle_is_found_however_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("room/mod.rs", "pub use self::a::A;"),
        ("room/a.rs", "use super::{\n    b::{B, C as D},\n    mod_of::X,\n};"),
        ("room/b.rs", "fn f() -> crate::room::c::C {}"),
        ("room/c.rs", "// use super::b;\nuse super::a::A;\n#[cfg(test)]\nmod tests {}"),
        ("room/d.rs", "use super::a;\n#[cfg(test)]\nmod tests { use super::e; }"),
        ("room/e.rs", "use super::d;\nuse crate::room::A;"),
    ] {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let circle = ["room/a", "room/b", "room/c"].map(str::to_owned).to_vec();
    assert_eq!(Files::read(folder.path()).circles(), BTreeSet::from([circle]));
}
