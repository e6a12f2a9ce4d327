//! Another host: a network namespace of its own, joined to this one by a cable.

use std::net::Ipv4Addr;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::{secs, skip};

/// The namespace lives as long as the process in it, and that one ends with its input: whatever
/// becomes of the test, nothing of it stays.
pub struct Elsewhere {
    holder: Child,
    /// The name of our end of the cable.
    pub cable: String,
    pub own_address: Ipv4Addr,
    /// Where it finds us.
    pub our_address: Ipv4Addr,
}

impl Elsewhere {
    /// `None` where this user may not make one, or its tools are missing; says so.
    pub async fn make() -> Option<Self> {
        let made = Self::try_make().await;
        if let Err(reason) = &made {
            skip(&format!("no host can be made here: {reason}"));
        }
        made.ok()
    }

    async fn try_make() -> Result<Self, String> {
        run("curl", &["--version"]).await?;
        let holder = hold().await?;
        let pid = holder.id().ok_or("the namespace's process has ended")?;
        // Four addresses of the range for tests of networks (RFC 2544), others for each process.
        let [_, _, high, low] = (pid << 2).to_be_bytes();
        let [our_address, own_address] =
            [1, 2].map(|host| Ipv4Addr::new(198, 18, high, low | host));
        let (ours, theirs, pid) = (format!("lr{pid}"), format!("lr{pid}x"), pid.to_string());
        let (here, there) = (format!("{our_address}/30"), format!("{own_address}/30"));
        run("ip", &["link", "add", &ours, "type", "veth", "peer", "name", &theirs]).await?;
        run("ip", &["link", "set", &theirs, "netns", &pid]).await?;
        run("ip", &["address", "add", &here, "dev", &ours]).await?;
        run("ip", &["link", "set", &ours, "up"]).await?;
        run("nsenter", &["-t", &pid, "-n", "ip", "address", "add", &there, "dev", &theirs]).await?;
        run("nsenter", &["-t", &pid, "-n", "ip", "link", "set", &theirs, "up"]).await?;
        Ok(Self { holder, cable: ours, own_address, our_address })
    }

    /// The status and the body of a request from there.
    pub async fn get(&self, port: u16, path: &str, headers: &[&str]) -> (u16, String) {
        let pid = self.holder.id().expect("the namespace is there").to_string();
        let url = format!("http://{}:{port}{path}", self.our_address);
        let mut arguments =
            vec!["-t", &pid, "-n", "curl", "-s", "-m", "10", "-w", "\n%{http_code}"];
        arguments.extend(headers.iter().flat_map(|header| ["-H", header]));
        arguments.push(&url);
        let told = run("nsenter", &arguments).await.unwrap();
        let (body, status) = told.rsplit_once('\n').unwrap();
        (status.parse().unwrap(), body.to_owned())
    }
}

/// A process in a network of its own.
async fn hold() -> Result<Child, String> {
    let mut command = Command::new("unshare");
    command.args(["--net", "sh", "-c", "echo ready; exec cat"]);
    command.kill_on_drop(true).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut holder = command.spawn().map_err(|error| format!("unshare: {error}"))?;
    let mut lines = BufReader::new(holder.stdout.take().ok_or("unshare has no output")?).lines();
    let line = timeout(secs(10), lines.next_line()).await.map_err(|error| error.to_string())?;
    match line.map_err(|error| error.to_string())? {
        Some(_) => Ok(holder),
        None => Err(String::from("this user may not make a network")),
    }
}

/// What it printed, or why it failed.
async fn run(program: &str, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(program).args(arguments).kill_on_drop(true).output();
    let output = timeout(secs(20), output).await.map_err(|error| format!("{program}: {error}"))?;
    let output = output.map_err(|error| format!("{program}: {error}"))?;
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    match output.status.success() {
        true => Ok(text(&output.stdout)),
        false => Err(format!("{program} {}: {}", arguments.join(" "), text(&output.stderr))),
    }
}
