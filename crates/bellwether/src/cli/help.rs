//! Long help: what a command reads and writes, two examples, and how it ends; none is forgotten.

mod access;
mod config;
mod features;
mod intent;
mod log;
mod outbox;
mod people;
mod rollout;
mod rules;
mod witness;

use super::Cli;
use clap::{Command, CommandFactory};
use std::fmt::Write as _;

/// The usual endings.
const ENDS: &str = "0 fine, 1 it failed, 64 the arguments make no sense";
/// Those of commands that judge something.
const JUDGES: &str =
    "0 fine, 1 it failed, 2 something was found (it is printed), 64 the arguments make no sense";

struct Help {
    /// The command, as it is typed.
    command: &'static str,
    reads: &'static str,
    writes: &'static str,
    examples: [&'static str; 2],
    ends: &'static str,
}

const fn help(
    command: &'static str,
    reads: &'static str,
    writes: &'static str,
    examples: [&'static str; 2],
    ends: &'static str,
) -> Help {
    Help { command, reads, writes, examples, ends }
}

const DATA: &str = "the data directory, beside whoever works in it";
const NOTHING: &str = "nothing";
const BUNDLE: &str = "a bundle: a folder, or a shipped one by name";

const HELP: &[Help] = &[
    help(
        "init",
        "a bundle",
        "a new data directory and its master key",
        ["init --bundle customer-escalation", "init --data ./eu --region eu --bundle ./my-bundle"],
        ENDS,
    ),
    help(
        "demo",
        NOTHING,
        "the folder bellwether-demo: exports of an invented company, and two data directories; the address of \
         their console on stdout, which answers until Ctrl-C",
        ["demo", "demo --exit --data ./other --seed 7 --accounts 200 --signals 5000"],
        ENDS,
    ),
    help(
        "serve",
        "the data directory, which nobody else may write meanwhile",
        "records, effects and the signed log in the data directory; the address on stdout",
        ["serve", "serve --data ./eu --listen 127.0.0.1:8080"],
        ENDS,
    ),
    help(
        "import",
        "files, each by a mapping; for mail, the mapping's `own_domains` says which senders are yours, so \
         copy the shipped one (`mappings show mail`) and name your domains there",
        "the data directory; refused rows go to its quarantine, sealed",
        [
            "import tickets.json --mapping zendesk-tickets",
            "import firmographics=accounts.csv ./my-mail.yaml=mail.mbox --dry-run",
        ],
        "0 fine, 1 it failed or was stopped, 2 rows were refused, 64 the arguments make no sense",
    ),
    help(
        "quarantine",
        DATA,
        "what is asked for, and only with `--yes`",
        ["quarantine list", "quarantine drop --code row-fields --yes"],
        ENDS,
    ),
    help(
        "quarantine list",
        DATA,
        NOTHING,
        ["quarantine list", "quarantine list --format json"],
        ENDS,
    ),
    help(
        "quarantine show",
        DATA,
        "with `--reveal`, the purpose for which a row was read",
        ["quarantine show 17", "quarantine show 17 --reveal ticket-4711"],
        ENDS,
    ),
    help(
        "quarantine retry",
        "refused rows of the data directory, and the mended mapping",
        "the data directory; rows that are taken leave the quarantine",
        [
            "quarantine retry --code row-fields --mapping ./mended.yaml",
            "quarantine retry 17 18 --mapping ./mended.yaml",
        ],
        "0 fine, 1 it failed or was stopped, 2 rows were refused again, 64 the arguments make no sense",
    ),
    help(
        "quarantine drop",
        DATA,
        "the data directory: rows go, and the keys that they were sealed under",
        ["quarantine drop 17 --yes", "quarantine drop --import 3 --yes"],
        ENDS,
    ),
    help(
        "backtest",
        "files, each by a mapping, and a bundle; no data directory",
        "a report on stdout, and a page with `--html`",
        [
            "backtest events.csv.gz --mapping incident-log --bundle incident-sla --outcome outcome.sla.missed",
            "backtest tickets.json --mapping zendesk-tickets --bundle ./my-bundle --outcome outcome.case.outcome=churned --html report.html",
        ],
        ENDS,
    ),
    help(
        "simulate",
        "the data directory, beside whoever works in it, and a bundle",
        "a comparison on stdout",
        ["simulate --bundle ./my-bundle", "simulate --bundle ./my-bundle --most 50 --format json"],
        ENDS,
    ),
    help(
        "explain",
        DATA,
        "an explanation on stdout; `--names` keeps its purpose in the data directory",
        [
            "explain --email kim@customer.example",
            "explain --id zendesk=4711 --list --names review-12",
        ],
        ENDS,
    ),
    help(
        "replay",
        DATA,
        "the differences on stdout",
        ["replay --all", "replay --all --bundle ./my-bundle --most 3"],
        JUDGES,
    ),
    help(
        "export",
        DATA,
        "a file, or stdout",
        ["export decisions --out decisions.csv", "export decisions --out - --as jsonl --changed"],
        ENDS,
    ),
    help(
        "export decisions",
        DATA,
        "a file that appears when it is whole, or stdout; `--names` keeps its purpose in the data directory",
        [
            "export decisions --out decisions.csv --changed --names audit-2026-q3",
            "export decisions --out - --as jsonl --graph cases --from 2026-01-01",
        ],
        ENDS,
    ),
    help(
        "policy",
        BUNDLE,
        "what it found, on stdout",
        ["policy list", "policy check ./my-bundle"],
        JUDGES,
    ),
    help(
        "policy check",
        BUNDLE,
        "every problem on stdout",
        ["policy check ./my-bundle", "policy check ./my-bundle --format json"],
        JUDGES,
    ),
    help(
        "policy test",
        BUNDLE,
        "the failing tests and properties on stdout, and the rules, doubts and fallbacks that no test reaches",
        ["policy test ./my-bundle", "policy test incident-sla --format json"],
        JUDGES,
    ),
    help(
        "policy try",
        BUNDLE,
        "what would be decided on stdout; nothing is done",
        [
            "policy try prospect-to-cxo --graph prospect-to-cxo --fact deal.amount=600000 --fact account.strategic=true",
            "policy try customer-escalation --fact case.category=missing_part --act issue_refund --set amount=90 \
             --approved finance_analyst",
        ],
        ENDS,
    ),
    help(
        "policy show",
        BUNDLE,
        "its routing on stdout",
        [
            "policy show ./my-bundle --graph cases --at 2026-12-24",
            "policy show incident-sla --graph incident-sla --svg",
        ],
        ENDS,
    ),
    help(
        "policy diff",
        "two bundles: folders, or shipped ones by name; with one, and with `--history`, also the data directory",
        "the differences on stdout, and a case for each pair of nodes between which cases move; with `--history`, the \
         decisions of the past that come out otherwise",
        [
            "policy diff customer-escalation ./my-bundle",
            "policy diff ./my-bundle --history --by deal.amount",
        ],
        ENDS,
    ),
    help(
        "policy overrides",
        BUNDLE,
        "its exceptions on stdout",
        ["policy overrides ./my-bundle", "policy overrides ./my-bundle --at 2026-12-24"],
        ENDS,
    ),
    help(
        "policy list",
        NOTHING,
        "the shipped bundles on stdout",
        ["policy list", "policy list --format json"],
        ENDS,
    ),
    help(
        "mappings",
        "a shipped mapping, or a mapping's file",
        "it, or what it found, on stdout",
        ["mappings list", "mappings show mail > my-mail.yaml"],
        JUDGES,
    ),
    help(
        "mappings list",
        NOTHING,
        "the shipped mappings on stdout",
        ["mappings list", "mappings list --format json"],
        ENDS,
    ),
    help(
        "mappings show",
        NOTHING,
        "the mapping's text on stdout",
        ["mappings show zendesk-tickets > my-tickets.yaml", "mappings show mail --format json"],
        ENDS,
    ),
    help(
        "mappings check",
        "a mapping's file, or a shipped mapping",
        "every problem on stdout",
        ["mappings check my-tickets.yaml", "mappings check my-tickets.yaml --format json"],
        JUDGES,
    ),
    help(
        "facts",
        BUNDLE,
        "its facts on stdout",
        ["facts", "facts --bundle ./my-bundle --format json"],
        ENDS,
    ),
    help(
        "link",
        "the data directory",
        "an event on both accounts",
        ["link zendesk=4711 crm=0017", "link --list"],
        ENDS,
    ),
    help(
        "unlink",
        "the data directory",
        "an event on both accounts",
        [
            "unlink acc_2ft4v7k3m9q8x1y5z6w0r2s4t6",
            "unlink acc_2ft4v7k3m9q8x1y5z6w0r2s4t6 --format json",
        ],
        ENDS,
    ),
    help(
        "doctor",
        "the data directory, beside whoever works in it, and with `--bundle` a bundle",
        "its findings on stdout, each with its mend; it changes nothing",
        ["doctor", "doctor --full --bundle ./my-bundle"],
        JUDGES,
    ),
    help(
        "completions",
        NOTHING,
        "a script for the shell on stdout",
        [
            "completions bash > ~/.local/share/bash-completion/completions/bellwether",
            "completions fish",
        ],
        ENDS,
    ),
    help(
        "man",
        NOTHING,
        "the manual page on stdout",
        ["man | man -l -", "man > bellwether.1"],
        ENDS,
    ),
];

/// The commands with their long help.
pub(crate) fn command() -> Command {
    dress(Cli::command(), "")
}

fn dress(command: Command, path: &str) -> Command {
    let names: Vec<_> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    let mut command = command;
    for name in names {
        let path = if path.is_empty() { name.clone() } else { format!("{path} {name}") };
        command = command.mut_subcommand(&name, |sub| dress(sub, &path));
    }
    match every().find(|help| help.command == path) {
        Some(help) => command.after_long_help(text(help)),
        None => command,
    }
}

/// The help of all commands.
fn every() -> impl Iterator<Item = &'static Help> {
    let parts = [
        access::ACCESS,
        config::CONFIG,
        features::FEATURES,
        log::LOG,
        intent::INTENT,
        outbox::OUTBOX,
        rollout::ROLLOUT,
        people::PEOPLE,
        rules::RULES,
        witness::WITNESS,
    ];
    HELP.iter().chain(parts.into_iter().flatten())
}

fn text(help: &Help) -> String {
    let Help { reads, writes, examples, ends, .. } = help;
    let mut text = format!("Reads: {reads}.\nWrites: {writes}.\n\nExamples:\n");
    for example in examples {
        let _ = writeln!(text, "  bellwether {example}");
    }
    let _ = write!(text, "\nExit codes: {ends}.");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every command, as it is typed.
    fn commands(command: &Command, path: &str, found: &mut Vec<(String, Command)>) {
        for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
            let path = format!("{path} {}", sub.get_name()).trim().to_owned();
            commands(sub, &path, found);
            found.push((path, sub.clone()));
        }
    }

    #[test]
    fn every_command_has_examples_that_it_accepts() {
        let (whole, mut found) = (command(), Vec::new());
        commands(&whole, "", &mut found);
        assert!(found.len() > 25, "{}", found.len());
        for (path, mut sub) in found {
            let long = sub.render_long_help().to_string();
            for part in ["Examples:\n  bellwether ", "Reads: ", "Writes: ", "Exit codes: 0 "] {
                assert!(long.contains(part), "`{path} --help` has no `{part}`:\n{long}");
            }
            assert!(sub.get_about().is_some(), "{path}");
        }
        for help in every() {
            for example in help.examples {
                let words = example.split(['|', '>']).next().unwrap_or_default();
                assert!(words.starts_with(help.command), "{example}");
                // What stands in quotes is one word.
                let words = words.split('"').enumerate().flat_map(|(nth, part)| match nth % 2 {
                    0 => part.split_whitespace().collect(),
                    _ => vec![part],
                });
                let words = std::iter::once("bellwether").chain(words);
                let parsed = whole.clone().try_get_matches_from(words);
                assert!(parsed.is_ok(), "{example}: {}", parsed.unwrap_err());
            }
        }
    }
}
