//! scratch
use bellwether_intent::train::*;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let read = |p: &str| std::fs::read_to_string(p).unwrap();
    let (tr, te) = (read(&a[1]), read(&a[2]));
    let rows = |s: &'static str| s.lines().map(|l| l.split_once('\t').unwrap()).collect::<Vec<_>>();
    let (tr, te) = (rows(Box::leak(tr.into_boxed_str())), rows(Box::leak(te.into_boxed_str())));
    let mut ex: Vec<Example> = tr.iter().map(|(text, label)| Example { text, label }).collect();
    if let Some(k) = a.get(3) { let k: usize = k.parse().unwrap(); let mut n = std::collections::BTreeMap::new(); let mut r = bellwether_intent::numbers::SplitMix::new(a.get(4).map_or(1, |s| s.parse().unwrap())); r.shuffle(&mut ex); ex.retain(|e| { let c = n.entry(e.label).or_insert(0); *c += 1; *c <= k }); }
    let t = std::time::Instant::now();
    let m = train(&ex, &Options::default()).unwrap();
    let train_time = t.elapsed();
    let t = std::time::Instant::now();
    let mut ok = 0;
    for (x, l) in &te { let s = m.scores(x).logits; let b = (0..s.len()).max_by(|i, j| s[*i].total_cmp(&s[*j])).unwrap(); ok += usize::from(m.labels()[b] == *l); }
    println!("{} acc {:.4} train {train_time:?} per text {:?} bytes {} {}", ex.len(), ok as f64 / te.len() as f64, t.elapsed() / te.len() as u32, m.to_bytes().len(), m.digest());
}
