use super::*;
use crate::config;
use crate::keys::rows::revoked_row;
use crate::store::Database;

struct Stage {
    connection: Connection,
    environment: Vec<Secret>,
    _folder: tempfile::TempDir,
}

fn stage() -> Stage {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::at(&folder.path().join("router.db").display().to_string());
    database.prepare().unwrap();
    let connection = database.connect().unwrap();
    Stage { connection, environment: Vec::new(), _folder: folder }
}

impl Stage {
    /// What changed, and the rows after that.
    fn take(&mut self, text: &str) -> String {
        let (file, _) = config::read(text).unwrap();
        let env = |name: &str| (name == "KEYS").then(|| String::from("sk-env-1,sk-env-2"));
        let connection = &mut self.connection;
        let diff = apply(connection, &file, &self.environment, &env, Timestamp::now()).unwrap();
        let mut changes = String::new();
        let lists = [('+', diff.added), ('~', diff.changed), ('-', diff.removed), ('=', diff.kept)];
        for (sign, names) in lists {
            changes.extend(names.iter().map(|name| format!("{sign}{name} ")));
        }
        for row in api_keys::load(&mut self.connection).unwrap() {
            let NewKey { name, origin, role, is_active, revoked_at_us, .. } = row.fields;
            let state = match (is_active, revoked_at_us) {
                (true, None) => "active",
                (false, None) => "inactive",
                (_, Some(_)) => "revoked",
            };
            changes.push_str(&format!("\n{name} {origin} {role} {state}"));
        }
        changes
    }
}

const TEAM: &str = "[[api_keys]]\nkey = \"sk-a,sk-b\"\nname = \"team\"\n";

#[test]
fn keys_come_go_and_come_back() {
    let mut stage = stage();
    insta::assert_snapshot!(stage.take(TEAM), @r"
    +api_keys/team +api_keys/team#2 
    team file user active
    team#2 file user active
    ");
    assert!(stage.take(TEAM).starts_with("=api_keys/team =api_keys/team#2"));
    insta::assert_snapshot!(stage.take("[[api_keys]]\nkey_env = \"KEYS\"\nrole = \"admin\"\n"), @r"
    +api_keys/api_keys#1 +api_keys/api_keys#1#2 -api_keys/team -api_keys/team#2 
    team file user inactive
    team#2 file user inactive
    api_keys#1 file admin active
    api_keys#1#2 file admin active
    ");
    insta::assert_snapshot!(stage.take(TEAM), @r"
    ~api_keys/team ~api_keys/team#2 -api_keys/api_keys#1 -api_keys/api_keys#1#2 
    team file user active
    team#2 file user active
    api_keys#1 file admin inactive
    api_keys#1#2 file admin inactive
    ");
}

#[test]
fn a_change_over_rest_persists_until_the_files_entry_changes() {
    let mut stage = stage();
    stage.take(TEAM);
    let row = api_keys::load(&mut stage.connection).unwrap().remove(0);
    let renamed = NewKey { name: String::from("renamed"), ..row.fields };
    api_keys::update(&mut stage.connection, row.id, &renamed).unwrap();
    assert!(stage.take(TEAM).contains("renamed file user active"));
    let changed = format!("{TEAM}role = \"admin\"\n");
    assert!(stage.take(&changed).contains("team file admin active"));
}

#[test]
fn a_revoked_key_stays_revoked_whatever_the_file_contains() {
    let mut stage = stage();
    stage.take(TEAM);
    let row = api_keys::load(&mut stage.connection).unwrap().remove(0);
    let revoked = revoked_row(&row.fields, Timestamp::now());
    api_keys::update(&mut stage.connection, row.id, &revoked).unwrap();
    let changed = format!("{TEAM}role = \"admin\"\n");
    assert!(stage.take(&changed).contains("team file user revoked"));
}

#[test]
fn the_environment_takes_precedence_over_the_file() {
    let mut stage = stage();
    stage.environment = vec![Secret::new("sk-a")];
    insta::assert_snapshot!(stage.take(TEAM), @r"
    +api_keys/team#2 
    LLM_ROUTER_API_KEYS#1 env admin active
    team#2 file user active
    ");
    stage.environment = Vec::new();
    insta::assert_snapshot!(stage.take(""), @r"
    -api_keys/team#2 
    LLM_ROUTER_API_KEYS#1 env admin inactive
    team#2 file user inactive
    ");
}
