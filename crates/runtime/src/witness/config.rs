//! Which witnesses a log asks, and how many must sign: a file that a person writes.
//!
//! ```yaml
//! quorum: 1
//! witnesses:
//!   - url: https://witness.example/
//!     key: witness.example+6ffb53f4+BIyC...
//!   - url: http://10.0.0.7:7480/
//!     key: cellar+1b2c3d4e+BAx1...
//!     private: true
//! ```

use super::Witness;
use crate::transport::TransportError;
use bellwether_core::Problem;
use bellwether_core::authored::{Document, Fields, Node};
use bellwether_ledger::note::{Scheme, VerifierKey, is_secret};

/// More are not asked: each costs a request per checkpoint.
const MOST: usize = 32;

/// A witness as configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configured {
    /// Its address: where `add-checkpoint` stands.
    pub url: String,
    /// Its key.
    pub key: VerifierKey,
    /// Whether its host may have a private address.
    pub private: bool,
}

/// The witnesses of a log. Without any, `quorum` is 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Witnesses {
    /// How many must sign for a checkpoint to count as witnessed: k of n.
    pub quorum: usize,
    /// All of them.
    pub witnesses: Vec<Configured>,
}

impl Witnesses {
    /// Reads the file's text.
    ///
    /// # Errors
    /// Every problem with its place: `yaml-*`, `witness-quorum`, `witness-twice`.
    pub fn read(file: &str, text: &str) -> Result<Self, Vec<Problem>> {
        let document = Document::read(file, text)?;
        let mut problems = Vec::new();
        let mut fields = Fields::new(&document, &document.root, &mut problems);
        fields.required("witnesses");
        let nodes = fields.list("witnesses");
        let quorum = fields.int("quorum");
        let mut witnesses: Vec<Configured> = Vec::new();
        for node in nodes {
            let Some(one) = witness(&document, node, fields.problems()) else { continue };
            if witnesses.iter().any(|known| known.key.is_same_secret(&one.key)) {
                let message = format!("the key of `{}` stands here twice", one.key.name());
                let problem = Problem::new("witness-twice", message).at(fields.place_of(node));
                fields.problems().push(problem);
            }
            witnesses.push(one);
        }
        if let Some(node) = nodes.get(MOST) {
            fields.refuse("yaml-value", node, format!("more than {MOST} witnesses are not asked"));
        }
        // All of them, unless it says otherwise.
        let all = nodes.len();
        let wanted = quorum.map_or(Ok(all), usize::try_from);
        let wanted = wanted.ok().filter(|wanted| *wanted <= all);
        if let (None, Some(node)) = (wanted, fields.node("quorum")) {
            let message = format!("`quorum` is from 0 to the number of witnesses, {all}");
            let problem = Problem::new("witness-quorum", message).at(fields.place_of(node));
            fields.problems().push(problem);
        }
        fields.finish();
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Self { quorum: wanted.unwrap_or(all), witnesses })
    }

    /// Their keys, for `note::Trust::witnesses`.
    pub fn keys(&self) -> Vec<VerifierKey> {
        self.witnesses.iter().map(|witness| witness.key.clone()).collect()
    }

    /// The witnesses, ready to be asked.
    ///
    /// # Errors
    /// `transport-url`, which reading has excluded.
    pub fn connect(&self) -> Result<Vec<Witness>, TransportError> {
        self.witnesses.iter().map(Witness::new).collect()
    }
}

fn witness(document: &Document, node: &Node, problems: &mut Vec<Problem>) -> Option<Configured> {
    let mut fields = Fields::new(document, node, problems);
    let private = fields.flag("private").unwrap_or(false);
    let url = fields.required_text("url").map(str::to_owned);
    let key = fields.required_text("key").and_then(|text| {
        let key = text.parse().ok().filter(|key: &VerifierKey| key.scheme() == Scheme::Cosignature);
        if key.is_none()
            && let Some(node) = fields.node("key")
        {
            // A secret that was put here by mistake is not repeated.
            let what = if is_secret(text) { "this secret".to_owned() } else { format!("`{text}`") };
            let message = format!("{what} is no witness's key, as `witness init` prints it");
            fields.refuse("note-key", node, message);
        }
        key
    });
    let one = url.zip(key).map(|(url, key)| Configured { url, key, private });
    if let Some(Err(error)) = one.as_ref().map(Witness::new) {
        let at = fields.node("url").unwrap_or(node);
        let place = fields.place_of(at);
        let problem = Problem::new(error.code(), error.to_string()).at(place).help(error.help());
        fields.problems().push(problem);
    }
    fields.finish();
    one
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellwether_ledger::note::Signer;

    fn key(name: &str, secret: u8, scheme: Scheme) -> String {
        Signer::new(name, scheme, &[secret; 32]).unwrap().verifier().to_string()
    }

    fn file() -> String {
        let (one, two) = (key("w1", 1, Scheme::Cosignature), key("w2", 2, Scheme::Cosignature));
        format!(
            "quorum: 1\nwitnesses:\n  - {{url: https://w.example/, key: {one}}}\n  - \
             {{url: \"http://10.0.0.7:7480\", key: {two}, private: true}}\n"
        )
    }

    #[test]
    fn a_file_is_read() {
        let read = Witnesses::read("witnesses.yaml", &file()).unwrap();
        let urls: Vec<_> = read.witnesses.iter().map(|w| (w.url.as_str(), w.private)).collect();
        assert_eq!(urls, [("https://w.example/", false), ("http://10.0.0.7:7480", true)]);
        assert_eq!((read.quorum, read.keys().len(), read.connect().unwrap().len()), (1, 2, 2));
        for (text, quorum, count) in [
            (file().replace("quorum: 1\n", ""), 2, 2),
            (file().replace("quorum: 1", "quorum: 0"), 0, 2),
            ("witnesses: []".to_owned(), 0, 0),
        ] {
            let read = Witnesses::read("witnesses.yaml", &text).unwrap();
            assert_eq!((read.quorum, read.witnesses.len()), (quorum, count), "{text}");
        }
    }

    #[test]
    fn everything_wrong_is_said_at_its_place() {
        let said = |text: &str| {
            let found = Witnesses::read("witnesses.yaml", text).unwrap_err();
            found.iter().map(|problem| format!("{problem}\n")).collect::<String>()
        };
        let same = key("other", 1, Scheme::Cosignature);
        let plain = key("log", 3, Scheme::Plain);
        let text = format!(
            "quorm: 1\nquorum: 5\nwitnesses:\n  - {{url: \"http://w.example/\", key: {}}}\n  - \
             {{url: https://w.example/, key: {same}, priv: true}}\n  - {{url: https://x.example/, \
             key: {plain}}}\n  - {{}}\n",
            key("w1", 1, Scheme::Cosignature)
        );
        expect_test::expect![[r#"
            witnesses.yaml:4:11: error[transport-url]: the address `http://w.example/` cannot be used: only a private host may be asked without TLS
              help: write `https://host/`, or `http://host:port/` with `private: true`
            witnesses.yaml:5:97: error[yaml-unknown-key]: `priv` is not known here
              help: known here: private, url, key
            witnesses.yaml:5:5: error[witness-twice]: the key of `other` stands here twice
            witnesses.yaml:6:36: error[note-key]: `log+825eeff6+Ae1JKMYo0cLG6ukDOJBZlWEpWSc6XGP5NjbBRhSshzfR` is no witness's key, as `witness init` prints it
            witnesses.yaml:7:5: error[yaml-missing-key]: `url` is missing here
              help: add a line `url: ...`
            witnesses.yaml:7:5: error[yaml-missing-key]: `key` is missing here
              help: add a line `key: ...`
            witnesses.yaml:2:9: error[witness-quorum]: `quorum` is from 0 to the number of witnesses, 4
            witnesses.yaml:1:1: error[yaml-unknown-key]: `quorm` is not known here
              help: did you mean `quorum`?
        "#]].assert_eq(&said(&text));
        expect_test::expect![[r#"
            witnesses.yaml:1:1: error[yaml-missing-key]: `witnesses` is missing here
              help: add a line `witnesses: ...`
        "#]]
        .assert_eq(&said(""));
        expect_test::expect![[r#"
            witnesses.yaml:1:13: error[yaml-shape]: expected a mapping, found a single value
            witnesses.yaml:1:13: error[yaml-missing-key]: `url` is missing here
              help: add a line `url: ...`
            witnesses.yaml:1:13: error[yaml-missing-key]: `key` is missing here
              help: add a line `key: ...`
            witnesses.yaml:2:9: error[witness-quorum]: `quorum` is from 0 to the number of witnesses, 1
        "#]].assert_eq(&said("witnesses: [x]\nquorum: -1\n"));
    }
}
