//! `BUNDLE.lock`: which files a bundle has, whose they are, and who signed for them.
//!
//! - In: a bundle's files with its lock, the keys that are trusted, and the time.
//! - Out: the text of a lock to be signed; [`Verified`], or everything that is wrong with it.
//! - Never: believes what a lock says before enough trusted keys have signed it.
//!
//! A lock is a signed note (c2sp.org/signed-note). Its lines: [`HEADER`], `bundle NAME`, `version V`,
//! `digest D` (of all files, the parent's among them, as records name it), `parent D` (of the
//! parent's files), `expires T`, `proof D` (of `PROOF.json`), each `-` where there is none; then
//! `SHA256 path` for each file of the folder itself, in the order of paths.

use crate::bundle::{self, Source};
use crate::prove::report;
use bellwether_core::{Digest, Place, Problem, Timestamp, civil};
use bellwether_ledger::note::{Note, NoteError, VerifierKey};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The lock's name in a bundle's folder.
pub(crate) const FILE: &str = "BUNDLE.lock";

const HEADER: &str = "bellwether bundle lock 1";

/// What a lock says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lock {
    /// The bundle's name.
    pub(crate) name: String,
    /// Its version, as written.
    pub(crate) version: String,
    /// Of all files that decide.
    pub(crate) digest: Digest,
    /// Of the parent's files.
    pub(crate) parent: Option<Digest>,
    /// From when on it no longer counts.
    pub(crate) expires: Option<Timestamp>,
    /// Of the proof's report.
    pub(crate) proof: Option<Digest>,
    /// The folder's own files.
    pub(crate) files: BTreeMap<String, Digest>,
}

/// What somebody who brings rules into force asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    /// Keys whose signatures count.
    pub(crate) signers: &'a [VerifierKey],
    /// How many of them must have signed; with 0 an unsigned bundle is fine.
    pub(crate) signatures: usize,
    /// Whether a proof without findings must be there.
    pub(crate) require_proof: bool,
    /// The time.
    pub(crate) now: Timestamp,
}

/// A bundle whose lock holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verified {
    /// What the lock says; `None` for an unsigned bundle where that is fine.
    pub(crate) lock: Option<Lock>,
    /// Names of the trusted keys that signed, each once, in the order in which they were given.
    pub(crate) signed_by: Vec<String>,
}

impl Lock {
    /// The lock of a bundle as it stands in its folder; it names the proof that lies there.
    ///
    /// # Errors
    /// `lock-nameless` when `bundle.yaml` tells no name or version.
    pub(crate) fn of(source: &Source, expires: Option<Timestamp>) -> Result<Self, Problem> {
        let (name, version) = identity(source).ok_or_else(|| {
            let problem = Problem::new("lock-nameless", "bundle.yaml tells no name or no version");
            problem.at(place("bundle.yaml")).help("`bellwether policy check` says what is wrong")
        })?;
        Ok(Self {
            name,
            version,
            digest: bellwether_policy::digest(&source.files),
            parent: source.parent,
            expires,
            proof: source.proof.as_ref().map(|text| Digest::of(text.as_bytes())),
            files: source.own.iter().map(|(path, text)| (path.clone(), of(text))).collect(),
        })
    }

    /// The text that is signed.
    pub(crate) fn text(&self) -> String {
        let or = |digest: &Option<Digest>| digest.map_or("-".to_owned(), |it| it.to_string());
        let expires = self.expires.map_or("-".to_owned(), |at| at.to_string());
        let mut text = format!(
            "{HEADER}\nbundle {}\nversion {}\ndigest {}\nparent {}\nexpires {expires}\nproof {}\n",
            self.name,
            self.version,
            self.digest,
            or(&self.parent),
            or(&self.proof),
        );
        for (path, digest) in &self.files {
            let _ = writeln!(text, "{digest} {path}");
        }
        text
    }

    /// Reads the text of a lock, without its signatures.
    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        if lines.next()? != HEADER {
            return None;
        }
        let mut next = |word: &str| lines.next()?.strip_prefix(word)?.strip_prefix(' ');
        let name = next("bundle")?.to_owned();
        let version = next("version")?.to_owned();
        let digest = next("digest")?.parse().ok()?;
        let parent = optional(next("parent")?)?;
        let expires = match next("expires")? {
            "-" => None,
            written => Some(civil::read(written, "iso", &civil::zone("UTC").ok()?).ok()?),
        };
        let proof = optional(next("proof")?)?;
        let mut files = BTreeMap::new();
        for line in lines {
            let (digest, path) = line.split_once(' ')?;
            files.insert(path.to_owned(), digest.parse().ok()?);
        }
        let lock = Self { name, version, digest, parent, expires, proof, files };
        // One lock has one text, so that two readers cannot see two things.
        (lock.text() == text).then_some(lock)
    }
}

/// Reads a lock's file: what it says, and its signatures, which nobody has checked yet.
///
/// # Errors
/// `lock-format`.
pub(crate) fn read(text: &str) -> Result<(Lock, Note), Problem> {
    let wrong = |what: &str| {
        let problem = Problem::new("lock-format", format!("this is no lock: {what}"));
        problem.at(place(FILE)).help("sign the bundle anew: `bellwether policy sign`")
    };
    let note = Note::parse(text.as_bytes()).map_err(|error| wrong(&error.to_string()))?;
    let lock = Lock::parse(note.text()).ok_or_else(|| wrong("its lines are not those of one"))?;
    Ok((lock, note))
}

/// Checks a bundle against its lock.
///
/// # Errors
/// `lock-missing`, `lock-format`, then `lock-unknown-signer`, `lock-tampered`, `lock-too-few`; and only for
/// what enough trusted keys signed, all at once: `lock-file-changed`, `lock-file-missing`,
/// `lock-file-extra`, `lock-parent`, `lock-digest`, `lock-expired`, `lock-proof-missing`,
/// `lock-proof-other`, `lock-proof-findings`. That a bundle is older than what is in force is not its lock's
/// matter.
pub(crate) fn verify(source: &Source, wanted: &Wanted<'_>) -> Result<Verified, Vec<Problem>> {
    let Some(text) = &source.lock else {
        if wanted.signatures == 0 && !wanted.require_proof {
            return Ok(Verified { lock: None, signed_by: Vec::new() });
        }
        let problem =
            Problem::new("lock-missing", "the bundle is not signed: it has no BUNDLE.lock");
        let help = "sign it: `bellwether policy sign DIR --key FILE`";
        return Err(vec![problem.at(place(FILE)).help(help)]);
    };
    let (lock, note) = read(text).map_err(|problem| vec![problem])?;
    let signed_by = signatures(&note, wanted).map_err(|problem| vec![problem])?;
    let mut problems = files(&lock, source);
    problems.extend(expired(&lock, wanted));
    problems.extend(proof(&lock, source, wanted));
    if problems.is_empty() { Ok(Verified { lock: Some(lock), signed_by }) } else { Err(problems) }
}

/// The trusted keys that signed, if they are enough.
fn signatures(note: &Note, wanted: &Wanted<'_>) -> Result<Vec<String>, Problem> {
    let refuse = |problem: Problem, help: &str| Err(problem.at(place(FILE)).help(help));
    let names: Vec<_> = note.signatures().iter().map(|one| format!("`{}`", one.name())).collect();
    let signed = match note.verify(wanted.signers) {
        Ok(signed) => signed,
        Err(NoteError::Unsigned) if wanted.signatures == 0 => Vec::new(),
        Err(NoteError::Unsigned) => {
            let message =
                format!("no signer that is trusted signed this: only {}", names.join(", "));
            let help = "name the signer in `[rules] signers`, or let somebody who is named sign it";
            return refuse(Problem::new("lock-unknown-signer", message), help);
        }
        Err(error) => {
            let message = format!("the lock was changed after it was signed: {error}");
            return refuse(
                Problem::new("lock-tampered", message),
                "take the lock as it was signed, or sign anew",
            );
        }
    };
    if signed.len() < wanted.signatures {
        let ours = |key: &&VerifierKey| note.signatures().iter().any(|one| one.names(key));
        let twice = wanted.signers.iter().filter(ours).count() > signed.len();
        let once = if twice { "; one key counts once, whatever it is called" } else { "" };
        let message = format!(
            "{} must sign, and only {} did: {}{once}",
            wanted.signatures,
            signed.len(),
            signed.iter().map(|one| one.key.name()).collect::<Vec<_>>().join(", "),
        );
        return refuse(
            Problem::new("lock-too-few", message),
            "let another signer add theirs: `policy sign`",
        );
    }
    Ok(signed.iter().map(|one| one.key.name().to_owned()).collect())
}

/// Whether the files are those that were signed.
fn files(lock: &Lock, source: &Source) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut refuse = |problem: Problem, path: &str, help: &str| {
        problems.push(problem.at(place(path)).help(help));
    };
    for (path, digest) in &lock.files {
        match source.own.get(path) {
            None => {
                let what = format!("`{path}` was signed and is not here");
                refuse(Problem::new("lock-file-missing", what), path, "put it back")
            }
            Some(text) if of(text) != *digest => {
                let help = "put back the signed one, or sign the bundle anew";
                let what = format!("`{path}` is not as it was signed");
                refuse(Problem::new("lock-file-changed", what), path, help);
            }
            Some(_) => {}
        }
    }
    for path in source.own.keys().filter(|path| !lock.files.contains_key(*path)) {
        let what = format!("`{path}` is here and was not signed");
        refuse(Problem::new("lock-file-extra", what), path, "remove it, or sign anew");
    }
    let own = !problems.is_empty();
    if lock.parent != source.parent {
        let problem = Problem::new("lock-parent", "the parent is not the one that was signed");
        let help = "bring the parent's folder to the version that was signed, or sign anew";
        problems.push(problem.at(place("bundle.yaml")).help(help));
    } else if !own && lock.digest != bellwether_policy::digest(&source.files) {
        let problem =
            Problem::new("lock-digest", "the lock names another digest than its files have");
        problems.push(problem.at(place(FILE)).help("sign the bundle anew"));
    }
    problems
}

/// Whether it no longer counts.
fn expired(lock: &Lock, wanted: &Wanted<'_>) -> Option<Problem> {
    let expires = lock.expires.filter(|expires| *expires <= wanted.now)?;
    let problem = Problem::new("lock-expired", format!("the signatures held until {expires}"));
    Some(problem.at(place(FILE)).help("review it, and sign anew: `policy sign --expires`"))
}

/// Whether the proof is of these files, and found nothing.
fn proof(lock: &Lock, source: &Source, wanted: &Wanted<'_>) -> Option<Problem> {
    let refuse = |problem: Problem| {
        let problem = problem.at(place(report::FILE));
        let help = "prove and sign anew: `bellwether policy prove DIR --out DIR/PROOF.json`, `policy sign`";
        Some(problem.help(help))
    };
    let Some(signed) = lock.proof else {
        let missing = || {
            refuse(Problem::new(
                "lock-proof-missing",
                "the lock names no proof, and one is required",
            ))
        };
        return wanted.require_proof.then(missing).flatten();
    };
    let Some(text) = &source.proof else {
        return refuse(Problem::new(
            "lock-proof-missing",
            "the proof that the lock names is not here",
        ));
    };
    let said = report::Said::read(text).filter(|_| Digest::of(text.as_bytes()) == signed);
    match said {
        Some(said) if said.bundle != lock.digest => {
            refuse(Problem::new("lock-proof-other", "the proof is about other files than these"))
        }
        Some(said) if wanted.require_proof && !said.proved => {
            refuse(Problem::new("lock-proof-findings", "not everything in the proof is proved"))
        }
        Some(_) => None,
        None => refuse(Problem::new("lock-proof-other", "this is not the proof that was signed")),
    }
}

/// Name and version, as `bundle.yaml` tells them.
fn identity(source: &Source) -> Option<(String, String)> {
    let get = |name: &str| {
        let (text, _) = bundle::head(&source.own, name)?;
        let plain = !text.is_empty() && !text.contains(char::is_control);
        plain.then_some(text)
    };
    Some((get("bundle")?, get("version")?))
}

fn optional(text: &str) -> Option<Option<Digest>> {
    if text == "-" { Some(None) } else { text.parse().ok().map(Some) }
}

fn of(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

fn place(file: &str) -> Place {
    Place { file: file.to_owned(), line: 1, column: 0 }
}

#[cfg(test)]
mod tests;
