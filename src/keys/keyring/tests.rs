use super::*;
use crate::config::key_rules::{KeyRules, Role};
use crate::domain::invocation::{Invocation, KeyCharge};
use crate::keys::key::KeyOrigin;
use crate::keys::reservation::Clocks;
use crate::keys::rows::{KeyFields, new_row, revoked_row, rotated_row};
use crate::store::Database;
use crate::store::api_keys::{find, insert, update};
use crate::store::batches::Batched;
use crate::store::call_log::CallLog;

struct Stage {
    connection: Connection,
    keyring: Keyring,
    _folder: tempfile::TempDir,
}

fn stage() -> Stage {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::at(&folder.path().join("router.db").display().to_string());
    database.prepare().unwrap();
    Stage { connection: database.connect().unwrap(), keyring: Keyring::default(), _folder: folder }
}

impl Stage {
    fn make(&mut self, key: &str) -> i32 {
        let fields = KeyFields {
            name: format!("name of {key}"),
            role: Role::User,
            is_active: true,
            expires_at: None,
            rules: KeyRules::default(),
        };
        let row = new_row(key, &fields, KeyOrigin::Api, Timestamp::now()).unwrap();
        let id = insert(&mut self.connection, &row).unwrap().unwrap();
        self.keyring.refresh_if_changed(&mut self.connection).unwrap();
        id
    }

    fn sent(&self, key: &str) -> String {
        match self.keyring.find(&KeyDigest::of(key), Timestamp::now()) {
            None => String::from("unknown"),
            Some(Err(unusable)) => unusable.to_string(),
            Some(Ok(key)) => key.state(Timestamp::now()).to_owned(),
        }
    }
}

#[test]
fn a_key_is_found_by_its_digest_and_by_nothing_else() {
    let mut stage = stage();
    assert!(!stage.keyring.has_active());
    let id = stage.make("sk-one");
    assert_eq!(stage.sent("sk-one"), "active");
    for wrong in ["sk-on", "sk-one ", "SK-ONE", "", &KeyDigest::of("sk-one").to_hex()] {
        assert_eq!(stage.sent(wrong), "unknown", "{wrong}");
    }
    assert!(stage.keyring.has_active() && stage.keyring.by_id(KeyId(id)).is_some());
}

#[test]
fn a_replaced_key_has_a_grace_period_and_a_revoked_one_has_none() {
    let mut stage = stage();
    let id = stage.make("sk-old");
    let (now, row) = (Timestamp::now(), find(&mut stage.connection, id).unwrap().unwrap().fields);
    for (until, old) in [
        (now + 1.hour(), "active"),
        (now - 1.second(), "the key was replaced; its grace period has ended"),
    ] {
        let rotated = rotated_row(&row, "sk-new", until, now);
        update(&mut stage.connection, id, &rotated).unwrap();
        stage.keyring.refresh_if_changed(&mut stage.connection).unwrap();
        assert_eq!((stage.sent("sk-new").as_str(), stage.sent("sk-old").as_str()), ("active", old));
    }
    let row = find(&mut stage.connection, id).unwrap().unwrap().fields;
    update(&mut stage.connection, id, &revoked_row(&row, now)).unwrap();
    stage.keyring.refresh_if_changed(&mut stage.connection).unwrap();
    assert_eq!(
        (stage.sent("sk-new").as_str(), stage.sent("sk-old").as_str()),
        ("revoked", "unknown")
    );
    assert!(!stage.keyring.has_active());
}

fn charged(key: i32, day: Date) -> Invocation {
    Invocation {
        api_key_id: Some(KeyId(key)),
        charge: Some(KeyCharge { key: KeyId(key), day, tokens: 3, cost: NanoUsd(5) }),
        ..Invocation::blank()
    }
}

#[test]
fn spending_survives_a_restart_and_is_not_counted_twice_by_a_reload() {
    use crate::config::key_rules::Per;
    let mut stage = stage();
    let id = stage.make("sk-one");
    let now = Timestamp::now();
    let today = date_at(now, &TimeZone::UTC);
    let long_ago = today.saturating_sub(400.days());
    let batch = [charged(id, today), charged(id, today), charged(id, long_ago)];
    Invocation::insert_all(&CallLog::default(), &mut stage.connection, &batch).unwrap();
    Invocation::insert_all(&CallLog::default(), &mut stage.connection, &batch[..1]).unwrap();
    let requests = |keyring: &Keyring| {
        let key = keyring.by_id(KeyId(id)).unwrap();
        [Per::Day, Per::Month, Per::Total].map(|per| key.spent(now, per).requests)
    };
    assert_eq!(requests(&stage.keyring), [0, 0, 0], "memory counts by itself");
    let restarted = Keyring::default();
    restarted.refresh(&mut stage.connection).unwrap();
    assert_eq!(requests(&restarted), [3, 3, 4]);
    let key = restarted.by_id(KeyId(id)).unwrap();
    assert_eq!(key.spent(now, Per::Total).amount, Amount { cost: NanoUsd(20), tokens: 12 });

    let mut hold = key.admit(Clocks { uptime: std::time::Duration::ZERO, time: now }, 1).unwrap();
    let moment = Clocks { uptime: std::time::Duration::ZERO, time: now };
    hold.reserve(moment, Amount { cost: NanoUsd(9), tokens: 9 }).unwrap();
    stage.make("sk-two");
    restarted.refresh(&mut stage.connection).unwrap();
    let key = restarted.by_id(KeyId(id)).unwrap();
    assert_eq!(key.reserved().tokens, 9, "a reload keeps what is reserved");
    hold.settle(moment, Amount { cost: NanoUsd(1), tokens: 1 }).unwrap();
    assert_eq!(requests(&restarted), [4, 4, 5]);
}

#[test]
fn an_invalid_row_grants_no_access_and_affects_no_other() {
    let mut stage = stage();
    let id = stage.make("sk-one");
    stage.make("sk-two");
    let mut row = find(&mut stage.connection, id).unwrap().unwrap().fields;
    row.rules = String::from(r#"{"only_on_sundays":true}"#);
    update(&mut stage.connection, id, &row).unwrap();
    stage.keyring.refresh_if_changed(&mut stage.connection).unwrap();
    assert_eq!(
        (stage.sent("sk-one").as_str(), stage.sent("sk-two").as_str()),
        ("unknown", "active")
    );
}
