//! W6 of the peers' benchmark: `wrk` with one thread and 32 connections, one signal or 100 a request.
//!
//! Two rates are told: what is accepted (durable before the answer) by CPU second until the last answer,
//! and by CPU second until everything is decided as well, which the peers have no like of.

use crate::house::{House, Server};
use crate::load;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Seconds of one measurement.
const SECONDS: u32 = 6;

pub(crate) fn run() -> Result<()> {
    let data = std::env::var_os("PEERS_DATA").map(PathBuf::from);
    let Some(data) = data.filter(|data| data.join("w1-signals.jsonl").exists()) else {
        println!("skipped: PEERS_DATA does not name the folder of the peers' data");
        return Ok(());
    };
    if Command::new("wrk").arg("-v").output().is_err() {
        println!("skipped: `wrk` is not installed (Debian's package `wrk`)");
        return Ok(());
    }
    let house = House::new("[intake]\nmost_waiting = 100000000\n", |_| {})?;
    let server = house.serve()?;
    for accounts in load::accounts(&data)?.chunks(500) {
        server.send(accounts)?;
    }
    server.drain()?;
    let signals = load::signals(&data, 100)?;
    let one = signals.get(3..4).context("too few signals")?;
    let operations = [("one", one), ("batch", &signals[..])];
    for (operation, signals) in operations {
        let line = measure(&house, &server, operation, signals)?;
        println!("{line}");
    }
    server.end()?;
    if let Some(peers) = std::env::var_os("PEERS_BENCH") {
        let ran = Command::new(Path::new(&peers).join("run.sh")).arg("W6").status()?;
        ensure!(ran.success(), "the peers did not run");
    }
    Ok(())
}

fn measure(house: &House, server: &Server, operation: &str, signals: &[Value]) -> Result<Value> {
    wrk(house, server, &format!("{operation}-warm"), signals, 1)?;
    server.drain()?;
    let before = server.cpu()?;
    let said = wrk(house, server, operation, signals, SECONDS)?;
    let accepted = server.cpu()? - before;
    server.drain()?;
    let decided = server.cpu()? - before;
    let requests = said.requests - said.errors;
    let count = requests * signals.len() as f64;
    let (now, most) = server.memory()?;
    Ok(json!({
        "w": "W6", "peer": "bellwether", "version": env!("CARGO_PKG_VERSION"), "op": operation,
        "req_per_wall_s": (requests / said.seconds).round(),
        "req_per_cpu_s": (requests / accepted).round(),
        "signals_per_cpu_s": (count / accepted).round(),
        "signals_per_wall_s": (count / said.seconds).round(),
        "decided_signals_per_cpu_s": (count / decided).round(),
        "p50_ms": said.p50, "p99_ms": said.p99, "errors": said.errors,
        "server_rss_mb": most, "server_rss_after_mb": now,
    }))
}

struct Said {
    requests: f64,
    seconds: f64,
    p50: f64,
    p99: f64,
    errors: f64,
}

/// Drives the server; every event of every request has an id of its own.
fn wrk(house: &House, server: &Server, run: &str, signals: &[Value], seconds: u32) -> Result<Said> {
    let script = house.path("wrk.lua");
    std::fs::write(&script, lua(house, run, signals)?)?;
    let duration = format!("-d{seconds}s");
    let mut wrk = Command::new("wrk");
    wrk.args(["-t1", "-c32", &duration, "--timeout", "30s", "-s"]).arg(script);
    let said = wrk.arg(format!("{}/v1/signals", server.address)).output()?;
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let told = said.lines().find_map(|line| line.strip_prefix("RES "));
    let told = told.with_context(|| format!("wrk said:\n{said}"))?;
    let told: Vec<f64> = told.split(' ').map(str::parse).collect::<Result<_, _>>()?;
    let [requests, micros, p50, p99, errors] = told[..] else { anyhow::bail!("wrk: {said}") };
    Ok(Said { requests, seconds: micros / 1e6, p50: p50 / 1e3, p99: p99 / 1e3, errors })
}

/// The bodies are put together from parts, between which the ids stand.
fn lua(house: &House, run: &str, signals: &[Value]) -> Result<String> {
    let (kind, open, close) = match signals.len() {
        1 => ("application/cloudevents+json", "", ""),
        _ => ("application/cloudevents-batch+json", "[", "]"),
    };
    let events: Vec<_> = signals.iter().map(Value::to_string).collect();
    let body = format!("{open}{}{close}", events.join(","));
    let mark = json!(load::MARK).to_string();
    let parts: Vec<_> = body.split(&mark).map(|part| format!("[==[{part}]==]")).collect();
    let token = &house.token;
    Ok(format!(
        "local parts = {{{parts}}}\nlocal sent, n, t = 0, #parts, {{}}\n\
         for k = 1, n do t[2 * k - 1] = parts[k] end\n\
         wrk.method = 'POST'\nwrk.headers['content-type'] = '{kind}'\n\
         wrk.headers['authorization'] = 'Bearer {token}'\n\
         function request()\n  for k = 1, n - 1 do sent = sent + 1; t[2 * k] = '\"{run}-' .. sent .. '\"' end\n  \
         return wrk.format(nil, nil, nil, table.concat(t))\nend\n\
         function done(s, l, r)\n  io.write(string.format('RES %d %d %d %d %d\\n', s.requests, s.duration, \
         l:percentile(50), l:percentile(99), s.errors.status + s.errors.timeout + s.errors.read))\nend\n",
        parts = parts.join(", "),
    ))
}
