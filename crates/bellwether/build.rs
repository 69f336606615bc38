//! Puts the bundles of `bundles/` and the documents of `docs/` into the program, so that it needs nothing beside itself.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let bundles = fs::canonicalize("../../bundles")?; // Cargo runs this in the folder of the crate.
    println!("cargo::rerun-if-changed={}", bundles.display());
    let mut code = String::from("pub(crate) const SHIPPED: &[Shipped] = &[\n");
    for folder in sorted(&bundles)? {
        if !folder.is_dir() {
            continue;
        }
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let about = fs::read_to_string(folder.join("README.md")).unwrap_or_default();
        let about = about.lines().find(|line| !line.is_empty() && !line.starts_with('#'));
        let about = about.unwrap_or_default();
        let _ = writeln!(code, "Shipped {{ name: {name:?}, about: {about:?}, files: &[");
        write_files(&folder, "", &mut code)?;
        code.push_str("] },\n");
    }
    code.push_str("];\n");
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    fs::write(Path::new(&out).join("bundles.rs"), code)?;
    fs::write(Path::new(&out).join("docs.rs"), documents()?)
}

/// The documents and the pages of errors, by name: the console shows them.
fn documents() -> io::Result<String> {
    let docs = fs::canonicalize("../../docs")?;
    println!("cargo::rerun-if-changed={}", docs.display());
    let mut code = String::new();
    for (name, folder) in [("PAGES", docs.clone()), ("ERRORS", docs.join("errors"))] {
        let _ = writeln!(code, "const {name}: &[(&str, &str)] = &[");
        for path in sorted(&folder)? {
            let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let Some(page) = file.strip_suffix(".md").filter(|page| *page != "README") else {
                continue;
            };
            let absolute = path.canonicalize()?;
            let _ = writeln!(code, "({page:?}, include_str!({absolute:?})),");
        }
        code.push_str("];\n");
    }
    Ok(code)
}

fn write_files(folder: &Path, prefix: &str, code: &mut String) -> io::Result<()> {
    for path in sorted(folder)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            write_files(&path, &format!("{prefix}{name}/"), code)?;
        } else if name.ends_with(".yaml") || name.ends_with(".cedar") {
            let absolute = path.canonicalize()?;
            let _ =
                writeln!(code, "({:?}, include_str!({absolute:?})),", format!("{prefix}{name}"));
        }
    }
    Ok(())
}

fn sorted(folder: &Path) -> io::Result<Vec<std::path::PathBuf>> {
    let mut paths: Vec<_> =
        fs::read_dir(folder)?.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>()?;
    paths.sort();
    Ok(paths)
}
