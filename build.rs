//! Unpacks the two files of Swagger UI that `/docs` serves. The crate that brings them holds all
//! of them in one archive, with source maps of several times their size. Nothing is downloaded.
//! And has a release build follow the console's files, which it embeds.

use std::error::Error;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED;
use zip::ZipArchive;

const WANTED: [&str; 2] = ["swagger-ui-bundle.js", "swagger-ui.css"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    follow_console();
    let folder = PathBuf::from(env::var("OUT_DIR")?);
    let mut archive = ZipArchive::new(Cursor::new(SWAGGER_UI_VENDORED))?;
    for index in 0..archive.len() {
        let mut file = archive.by_index(index)?;
        let Some(path) =
            file.enclosed_name().filter(|path| path.iter().nth(1) == Some("dist".as_ref()))
        else {
            continue;
        };
        if let Some(name) = WANTED.into_iter().find(|name| path.file_name() == Some(name.as_ref()))
        {
            io::copy(&mut file, &mut fs::File::create(folder.join(name))?)?;
        }
    }
    Ok(())
}

/// A debug build reads the console's files when they are asked for, and needs no new build for them.
fn follow_console() {
    if env::var("PROFILE").is_ok_and(|profile| profile != "release") {
        return;
    }
    // While the folder is not there, its parent: cargo takes what is missing for always changed.
    let folder = if Path::new("frontend/dist").exists() { "frontend/dist" } else { "frontend" };
    println!("cargo::rerun-if-changed={folder}");
}
