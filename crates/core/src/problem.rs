//! Problems: a code for machines, the place, a sentence for people, and the mend.

use std::fmt;

/// Where in a file. Lines and columns count from 1; columns count characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file as the user named it.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1; 0 where only the line is known.
    pub column: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.column {
            0 => write!(f, "{}:{}", self.file, self.line),
            column => write!(f, "{}:{}:{column}", self.file, self.line),
        }
    }
}

/// Whether a problem stops the load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// It is loaded, but somebody should look.
    Warning,
    /// It is refused.
    Error,
}

/// One thing that is wrong with something a person wrote or sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Never changes once released; `docs/errors/<code>.md` explains it.
    pub code: &'static str,
    /// Whether it stops the load.
    pub severity: Severity,
    /// Where.
    pub place: Option<Place>,
    /// What is wrong, in one sentence without personal data.
    pub message: String,
    /// What to do about it; empty only where the message says it.
    pub help: String,
}

impl Problem {
    /// An error; add the place and the mend.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        let (message, help) = (message.into(), String::new());
        Self { code, severity: Severity::Error, place: None, message, help }
    }

    /// Where it is.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// What to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    /// Makes it a warning.
    #[must_use]
    pub fn warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    /// Adds "did you mean" when some known name is close.
    #[must_use]
    pub fn nearest<'a>(self, name: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        match nearest(name, known) {
            Some(close) => self.help(format!("did you mean `{close}`?")),
            None => self,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        write!(f, "{word}[{}]: {}", self.code, self.message)?;
        if !self.help.is_empty() {
            write!(f, "\n  help: {}", self.help)?;
        }
        Ok(())
    }
}

/// The known name that is close enough to be a misspelling of `name`.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (name.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_reads_well() {
        let place = Place { file: "routing/a.yaml".into(), line: 3, column: 9 };
        let problem = Problem::new("fact-unknown", "there is no fact `deal.vlaue`")
            .at(place)
            .nearest("deal.vlaue", ["deal.value", "account.tier"]);
        expect_test::expect![[r#"
            routing/a.yaml:3:9: error[fact-unknown]: there is no fact `deal.vlaue`
              help: did you mean `deal.value`?"#]]
        .assert_eq(&problem.to_string());
        assert_eq!(nearest("zzz", ["deal.value"]), None);
    }
}
