//! `llm-router man`: one manual page, made of the texts of `--help`.

use std::io;
use std::process::ExitCode;

use clap::{Command, CommandFactory};
use clap_mangen::Man;

use super::{Cli, complain, print};

const FILES: &str = ".SH FILES\n\
    .TP\n\\fIrouter.toml\\fR\nProviders, models and settings; \\fBllm\\-router init\\fR writes a first one.\n\
    .TP\n\\fI.env\\fR\nVariables of the environment, read from the working folder by every verb. One that is set is not \
    overridden.\n\
    .TP\n\\fIllm_router.db\\fR\nThe database, in the working folder unless LLM_ROUTER_DATABASE_URL names another.\n";

pub fn print_page() -> ExitCode {
    match page() {
        Ok(page) => print(&page),
        Err(error) => {
            complain(&format!("error: the page cannot be made: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// clap_mangen 0.2 makes a page of each verb; here each is a section of one page.
fn page() -> io::Result<Vec<u8>> {
    let mut command = Cli::command();
    command.build();
    let main = Man::new(command.clone());
    let mut page = Vec::new();
    main.render_title(&mut page)?;
    main.render_name_section(&mut page)?;
    main.render_synopsis_section(&mut page)?;
    main.render_options_section(&mut page)?;
    let mut verbs = Vec::new();
    leaves(&command, String::from("llm-router"), &mut verbs);
    for (name, verb) in verbs {
        page.extend(section(&name, verb)?.into_bytes());
    }
    page.extend(FILES.as_bytes());
    Ok(page)
}

fn leaves(command: &Command, name: String, found: &mut Vec<(String, Command)>) {
    for verb in command.get_subcommands().filter(|verb| verb.get_name() != "help") {
        let name = format!("{name} {}", verb.get_name());
        match verb.has_subcommands() {
            true => leaves(verb, name, found),
            false => found.push((name, verb.clone())),
        }
    }
}

fn section(name: &str, verb: Command) -> io::Result<String> {
    // The options of every verb stand once, at the top.
    let globals: Vec<String> =
        ["config", "host", "port", "help"].map(String::from).into_iter().collect();
    let verb = globals.iter().fold(verb, |verb, name| {
        let is_there = verb.get_arguments().any(|argument| argument.get_id() == name.as_str());
        match is_there {
            true => verb.mut_arg(name, |argument| argument.hide(true)),
            false => verb,
        }
    });
    let has_options = verb.get_arguments().any(|argument| !argument.is_hide_set());
    let man = Man::new(verb);
    let mut text = Vec::new();
    man.render_description_section(&mut text)?;
    if has_options {
        man.render_options_section(&mut text)?;
    }
    let title = name.to_uppercase().replace('-', "\\-");
    let text = String::from_utf8_lossy(&text);
    let lines = text.lines().filter(|line| !line.starts_with(".ie ") && !line.starts_with(".el "));
    let lines = lines.map(|line| match line {
        ".SH DESCRIPTION" => format!(".SH \"{title}\"\n"),
        ".SH OPTIONS" => String::new(),
        line => format!("{line}\n"),
    });
    Ok(lines.collect())
}
