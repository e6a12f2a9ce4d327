//! The part of `router.toml` that applies to every router on one database, apart from the catalogue
//! and the keys.

use toml::Table;

/// The tables of the policy. `[server]` belongs to each process.
const TABLES: [&str; 4] = ["timeouts", "recording", "pricing", "routing"];

/// The policy of a valid file as a file of its own, TOML that [`super::read`] accepts. Equal
/// policies give equal texts, whatever the comments and the order.
pub fn policy_text(text: &str) -> String {
    let Ok(mut file) = text.parse::<Table>() else { return String::new() };
    let tables = TABLES.into_iter().filter_map(|name| file.remove_entry(name));
    tables.collect::<Table>().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_is_what_is_neither_catalogue_nor_keys_nor_of_the_process() {
        let text = "[server]\nport = 1\n[routing] # a comment\nretries = 2\n\
            [routing.aliases]\nfast = \"tag:fast\"\n[timeouts]\nhead = 5\n\
            [[providers]]\nname = \"a\"\ntype = \"mock\"\n[[api_keys]]\nkey = \"secret-of-a-caller\"\n";
        let policy = policy_text(text);
        insta::assert_snapshot!(policy, @r#"
        [timeouts]
        head = 5

        [routing]
        retries = 2

        [routing.aliases]
        fast = "tag:fast"
        "#);
        let (whole, _) = super::super::read(text).unwrap();
        let (part, _) = super::super::read(&policy).unwrap();
        assert_eq!((part.routing, part.timeouts), (whole.routing, whole.timeouts));
    }
}
