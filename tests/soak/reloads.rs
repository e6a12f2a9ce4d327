//! The configuration, saved every few seconds: valid with another model each time, and broken, in turn.

use std::path::Path;
use std::time::Duration;

/// Between two saves.
const PAUSE: Duration = Duration::from_secs(2);

/// Ten names in all: a model that leaves the file stays in the database.
pub async fn run(path: &Path, config: &str, length: Duration) -> u64 {
    let end = tokio::time::Instant::now() + length;
    let mut saves = 0;
    while tokio::time::Instant::now() + PAUSE < end {
        tokio::time::sleep(PAUSE).await;
        saves += 1;
        let other = format!("\n[[models]]\nname = \"save-{}\"\nprovider = \"one\"\n", saves % 10);
        let broken = if saves % 2 == 0 { "[[models\n" } else { "" };
        std::fs::write(path, format!("{config}{other}{broken}")).unwrap();
    }
    std::fs::write(path, config).unwrap();
    saves
}
