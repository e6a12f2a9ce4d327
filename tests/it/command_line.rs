//! The binary as an operator uses it.

use tokio::io::AsyncReadExt;
use tokio::process::Command;

use crate::support::client::request;
use crate::support::process::{command, folder_with, run, serve};
use crate::support::{Config, secs};

const DEMO: &str = "[[providers]]\nname = \"demo\"\ntype = \"mock\"\n\
    [[models]]\nname = \"echo\"\nprovider = \"demo\"\ntags = [\"demo\"]\n";

#[tokio::test]
async fn it_serves_until_sigterm_and_exits_cleanly() {
    let folder = folder_with(DEMO);
    let (mut child, addr) = serve(command(folder.path())).await;
    assert_eq!(request(addr, "GET", "/health", &[], b"").await.status, 200);
    let body = crate::support::chat("demo/echo");
    let answer = crate::support::client::post_json(addr, "/v1/chat/completions", &body).await;
    assert_eq!(answer.status, 200);
    let pid = child.id().unwrap().to_string();
    Command::new("kill").args(["-TERM", &pid]).status().await.unwrap();
    let status = tokio::time::timeout(secs(20), child.wait()).await.expect("it stops").unwrap();
    assert_eq!(status.code(), Some(0));
    assert!(folder.path().join("llm_router.db").exists());
}

#[tokio::test]
async fn check_and_test_tell_of_a_provider_that_is_the_router_itself() {
    let provider = |name: &str, url: &str| {
        format!(
            "[[providers]]\nname = \"{name}\"\ntype = \"openai_compatible\"\nbase_url = \"{url}\"\n"
        )
    };
    // A port without a listener, so that the test of the provider ends at once.
    let file = format!(
        "[server]\nport = 1\n{}{}",
        provider("back", "http://localhost:1/api/v1"),
        provider("other", "http://localhost:2/v1")
    );
    let folder = folder_with(&file);
    let mut check = command(folder.path());
    check.arg("check");
    let (code, out, _) = run(check).await;
    assert_eq!(code, 0, "{out}");
    assert!(
        out.contains("4:8: warning: [providers] `back` has this router's own address"),
        "{out}"
    );
    assert!(!out.contains("`other` has this router's"), "{out}");
    for (name, is_told) in [("back", true), ("other", false)] {
        let mut test = command(folder.path());
        test.args(["providers", "test", name]);
        let (_, _, log) = run(test).await;
        assert_eq!(log.contains("this router's own address"), is_told, "{log}");
    }
}

#[tokio::test]
async fn sighup_reloads() {
    let folder = folder_with(DEMO);
    let (child, addr) = serve(command(folder.path())).await;
    let generation = async || {
        request(addr, "GET", "/config/status", &[], b"").await.json()["generation"]
            .as_u64()
            .unwrap()
    };
    let before = generation().await;
    Command::new("kill").args(["-HUP", &child.id().unwrap().to_string()]).status().await.unwrap();
    crate::support::eventually("the file is taken again", async || generation().await > before)
        .await;
}

#[tokio::test]
async fn dotenv_is_read_and_does_not_override_the_environment() {
    let folder = folder_with(&format!("[server]\nport = 1\n{DEMO}"));
    let dotenv = "LLM_ROUTER_API_KEYS=sk-dotenv\nLLM_ROUTER_DATABASE_URL=sqlite://from-dotenv.db\n";
    std::fs::write(folder.path().join(".env"), dotenv).unwrap();
    let mut command = command(folder.path());
    command.env("LLM_ROUTER_DATABASE_URL", "sqlite://from-env.db");
    let (_child, addr) = serve(command).await;
    let headers = [("host", "router.example"), ("x-api-key", "sk-dotenv")];
    assert_eq!(request(addr, "GET", "/v1/models", &headers, b"").await.status, 200);
    assert!(folder.path().join("from-env.db").exists());
    assert!(!folder.path().join("from-dotenv.db").exists());
}

#[tokio::test]
async fn a_taken_port_is_reported_with_what_to_do() {
    let holder = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = holder.local_addr().unwrap().port().to_string();
    let folder = folder_with(DEMO);
    let mut command = command(folder.path());
    command.args(["--host", "127.0.0.1", "--port", &port]);
    let (code, _, log) = run(command).await;
    assert_eq!(code, 1);
    assert!(log.contains("the port is taken by another program"), "{log}");
}

#[tokio::test]
async fn it_does_not_start_with_a_bad_configuration_and_says_where() {
    for (text, says) in [
        ("[server\n", "router.toml:1:8: error"),
        (
            "[[models]]\nname = \"m\"\nprovider = \"x\"\n",
            "router.toml:3:12: error: model `m` names the unknown provider `x`",
        ),
    ] {
        let folder = folder_with(text);
        for verb in [None, Some("check")] {
            let mut command = command(folder.path());
            command.args(verb);
            let (code, out, log) = run(command).await;
            assert_eq!(code, 1, "{verb:?}");
            assert!(format!("{out}{log}").contains(says), "{out}{log}");
        }
    }
    let nowhere = tempfile::tempdir().unwrap();
    let (code, _, log) = run(command(nowhere.path())).await;
    assert_eq!(code, 1);
    assert!(log.contains("`./router.toml` cannot be read: it does not exist"), "{log}");
    let folder = folder_with(DEMO);
    let mut command = command(folder.path());
    command.env("LLM_ROUTER_PORT", "many");
    let (code, _, log) = run(command).await;
    assert_eq!(code, 1);
    assert!(log.contains("LLM_ROUTER_PORT: `many` is not a port"), "{log}");
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_not_touched() {
    use diesel::RunQueryDsl;
    let folder = folder_with(DEMO);
    let path = folder.path().join("llm_router.db").display().to_string();
    let database = llm_router::store::Database::at(&path);
    database.prepare().unwrap();
    diesel::sql_query("INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000000')")
        .execute(&mut database.connect().unwrap())
        .unwrap();
    let (code, _, log) = run(command(folder.path())).await;
    assert_eq!(code, 1);
    assert!(log.contains("written by a newer llm-router"), "{log}");
}

#[tokio::test]
async fn check_shows_urls_warnings_and_changes_and_writes_nothing() {
    let config = Config::new()
        .tables("[[providers]]\nname = \"glm\"\ntype = \"glm\"\nbase_url = \"https://host/api/coding/paas/v4\"\n\
            api_key = \"k\"\ncolour = 1\n[providers.settings]\nendpoint = \"/v4/chat/completions\"")
        .tables("[[providers]]\nname = \"openai\"\ntype = \"openai\"\napi_key_env = \"OPENAI_API_KEY\"")
        .model("glm", "glm-5", "");
    let folder = folder_with(&config.text());
    let check = || {
        let mut command = command(folder.path());
        command.arg("check");
        run(command)
    };
    let (code, out, _) = check().await;
    assert_eq!(code, 0, "{out}");
    for line in [
        "warning: [providers] unknown key `colour`",
        "https://host/api/coding/paas/v4/chat/completions",
        "https://api.openai.com/v1/chat/completions  (provider `openai` has no key: set OPENAI_API_KEY",
        "does not exist yet",
    ] {
        assert!(out.contains(line), "{line}\n{out}");
    }
    assert!(!folder.path().join("llm_router.db").exists());

    let (child, _) = serve(command(folder.path())).await;
    drop(child);
    let grown =
        config.model("glm", "glm-6", "").text().replace("name = \"openai\"", "name = \"oai\"");
    std::fs::write(folder.path().join("router.toml"), grown).unwrap();
    let (code, out, _) = check().await;
    assert_eq!(code, 0);
    for line in ["  + oai\n", "  + glm/glm-6\n", "  - openai\n", "2 kept"] {
        assert!(out.contains(line), "{line}\n{out}");
    }
}

#[tokio::test]
async fn keys_are_made_listed_and_revoked_and_nonsense_is_refused() {
    let folder = folder_with(DEMO);
    let keys = |args: &[&str]| {
        let mut command = command(folder.path());
        command.arg("keys").args(args);
        run(command)
    };
    for args in [&["list"][..], &["revoke", "1"]] {
        let (code, out, log) = keys(args).await;
        assert_eq!((code, out.as_str()), (1, ""), "{log}");
        assert!(log.contains("there is no database"), "{log}");
    }
    assert!(!folder.path().join("llm_router.db").exists(), "none is made by looking");
    let create = ["create", "--name", "team"];
    let (code, out, _) = keys(&create).await;
    assert_eq!(code, 0, "{out}");
    let key = out.lines().last().unwrap().to_owned();
    assert!(key.starts_with("sk-"), "{out}");
    for (further, says) in [
        (&["--name", " "][..], "--name must be"),
        (&["--name", "a", "--role", "root"], "--role `root` is unknown"),
        (&["--name", "a", "--expires", "soon"], "--expires `soon` is no time"),
        (&["--name", "a", "--expires", "2020-01-01"], "--expires is over already"),
        (&["--name", "a", "--per", "day"], "need --budget-usd or --budget-tokens"),
        (&["--name", "a", "--budget-usd", "1", "--per", "week"], "--per `week` is unknown"),
        (&["--name", "a", "--budget-usd=-1"], "`usd` must be from 0"),
        (&["--name", "a", "--ip", "home"], "`allowed_ips` holds `home`"),
    ] {
        let args: Vec<&str> = ["create"].iter().chain(further).copied().collect();
        let (code, out, log) = keys(&args).await;
        assert_eq!((code, out.as_str()), (1, ""), "{further:?}: {log}");
        assert!(log.contains(says), "{further:?}: {log}");
    }
    let (code, out, _) = keys(&["list"]).await;
    assert_eq!((code, out.lines().count()), (0, 2), "{out}");
    assert!(out.contains("team") && !out.contains(&key), "{out}");
    for (wanted, expected, says) in
        [("9", 1, "no key `9`"), (key.as_str(), 0, "is revoked"), ("1", 1, "no key `1`")]
    {
        let (code, out, log) = keys(&["revoke", wanted]).await;
        assert_eq!(code, expected, "{out}{log}");
        assert!(format!("{out}{log}").contains(says), "{out}{log}");
    }
}

#[tokio::test]
async fn a_key_that_could_not_be_revoked_is_reported_as_still_valid() {
    let folder = folder_with(DEMO);
    let keys = |args: &[&str]| {
        let mut command = command(folder.path());
        command.arg("keys").args(args);
        run(command)
    };
    assert_eq!(keys(&["create", "--name", "team"]).await.0, 0);
    std::fs::write(folder.path().join("llm_router.db"), "no database any more".repeat(100))
        .unwrap();
    let (code, out, log) = keys(&["revoke", "1"]).await;
    assert_eq!((code, out.as_str()), (1, ""), "{log}");
    assert!(log.contains("the key is not revoked and may still be used"), "{log}");
}

#[tokio::test]
async fn check_reports_an_unreadable_database_once_and_soon() {
    let folder = folder_with(DEMO);
    std::fs::write(folder.path().join("llm_router.db"), "no database".repeat(100)).unwrap();
    let mut command = command(folder.path());
    command.arg("check");
    let (code, out, log) = run(command).await;
    assert_eq!(code, 0, "{out}");
    assert!(
        out.contains("changes cannot be determined") && out.contains("not a database"),
        "{out}"
    );
    assert!(log.lines().count() < 5, "{} lines", log.lines().count());
}

#[tokio::test]
async fn no_key_is_made_where_no_router_is() {
    let folder = tempfile::tempdir().unwrap();
    let create = async |config: &str| {
        let mut command = command(folder.path());
        command.args(["keys", "create", "--name", "team", "--config", config]);
        run(command).await
    };
    let (code, _, log) = create("./router.toml").await;
    assert_eq!(code, 1, "{log}");
    assert!(log.contains("run this in the router's folder"), "{log}");
    assert!(!folder.path().join("llm_router.db").exists());
    std::fs::write(folder.path().join("other.toml"), DEMO).unwrap();
    let (code, out, _) = create("other.toml").await;
    assert_eq!(code, 0, "{out}");
    let (code, out, _) = create("./router.toml").await;
    assert_eq!(code, 0, "the database is there now: {out}");
}

#[tokio::test]
async fn check_reports_what_would_change_in_callers_keys() {
    let entry = |key: &str, name: &str| {
        format!("[[api_keys]]\nkey = \"sk-{key}-key-of-the-file\"\nname = \"{name}\"\n")
    };
    let folder = folder_with(&format!("{DEMO}{}{}", entry("one", "one"), entry("two", "two")));
    let (child, _) = serve(command(folder.path())).await;
    drop(child);
    let changed = format!("{DEMO}{}{}", entry("one", "first"), entry("three", "three"));
    std::fs::write(folder.path().join("router.toml"), changed).unwrap();
    for _ in 0..2 {
        let mut check = command(folder.path());
        check.arg("check");
        let (code, out, _) = run(check).await;
        assert_eq!(code, 0, "{out}");
        for line in
            ["2 [[api_keys]]", "  ~ api_keys/first\n", "  + api_keys/three\n", "  - api_keys/two\n"]
        {
            assert!(out.contains(line), "{line}\n{out}");
        }
        assert!(!out.contains("key-of-the-file"), "{out}");
    }
}

#[tokio::test]
async fn a_provider_can_be_tested_from_the_command_line() {
    use crate::support::{Script, Upstream};
    let upstream = Upstream::start(Script::status(200).json(r#"{"data":[]}"#)).await;
    let folder = folder_with(&Config::with(&upstream).text());
    for (name, code, says) in [("up", 0, "up: ok after"), ("nobody", 1, "no provider `nobody`")] {
        let mut command = command(folder.path());
        command.args(["providers", "test", name]);
        let (found, out, log) = run(command).await;
        assert_eq!(found, code, "{out}{log}");
        assert!(format!("{out}{log}").contains(says), "{out}{log}");
    }
}

#[tokio::test]
async fn version_and_help_answer() {
    let folder = tempfile::tempdir().unwrap();
    for (arg, says) in
        [("version", "llm-router 0."), ("--version", "llm-router 0."), ("--help", "check")]
    {
        let mut command = command(folder.path());
        command.arg(arg);
        let (code, out, _) = run(command).await;
        assert_eq!(code, 0);
        assert!(out.contains(says), "{out}");
    }
    let mut log = String::new();
    let mut bad = command(folder.path());
    let mut child = bad.arg("serv").spawn().unwrap();
    child.stderr.take().unwrap().read_to_string(&mut log).await.unwrap();
    assert!(log.contains("serve"), "{log}");
}
