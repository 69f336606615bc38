//! How many signals a second are taken in: `cargo test --release -p bellwether-runtime -- --ignored
//! --nocapture speed`.

use super::*;
use std::time::Instant;

/// Seconds of processor time that this thread had, where the system tells; others may be busy too.
fn processor_seconds(begun: Instant) -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = told.and_then(|told| told.split(' ').next()?.parse::<f64>().ok());
    nanoseconds.map_or_else(|| begun.elapsed().as_secs_f64(), |ns| ns / 1e9)
}

/// Mails of about 200 bytes from 2,000 companies with 3 contacts each; every fifth opens a case.
fn mail(nth: usize) -> RawSignal {
    let company = nth * 7919 % 2_000;
    let contact = format!("p{}@company{company}.example", nth % 3);
    let mut raw = ticket(&nth.to_string());
    raw.account = vec![
        AccountHint::External("crm".into(), personal(&format!("account-{company}"))),
        AccountHint::Contact(personal(&contact)),
    ];
    raw.contact = Some(personal(&contact));
    raw.case = Some((nth / 5).to_string());
    raw.personal = vec![
        ("body".into(), personal(&"The pump is broken again. ".repeat(8))),
        ("from".into(), personal(&contact)),
        ("subject".into(), personal("Pump broken, second time this month")),
    ];
    raw
}

#[test]
#[ignore = "a measurement, to be run in release"]
fn speed() {
    const SIGNALS: usize = 200_000;
    let plain = |mut raw: RawSignal| {
        raw.personal.clear();
        raw
    };
    let raws: Vec<RawSignal> = (0..SIGNALS).map(mail).collect();
    let plain: Vec<RawSignal> = (0..SIGNALS).map(|nth| plain(mail(nth))).collect();
    for (what, raws) in [("3 personal parts", &raws), ("no personal part", &plain)] {
        let disk = Disk::default();
        let mut edge = disk.edge();
        let (mut size, mut learnt) = (0, 0);
        let begun = Instant::now();
        let before = processor_seconds(begun);
        for batch in raws.chunks(512) {
            let taken = take_all(&mut edge, batch);
            size += taken.iter().map(|taken| taken.bytes.len()).sum::<usize>();
            learnt += taken.iter().map(|taken| taken.learnt.len()).sum::<usize>();
            disk.write(&taken);
            edge.commit();
        }
        let seconds = processor_seconds(begun) - before;
        println!(
            "{what}: {:.0} signals per CPU second, {:.2} us each, {} bytes an event, {learnt} learnt",
            SIGNALS as f64 / seconds,
            seconds * 1e6 / SIGNALS as f64,
            size / SIGNALS,
        );
    }
}
