//! From a file and the environment to a configuration.
//!
//! - In: the file that was named or the one in the data directory, and the program's variables.
//! - Out: a [`Loaded`], or every problem at once.
//! - Never: opens what the configuration names.

use super::document::Layers;
use super::{Config, FILE, Loaded, read};
use crate::exit::Problems;
use anyhow::Result;
use bellwether_core::Problem;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

impl Loaded {
    /// Checks a file's text and variables. Paths in it are seen from `base`.
    ///
    /// # Errors
    /// Every problem.
    pub(super) fn read(
        file: &str,
        text: &str,
        variables: &[(String, String)],
        base: &Path,
    ) -> Result<Self, Vec<Problem>> {
        let layers = Layers::read(file, text, variables)?;
        let mut problems = Vec::new();
        let config = read::config(&layers.document, base, &mut problems);
        match config.filter(|_| problems.is_empty()) {
            Some(config) => Ok(Self { config, layers, file: None }),
            None => {
                // As they stand in the file; what variables say comes last.
                let line = |problem: &Problem| {
                    problem.place.as_ref().map_or((u32::MAX, 0), |place| (place.line, place.column))
                };
                problems.sort_by_key(line);
                Err(problems.into_iter().map(|problem| layers.tell(problem)).collect())
            }
        }
    }
}

/// What a configuration is made of, not read yet.
struct Given {
    /// The file, if there is one.
    file: Option<PathBuf>,
    /// Where it stands or would stand.
    shown: String,
    text: String,
    variables: Vec<(String, String)>,
}

impl Given {
    fn of(named: Option<&Path>, data: &Path, listen: Option<SocketAddr>) -> Result<Self> {
        let own = place(named, data);
        let file = (named.is_some() || own.is_file()).then_some(own.as_path());
        let text = match file.map(std::fs::read_to_string) {
            None => String::new(),
            Some(Ok(text)) => text,
            Some(Err(error)) => {
                let shown = own.display();
                let message = format!("{shown} cannot be read: {error}");
                let problem = Problem::new("config-unreadable", message);
                let help = "check the path and that the service's user may read it; \
                            `bellwether config init` writes one to begin with";
                return Err(Problems(vec![problem.help(help)]).into());
            }
        };
        // A variable that is no text is no setting of ours.
        let text_of = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        let mut variables: Vec<_> = std::env::vars_os().filter_map(text_of).collect();
        if let Some(listen) = listen {
            variables.retain(|(name, _)| name != "BELLWETHER_SERVER_LISTEN");
            variables.push(("BELLWETHER_SERVER_LISTEN".to_owned(), listen.to_string()));
        }
        let (file, shown) = (file.map(Path::to_owned), own.display().to_string());
        Ok(Self { file, shown, text, variables })
    }

    /// Paths in the file are seen from here.
    fn base(&self) -> &Path {
        self.file.as_deref().and_then(Path::parent).unwrap_or(Path::new(""))
    }
}

impl Config {
    /// Reads the configuration: the file that was named, or the one in the data directory if there is one.
    /// An address on the command line goes before both file and environment.
    ///
    /// # Errors
    /// [`Problems`].
    pub(crate) fn load(
        named: Option<&Path>,
        data: &Path,
        listen: Option<SocketAddr>,
    ) -> Result<Loaded> {
        let given = Given::of(named, data, listen)?;
        let read = Loaded::read(&given.shown, &given.text, &given.variables, given.base());
        Ok(Loaded { file: given.file, ..read.map_err(Problems)? })
    }

    /// Of a configuration that is wrong somewhere, the sections that are fine, to look further; nothing works
    /// by it.
    pub(crate) fn as_far_as_fine(named: Option<&Path>, data: &Path) -> Option<Self> {
        let given = Given::of(named, data, None).ok()?;
        let layers = Layers::read(&given.shown, &given.text, &given.variables).ok()?;
        read::config(&layers.document, given.base(), &mut Vec::new())
    }
}

/// Where the configuration stands: the file that was named, or the one in the data directory.
pub(crate) fn place(named: Option<&Path>, data: &Path) -> PathBuf {
    named.map_or_else(|| data.join(FILE), Path::to_owned)
}
