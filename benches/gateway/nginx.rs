//! nginx, started by the bench itself below a temporary directory; no system service is used or left running.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::affinity::Cores;
use crate::child::ChildProcess;
use crate::cpu::family;
use crate::machine::free_port;

const TEMPLATE: &str = include_str!("nginx.conf");

pub struct Nginx {
    process: ChildProcess,
    /// For whole answers.
    pub whole: SocketAddr,
    /// For streams, without buffering.
    pub streamed: SocketAddr,
    /// Removed after the process has ended.
    _directory: TempDir,
}

impl Nginx {
    /// Installs the package when it is missing, then starts it with `workers` workers in front of `upstream`.
    pub async fn start(upstream: SocketAddr, workers: usize, cores: &Cores) -> Result<Self> {
        let program = match find() {
            Some(program) => program,
            None => install()?,
        };
        let (whole, streamed) = (free_port()?, free_port()?);
        let config = TEMPLATE
            .replace("@WORKERS@", &workers.to_string())
            .replace("@UPSTREAM@", &upstream.port().to_string())
            .replace("@WHOLE@", &whole.to_string())
            .replace("@STREAMED@", &streamed.to_string());
        let directory = tempfile::Builder::new().prefix("bench-nginx-").tempdir()?;
        std::fs::write(directory.path().join("nginx.conf"), config)?;
        let mut command = Command::new(program);
        command.arg("-p").arg(directory.path()).args(["-c", "nginx.conf", "-e", "error.log"]);
        command.stdin(Stdio::null());
        let child = cores.for_proxy(|| command.spawn())?.context("nginx did not start")?;
        let mut nginx = Self {
            process: ChildProcess::new("nginx", child),
            whole: SocketAddr::from((Ipv4Addr::LOCALHOST, whole)),
            streamed: SocketAddr::from((Ipv4Addr::LOCALHOST, streamed)),
            _directory: directory,
        };
        timeout(Duration::from_secs(10), nginx.wait_until_it_listens())
            .await
            .context("nginx does not listen")??;
        Ok(nginx)
    }

    async fn wait_until_it_listens(&mut self) -> Result<()> {
        while TcpStream::connect(self.streamed).await.is_err() {
            ensure!(self.process.ended()?.is_none(), "nginx ended; its message is above");
            sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// The master and its workers.
    pub fn pids(&self) -> Result<Vec<u32>> {
        family(self.process.id())
    }

    pub fn stop(self) -> Result<()> {
        self.process.stop(Duration::from_secs(10))
    }
}

/// Also where an ordinary user's `PATH` does not look.
fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from))
        .map(|directory| directory.join("nginx"))
        .find(|program| program.is_file())
}

const BY_HAND: &str = "install nginx by hand (`sudo apt-get install nginx-light`), or leave it out with `--routes direct,router`";

fn install() -> Result<PathBuf> {
    eprintln!("nginx is missing: installing Debian's package nginx-light");
    ensure!(Path::new("/usr/bin/apt-get").exists(), "no nginx and no apt-get here; {BY_HAND}");
    let apt = |arguments: &[&str]| -> Result<()> {
        let mut command = Command::new("apt-get");
        command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null());
        // The bench's own output is the table.
        let status = command.stdout(Stdio::null()).status()?;
        ensure!(
            status.success(),
            "`apt-get {}` failed with {status}; {BY_HAND}",
            arguments.join(" ")
        );
        Ok(())
    };
    apt(&["update", "-q"])?;
    apt(&["install", "-q", "-y", "--no-install-recommends", "nginx-light"])?;
    // The package may have started a service on port 80; there was none before.
    let service = |verb: &str| {
        let command = Command::new("service")
            .args(["nginx", verb])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        command.is_ok_and(|status| status.success())
    };
    if service("status") {
        ensure!(service("stop"), "the nginx service that the package started does not stop");
    }
    find().context("nginx-light is installed, but there is no nginx program")
}
