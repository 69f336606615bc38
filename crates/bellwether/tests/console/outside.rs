//! The pages in a real browser, checked by axe-core. Where node, chromium or the packages are absent, the
//! test says so and is skipped: `npm install puppeteer-core axe-core` in a folder, and its path in
//! `BELLWETHER_NODE`.

use crate::served::Served;
use crate::world::World;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the packages are.
fn packages() -> Option<PathBuf> {
    let target = Path::new(env!("CARGO_BIN_EXE_bellwether")).ancestors().nth(2)?;
    let said = std::env::var_os("BELLWETHER_NODE").map(PathBuf::from);
    let folder = said.unwrap_or_else(|| target.join("node"));
    let there = ["puppeteer-core", "axe-core"]
        .iter()
        .all(|name| folder.join("node_modules").join(name).exists());
    there.then_some(folder)
}

fn answers(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|said| said.status.success())
}

#[test]
fn a_browser_finds_nothing_serious() {
    let Some(packages) = packages().filter(|_| answers("node") && answers("chromium")) else {
        println!("skipped: node, chromium, puppeteer-core or axe-core is not there");
        return;
    };
    let world = World::with_deals();
    let served = Served::start(&world);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/console/axe.cjs");
    let said = Command::new("node")
        .arg(script)
        .args([packages.as_os_str(), format!("http://{}", served.address).as_ref()])
        .arg(&served.token)
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
    assert!(said.status.success(), "{out}{err}");
    assert!(out.contains("serious or critical: 0"), "{out}{err}");
}
