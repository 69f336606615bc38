//! Gates: files are judged as a whole, after they were read and before anything of them is taken.

use super::{ImportError, Options, Report, Source};
use crate::embedded::Embedded;
use crate::error::DriveError;
use bellwether_adapters::{Figures, Verdict};
use bellwether_core::Timestamp;
use bellwether_store::{GateResult, View};

/// How many earlier files a file is compared with.
const PAST: usize = 5;

/// What gates say about one file.
pub(super) fn verdicts(
    store: Option<&View>,
    source: &Source,
    figures: &Figures,
    now: Timestamp,
) -> Result<Vec<Verdict>, DriveError> {
    if source.kept {
        return Ok(Vec::new());
    }
    let kept = store.map(|store| store.past_files(source.mapping.name(), PAST)).transpose()?;
    let past = kept.unwrap_or_default();
    let past: Vec<_> = past.iter().filter_map(|text| Figures::from_text(text)).collect();
    Ok(source.mapping.gates().judge(figures, &past, now))
}

/// Holds files back that do not pass, or notes who let them through. What was found is kept.
pub(super) fn judge(
    driver: &mut Embedded,
    sources: &[Source],
    figures: &[Figures],
    import: u64,
    options: &Options,
    report: &mut Report,
) -> Result<(), ImportError> {
    let (mut held, mut results) = (Vec::new(), Vec::new());
    for (source, figures) in sources.iter().zip(figures) {
        for verdict in verdicts(Some(driver.store()), source, figures, options.now)? {
            let said = options.accept.iter().any(|gate| gate == verdict.gate);
            let accepted = said && verdict.acceptable;
            results.push(GateResult {
                import,
                file: source.name.clone(),
                mapping: source.mapping.name().to_owned(),
                gate: verdict.gate.to_owned(),
                reason: verdict.problem.message.clone(),
                accepted,
                at: options.now,
            });
            if accepted {
                report.accepted.push((source.name.clone(), verdict));
            } else {
                let mut problem = verdict.problem;
                problem.message = format!("`{}` is held back: {}", source.name, problem.message);
                held.push(problem);
            }
        }
    }
    let passed = if held.is_empty() { sources } else { &[] };
    let passed: Vec<&str> = passed.iter().map(|source| source.name.as_str()).collect();
    driver.store_mut().put_gate_results(import, &results, &passed)?;
    if held.is_empty() {
        return Ok(());
    }
    held.extend(report.refused.values().map(|(_, first)| first.clone()));
    Err(ImportError::Held(held))
}

/// What the next files are compared with.
pub(super) fn to_keep(sources: &[Source], figures: &[Figures]) -> Vec<(String, String)> {
    let files = sources.iter().zip(figures).filter(|(source, _)| !source.kept);
    files.map(|(source, figures)| (source.mapping.name().to_owned(), figures.to_text())).collect()
}
