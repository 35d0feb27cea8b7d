//! The keys of phone numbers, as an operator handles them: listed, rotated, and missing.

use std::process::Output;

use crate::demo::Workplace;

const USERS: &str = "externalId,phone\nC-1,13900000077\nC-2,13900000078\n";

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn import(place: &Workplace) -> Output {
    place.write("users.csv", USERS);
    place.run(&["import", "users", "users.csv"])
}

const UNCHANGED: &str = "0 created, 0 updated, 2 unchanged, 0 joined, 0 in conflict, 0 bad\n";

#[test]
fn without_a_configured_secret_one_is_kept_beside_the_database() {
    let place = Workplace::new();

    let first = import(&place);
    let second = import(&place);

    assert!(stderr(&first).contains("generated guiyi.db.key"), "{}", stderr(&first));
    assert_eq!(stdout(&first), "2 created, 0 updated, 0 unchanged, 0 joined, 0 in conflict, 0 bad\n");
    assert_eq!(stdout(&second), UNCHANGED, "{}", stderr(&second));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let key = std::fs::metadata(place.folder.path().join("guiyi.db.key")).expect("a key file");
        assert_eq!(key.permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn a_lost_secret_stops_the_start_before_anything_is_written() {
    let place = Workplace::new();
    import(&place);
    let key = place.folder.path().join("guiyi.db.key");
    let kept = std::fs::read(&key).expect("a key file");
    std::fs::remove_file(&key).expect("a file to remove");
    let database = || std::fs::read(place.folder.path().join("guiyi.db")).expect("a database");
    // The next process that opens the database applies the log beside it.
    place.run(&["keys", "status"]);
    let before = database();

    let refused = import(&place);
    let with_another = place
        .command(&["import", "users", "users.csv"])
        .env("GUIYI_TOKENS__SECRET_KEYS", "[\"another-secret-of-at-least-32-characters\"]")
        .output()
        .expect("the binary runs");
    let status = place.run(&["keys", "status"]);

    for output in [&refused, &with_another] {
        assert!(!output.status.success());
        assert!(stderr(output).contains("the keys of the phone numbers cannot be decrypted"), "{}", stderr(output));
    }
    assert!(!status.status.success() && stdout(&status).contains("CANNOT BE DECRYPTED"), "{}", stdout(&status));
    assert!(database() == before && !key.exists());
    std::fs::write(&key, kept).expect("the secret is put back");
    assert_eq!(stdout(&import(&place)), UNCHANGED);
}

#[test]
fn a_change_of_the_key_says_how_far_it_is_and_what_is_sealed_with_which() {
    let place = Workplace::new();
    import(&place);

    let before = stdout(&place.run(&["keys", "status"]));
    let rotated = place.run(&["keys", "rotate"]);
    let after = stdout(&place.run(&["keys", "status"]));

    assert_eq!(stdout(&rotated), "re-encrypted 2 number(s) with the newest key\n", "{}", stderr(&rotated));
    let told = |text: &str| {
        let words = |line: &str| line.splitn(5, ' ').last().unwrap_or_default().to_owned();
        text.lines().map(words).collect::<Vec<_>>()
    };
    let opened = "decrypted by tokens.secret_keys[0]";
    assert_eq!(told(&before), [format!("lookup only  {opened}"), format!("encrypts, 2 number(s) so far  {opened}")]);
    assert_eq!(
        told(&after),
        [
            format!("lookup only  {opened}"),
            format!("still encrypts 0 number(s)  {opened}"),
            format!("encrypts, 2 number(s) so far  {opened}"),
        ]
    );
    assert_eq!(stdout(&import(&place)), UNCHANGED);
}
