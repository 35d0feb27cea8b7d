//! `guiyi documents`: which documents are listed, for which app, and which are refused.

use std::process::Output;

use crate::demo::Workplace;

fn run(place: &Workplace, arguments: &[&str]) -> Output {
    place.run(&[&["--demo", "documents"][..], arguments].concat())
}

fn lines(output: &Output) -> Vec<String> {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

/// The hash of `{ me { id } }` according to `sha256sum`.
const ME: &str = "c53d78fa4c9c65a93967d42316fcd207fd611c7cac40a103820a866c3e5dd8f5";

#[test]
fn documents_are_listed_by_the_hash_of_their_bytes_and_taken_off_again() {
    let place = Workplace::new();
    place.write("me.graphql", "{ me { id } }");
    place.write("apps.graphql", "query Apps {\n  apps { name }\n}\n");

    let added = lines(&run(&place, &["add", "me.graphql", "apps.graphql"]));
    let again = lines(&run(&place, &["add", "me.graphql"]));
    let for_shop = lines(&run(&place, &["add", "me.graphql", "--app", "shop"]));
    let of_shop = lines(&run(&place, &["list", "--app", "shop"]));
    let listed = lines(&run(&place, &["list"]));
    let removed = lines(&run(&place, &["remove", ME]));
    let removed_again = lines(&run(&place, &["remove", ME]));

    assert_eq!(added[0], format!("{ME}  me.graphql"));
    assert_eq!(again, [format!("{ME}  me.graphql (already listed)")]);
    assert_eq!(for_shop, [format!("{ME}  me.graphql")]);
    assert!(of_shop.len() == 1 && of_shop[0].starts_with(&format!("{ME}  shop  ")), "{of_shop:?}");
    assert!(listed.len() == 3 && listed.iter().any(|line| line.ends_with("  query Apps {")), "{listed:?}");
    assert_eq!(removed, [format!("{ME}  removed")]);
    assert_eq!(removed_again, [format!("{ME}  was not listed")]);
    assert_eq!(lines(&run(&place, &["list"])).len(), 2);
    let audit = lines(&place.run(&["--demo", "audit"]));
    let acts: Vec<_> = audit.iter().filter_map(|line| line.split("  ").nth(1)).collect();
    assert_eq!(acts.iter().filter(|act| **act == "DOCUMENT_ADDED").count(), 3, "{audit:?}");
    assert_eq!(acts.iter().filter(|act| **act == "DOCUMENT_REMOVED").count(), 1, "{audit:?}");
}

#[test]
fn a_file_that_holds_no_document_is_named_and_nothing_is_listed() {
    let place = Workplace::new();
    place.write("me.graphql", "{ me { id } }");
    place.write("half.graphql", "{ me {");
    place.write("two.graphql", "mutation { a: logout b: logout }");
    place.write("long.graphql", &format!("{{ me {{ id }} }} # {}", "x".repeat(65_535)));

    for (file, reason) in [
        ("half.graphql", "half.graphql: "),
        ("two.graphql", "only one mutation field per request"),
        ("long.graphql", "at most 65535 bytes"),
        ("none.graphql", "none.graphql: "),
    ] {
        let output = run(&place, &["add", "me.graphql", file]);

        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(reason), "{file}: {said}");
    }
    let unknown = run(&place, &["add", "me.graphql", "--app", "nowhere"]);
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("there is no app `nowhere`"));
    assert!(!run(&place, &["remove", "abc"]).status.success());
    assert!(lines(&run(&place, &["list"])).is_empty());
}
