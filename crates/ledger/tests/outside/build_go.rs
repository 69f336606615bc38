//! Builds the Go program of `tools/verify-go`, for tests of this crate and of the program.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Where Debian puts Go's packages.
const GO_PATH: &str = "/usr/share/gocode";

/// The program, built into a folder; or why it cannot be.
pub(crate) fn verifier(place: &Path) -> Result<PathBuf, &'static str> {
    if Command::new("go").arg("version").output().is_err() {
        return Err("there is no `go` (Debian: golang-go)");
    }
    if !Path::new(GO_PATH).join("src/golang.org/x/mod/sumdb/tlog").exists() {
        return Err("Go's package x/mod is missing (Debian: golang-golang-x-mod-dev)");
    }
    let program = place.join("verify-go");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tools/verify-go");
    let mut build = Command::new("go");
    build.args(["build", "-o"]).arg(&program).arg(".").current_dir(source);
    build.env("GO111MODULE", "off").env("GOPATH", GO_PATH).env("GOFLAGS", "");
    let built = build.env("GOCACHE", place.join("cache")).output().unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    Ok(program)
}
