//! `config`: check what is configured, show it as it holds, write a file to begin with.

use super::Format;
use super::context::Context;
use super::sources::read_mapping;
use crate::config::{self, ChannelKind, Config, SecretAt, SourceKind};
use crate::exit::{Exit, Problems};
use anyhow::{Context as _, Result};
use bellwether_core::{Problem, Severity};
use clap::Subcommand;
use serde_json::json;
use std::path::{Path, PathBuf};

/// What to do with the configuration.
#[derive(Subcommand)]
pub(crate) enum ConfigCommand {
    /// Check the file, the environment, and every file that they name.
    Check,
    /// Print what holds, with what was not set; of secrets, only whether they can be read.
    Show,
    /// Write a file to begin with, with every key explained.
    Init(InitArgs),
}

/// Arguments of `config init`.
#[derive(clap::Args)]
pub(crate) struct InitArgs {
    /// The file, if not the one that other commands read; one that is there is left alone.
    file: Option<PathBuf>,
}

pub(super) fn run(context: &Context, command: &ConfigCommand) -> Result<Exit> {
    match command {
        ConfigCommand::Check => check(context),
        ConfigCommand::Show => {
            let loaded = context.config()?;
            match context.format {
                Format::Text => print!("{}", config::show(&loaded)),
                Format::Json => println!("{}", config::json(&loaded)),
            }
            Ok(Exit::Fine)
        }
        ConfigCommand::Init(args) => match &args.file {
            Some(file) => init(file, Some(file)),
            None if context.config.is_none() && !context.data.is_dir() => Err(context.nowhere()),
            None => init(&config::place(context.config.as_deref(), &context.data), None),
        },
    }
}

fn check(context: &Context) -> Result<Exit> {
    eprintln!("note: {}", context.config_origin());
    let problems = match context.config() {
        Ok(loaded) => problems_around(&loaded.config),
        Err(error) => match error.downcast::<Problems>() {
            Ok(Problems(mut problems)) => {
                // What the sections that are fine name is looked at all the same.
                let rest = Config::as_far_as_fine(context.config.as_deref(), &context.data);
                problems.extend(rest.iter().flat_map(problems_around));
                problems
            }
            Err(error) => return Err(error),
        },
    };
    match context.format {
        Format::Json => {
            let one = |problem: &Problem| {
                let place = problem.place.as_ref().map(ToString::to_string);
                json!({
                    "code": problem.code, "place": place, "message": problem.message,
                    "help": problem.help, "error": problem.severity == Severity::Error,
                })
            };
            let all: Vec<_> = problems.iter().map(one).collect();
            let file = config::place(context.config.as_deref(), &context.data);
            let file = file.is_file().then(|| file.display().to_string());
            println!("{}", json!({ "file": file, "problems": all }));
        }
        Format::Text if problems.is_empty() => println!("nothing to mend"),
        Format::Text => println!("{}", Problems(problems.clone())),
    }
    Ok(if problems.is_empty() { Exit::Fine } else { Exit::Findings })
}

/// What is wrong with the files, variables and credentials that a configuration names.
pub(crate) fn problems_around(config: &Config) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut secrets: Vec<&SecretAt> = Vec::new();
    let mut files: Vec<&Path> = Vec::new();
    for source in config.sources.values() {
        let mapping = match &source.kind {
            SourceKind::Events => None,
            SourceKind::Hook { mapping, secrets: several, .. } => {
                secrets.extend(several);
                Some(mapping)
            }
            SourceKind::Imap(mailbox) => {
                secrets.push(&mailbox.password);
                files.extend(mailbox.server.ca_file.as_deref());
                Some(&mailbox.mapping)
            }
            SourceKind::Folder { mapping, path, .. } => {
                problems.extend(must_be_folder(path));
                Some(mapping)
            }
        };
        problems.extend(mapping.into_iter().flat_map(|name| read_mapping(name).err()).flatten());
    }
    for channel in config.channels.values() {
        match &channel.kind {
            ChannelKind::Mail { server, login, .. } => {
                secrets.extend(login.iter().map(|(_, password)| password));
                files.extend(server.ca_file.as_deref());
            }
            ChannelKind::Webhook { secrets: several, ca_file, .. } => {
                secrets.extend(several);
                files.extend(ca_file.as_deref());
            }
            ChannelKind::Slack { token, .. } => secrets.push(token),
            ChannelKind::Teams { url } => secrets.push(url),
            ChannelKind::File { folder } => problems.extend(must_be_folder(folder)),
        }
    }
    secrets.extend(config.access.oidc.iter().filter_map(|oidc| oidc.client_secret.as_ref()));
    secrets.extend(&config.telemetry.headers);
    if let Some(tls) = &config.server.tls {
        files.extend([tls.cert.as_path(), tls.key.as_path()]);
        problems.extend(config::only_mine(&tls.key).err());
    }
    problems.extend(secrets.into_iter().filter_map(|secret| secret.read().err()));
    problems.extend(files.into_iter().filter_map(|path| {
        let error = std::fs::File::open(path).err()?;
        let message = format!("{} cannot be read: {error}", path.display());
        Some(Problem::new("config-file", message).help("check the path and who may read it"))
    }));
    problems
}

fn must_be_folder(path: &Path) -> Option<Problem> {
    let message = format!("{} is no folder", path.display());
    let help = format!("`mkdir -p {}`, and let the service's user write there", path.display());
    (!path.is_dir()).then(|| Problem::new("config-file", message).help(help))
}

/// `named` is the file of the arguments: other commands must be told of it.
fn init(file: &Path, named: Option<&Path>) -> Result<Exit> {
    use std::io::Write as _;
    let made = std::fs::File::options().write(true).create_new(true).open(file);
    let mut made = match made {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            let message = format!("{} is there already", file.display());
            let help = "name another file, or move it away";
            return Err(Problems(vec![Problem::new("config-exists", message).help(help)]).into());
        }
        made => made.with_context(|| format!("cannot write {}", file.display()))?,
    };
    made.write_all(config::starter().as_bytes()).context("cannot write it")?;
    println!("{}", file.display());
    match named {
        Some(file) => {
            let file = file.display();
            eprintln!("next: change it, then `bellwether config check --config {file}`");
        }
        None => eprintln!("next: change it, then `bellwether config check`"),
    }
    Ok(Exit::Fine)
}
