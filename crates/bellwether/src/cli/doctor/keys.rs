//! Keys: whether the master key is there, closed to others, and the one that this directory needs.

use super::finding::Finding;
use crate::cli::context::Context;
use crate::table::thousands;
use bellwether_runtime::StoredKeys;
use bellwether_runtime::keys::{FileKeys, KeyError, KeyProvider, Slot, StoreFault, Vault};
use bellwether_runtime::log::check_start;
use bellwether_store::{Keys, Store, StoreError};

pub(super) fn look(context: &Context, store: Option<&Store>) -> Vec<Finding> {
    let mut findings = vec![master(context)];
    let keys = match Keys::open(&context.data, true) {
        Ok(keys) => keys,
        Err(StoreError::Missing { .. }) if store.is_some() => {
            findings.push(unfit("key database", &KeyError::DatabaseMissing));
            return findings;
        }
        Err(error) => {
            findings.push(Finding::store("key database", &error));
            return findings;
        }
    };
    if let Some(store) = store {
        findings.push(log(store, &keys));
    }
    let well = findings.iter().all(|finding| finding.code.is_none());
    if let (Some(store), true) = (store, well) {
        findings.push(match fits(context, store, keys) {
            Ok(minted) => {
                let found = format!("opens with this master key, {minted} keys minted");
                Finding::ok("key database", found)
            }
            Err(error) => unfit("key database", &error),
        });
    }
    findings
}

/// Whether the log still is what was signed, by what is remembered beside the keys.
fn log(store: &Store, keys: &Keys) -> Finding {
    let signed = match check_start(store, keys) {
        Ok(()) => keys.signed(),
        Err(error) => {
            return Finding::broken("log", error.to_string(), error.help()).code(error.code());
        }
    };
    match signed.map(|mut signed| signed.pop()) {
        Ok(Some(signed)) => {
            let size = thousands(signed.head.size);
            let found = format!("{size} records of epoch {} signed, as they are", signed.epoch);
            Finding::ok("log", found)
        }
        Ok(None) => {
            Finding::look("log", "never signed", "`bellwether log checkpoint` signs what is there")
        }
        Err(error) => Finding::store("log", &error),
    }
}

fn unfit(about: &str, error: &KeyError) -> Finding {
    Finding::broken(about, error.to_string(), error.help()).code(error.code())
}

fn master(context: &Context) -> Finding {
    let about = "master key";
    if context.seed_file().exists() {
        let mend = "fine for a demo or a test; for real data start anew without a seed";
        return Finding::look(about, "from a seed: nothing here is secret", mend);
    }
    if let (Ok(false), Ok(origin), Ok(keys)) =
        (context.keeps_its_key(), context.key_origin(), context.keys())
    {
        return match keys.master() {
            Ok(_) => Finding::ok(about, format!("from {origin}")),
            Err(error) => unfit(about, &error),
        };
    }
    let file = context.key_file();
    match FileKeys::at(&file).master() {
        Ok(_) if file.starts_with(&context.data) => {
            let found = format!("{}, closed to others", file.display());
            Finding::ok(about, found)
        }
        Ok(_) => Finding::ok(about, format!("{}, apart from the data", file.display())),
        Err(error) => unfit(about, &error),
    }
}

/// How many keys there are, if the master key opens them and they reach as far as the data.
fn fits(context: &Context, store: &Store, keys: Keys) -> Result<Slot, KeyError> {
    let fault = |error: StoreError| KeyError::from(StoreFault::from(error));
    let missing = |_| KeyError::Missing { path: context.seed_file().display().to_string() };
    let provider = context.keys().map_err(missing)?;
    let tenant = store.meta().map_err(fault)?.tenant;
    let next = store.slots_taken().map_err(fault)? + 1;
    let minted = keys.next_free_slot().map_err(fault)?.saturating_sub(1);
    Vault::open(provider, Box::new(StoredKeys(keys)), &tenant, next)?;
    Ok(minted)
}
