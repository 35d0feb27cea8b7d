//! The contract tests of every built-in plug-in, one module each. Tests that the contracts find flaws are in the
//! modules beside this file.

mod by_sms;
mod careless_carrier;
mod careless_human;
mod careless_line;
mod careless_notifier;
mod careless_pictures;
mod own_pictures;

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};

use api::config::{HumanCheckKind, LineCheckKind, PictureStoreKind, SmsSenderKind};
use api::contract::{Given, carrier, human, line, picture};
use serde::de::DeserializeOwned;
use serde::de::value::{Error, StrDeserializer};

mod sms_aliyun {
    api::carrier_contract!(crate::carrier_tape("aliyun"));
}

mod sms_tencent {
    api::carrier_contract!(crate::carrier_tape("tencent"));
}

mod sms_huawei {
    api::carrier_contract!(crate::carrier_tape("huawei"));
}

mod sms_http {
    api::carrier_contract!(crate::carrier_tape("http"));
}

mod line_check_aliyun {
    api::line_contract!(crate::line_tape("aliyun"));
}

mod human_check_http {
    api::human_contract!(crate::human_tape("http"));
}

mod pictures_folder {
    api::picture_contract!(crate::own_pictures::FOLDER);
}

mod pictures_s3 {
    api::picture_contract!(crate::picture_tape("s3"));
}

mod pictures_database {
    api::picture_contract!(crate::own_pictures::DATABASE);
}

mod notices_by_sms {
    api::notice_contract!(crate::by_sms::TAPE);
}

fn carrier_tape(name: &str) -> carrier::Tape {
    *api::sms::TAPES.iter().find(|tape| tape.name == name).expect("the carrier has a tape")
}

fn line_tape(name: &str) -> line::Tape {
    *api::line_check::TAPES.iter().find(|tape| tape.name == name).expect("the line check has a tape")
}

fn human_tape(name: &str) -> human::Tape {
    *api::human_check::TAPES.iter().find(|tape| tape.name == name).expect("the human check has a tape")
}

fn picture_tape(name: &str) -> picture::Tape {
    *api::picture::TAPES.iter().find(|tape| tape.name == name).expect("the picture store has a tape")
}

/// Returns the names of all kinds in the configuration, except those that call no upstream.
fn kinds<K: DeserializeOwned + Debug>(without_upstream: &[&str]) -> Vec<String> {
    let unknown = K::deserialize(StrDeserializer::<Error>::new("?")).expect_err("there is no such kind").to_string();
    let names = unknown.split('`').skip(3).step_by(2).map(str::to_owned);
    names.filter(|name| !without_upstream.contains(&name.as_str())).collect()
}

#[test]
fn every_plug_in_that_is_built_in_is_under_its_contract() {
    let source = include_str!("main.rs");
    let carriers: Vec<_> = api::sms::TAPES.iter().map(|tape| tape.name).collect();
    let lines: Vec<_> = api::line_check::TAPES.iter().map(|tape| tape.name).collect();
    let humans: Vec<_> = api::human_check::TAPES.iter().map(|tape| tape.name).collect();
    let pictures: Vec<_> = api::picture::TAPES.iter().map(|tape| tape.name).collect();

    assert_eq!(kinds::<PictureStoreKind>(&["none", "database", "folder"]), pictures);
    assert_eq!(kinds::<SmsSenderKind>(&["none", "sandbox", "log"]), carriers);
    assert_eq!(kinds::<LineCheckKind>(&["none"]), lines);
    assert_eq!(kinds::<HumanCheckKind>(&["none"]), humans);
    let modules = [("sms", carriers), ("line_check", lines), ("human_check", humans), ("pictures", pictures)];
    for (point, name) in modules.iter().flat_map(|(point, names)| names.iter().map(move |name| (point, name))) {
        assert!(source.contains(&format!("mod {point}_{name} {{")), "{point}.{name} is not under the contract");
    }
}

/// Tests a contract: each flaw breaks its promise, and each promise is broken by a flaw. `keeps` panics if a plug-in with
/// the flaw breaks the promise.
fn all_are_found_out<F: Copy + Debug>(
    broken: &[(&'static str, F)],
    promised: impl Iterator<Item = &'static str>,
    keeps: impl Fn(&'static str, F),
) {
    for (promise, flaw) in broken {
        let kept = catch_unwind(AssertUnwindSafe(|| keeps(promise, *flaw)));

        assert!(kept.is_err(), "{flaw:?} keeps {promise}");
    }
    let broken: BTreeSet<_> = broken.iter().map(|(promise, _)| *promise).collect();
    assert_eq!(broken, promised.collect());
}

/// Calls the upstream, which no plug-in may do while it is built.
fn call(given: &Given<'_>) {
    // The answer may be a refusal.
    let _ = given.wait(given.http.get(given.upstream, &[]));
}
