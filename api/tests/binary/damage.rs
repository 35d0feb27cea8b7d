//! Databases that are damaged, full, read-only or of a newer version, and files that are no database. Each is reported
//! with advice, and nothing is left half done.

use std::fs;
use std::process::Output;

use migration::throwaway::{Database, Server};

use crate::demo::Workplace;

const SETTINGS: &str = "default_app = \"shop\"\n[[apps]]\nname = \"shop\"\nkind = \"wechat-official-account\"\n\
     app_id = \"wx0123456789abcdef\"\napp_secret = \"secret\"\nopen_url = \"http://127.0.0.1:1\"\n\
     api_url = \"http://127.0.0.1:1\"\nreturn_to = [\"/signed-in\"]\n";
const COMMANDS: [&str; 5] = ["doctor", "serve", "migrate", "after-restore", "check-data"];

/// A folder with a configuration and a migrated database.
fn migrated() -> Workplace {
    let place = Workplace::new();
    place.write("guiyi.toml", SETTINGS);
    let output = place.run(&["migrate"]);
    assert!(output.status.success(), "{output:?}");
    place
}

fn said(output: &Output) -> String {
    let said = String::from_utf8([&output.stdout[..], &output.stderr[..]].concat()).expect("text");
    assert!(!said.contains("panicked") && !said.contains("stack backtrace"), "{said}");
    said
}

/// Runs each command, which must fail with this message.
fn all_fail(place: &Workplace, expected: &str) {
    for command in COMMANDS {
        let output = place.run(&[command]);
        let said = said(&output);
        assert_eq!(output.status.code(), Some(1), "{command}: {said}");
        assert!(said.contains(expected), "{command}: {expected} is not in: {said}");
    }
}

#[test]
fn a_file_that_is_damaged_or_no_database_is_named_and_left_as_it_is() {
    let place = migrated();
    let file = place.folder.path().join("guiyi.db");
    let whole = fs::read(&file).expect("the database");
    let truncated = whole[..whole.len() / 2].to_vec();
    let mut overwritten = whole.clone();
    overwritten[whole.len() / 4..whole.len() / 4 * 3].fill(0xa5);

    for broken in [b"a letter to a friend".to_vec(), truncated, overwritten] {
        fs::write(&file, &broken).expect("a file");

        all_fail(&place, "guiyi.db is damaged, or is no database of SQLite. Nothing was written. Check database.url");

        assert!(said(&place.run(&["doctor"])).contains("restore the newest backup"));
        assert!(fs::read(&file).expect("the file") == broken, "the file was written to");
    }
}

/// A page that no query of a start reads.
#[test]
fn the_doctor_finds_a_damaged_page() {
    let place = migrated();
    let file = place.folder.path().join("guiyi.db");
    let mut bytes = fs::read(&file).expect("the database");
    let size = usize::from(u16::from_be_bytes([bytes[16], bytes[17]]));
    let last = bytes.len() - size;
    bytes[last..].fill(0xa5);
    fs::write(&file, bytes).expect("a file");

    let output = place.run(&["doctor"]);

    let said = said(&output);
    assert!(!output.status.success(), "{said}");
    assert!(said.contains("damaged") && said.contains("restore the newest backup"), "{said}");
}

#[tokio::test]
async fn an_older_version_refuses_the_database_of_a_newer_one() {
    let place = Workplace::new();
    place.write("guiyi.toml", SETTINGS);
    let database = Database::create(Server::Sqlite).await;
    database.run("INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_later', 1)").await;
    let before = database.rows().await;

    let languages = [
        ("C", ["a newer version has migrated this database", "m9999_later", "tart the newer version"]),
        ("zh_CN.UTF-8", ["数据库已由新版本迁移", "m9999_later", "请启动新版本"]),
    ];
    for (command, (language, expected)) in
        COMMANDS.into_iter().flat_map(|command| languages.map(|each| (command, each)))
    {
        let mut command = place.command(&[command]);
        command.env("LC_ALL", language).env("GUIYI_DATABASE__URL", database.url());

        let output = command.output().expect("it runs");

        let said = said(&output);
        assert_eq!(output.status.code(), Some(1), "{command:?}: {said}");
        assert!(expected.iter().all(|expected| said.contains(expected)), "{command:?}: {said}");
    }
    assert_eq!(database.rows().await, before);
}

#[test]
fn of_two_processes_that_migrate_at_once_one_does() {
    let place = Workplace::new();
    place.write("guiyi.toml", SETTINGS);
    let migrate = || {
        let mut command = place.command(&["migrate"]);
        command.env("GUIYI_TOKENS__SECRET_KEYS", "[\"a-secret-of-this-test-of-32-characters\"]");
        command
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .expect("the binary runs")
    };

    let running = [migrate(), migrate(), migrate()];

    let outputs = running.map(|child| child.wait_with_output().expect("an end"));
    let mut applied: Vec<_> = outputs
        .iter()
        .map(|output| {
            let said = said(output);
            assert!(output.status.success(), "{said}");
            said.lines().filter(|line| line.starts_with("applied ")).count()
        })
        .collect();
    applied.sort_unstable();
    assert!(applied[0] == 0 && applied[1] == 0 && applied[2] > 30, "{applied:?}");
}

#[test]
fn a_read_only_database_is_found_and_refuses_what_writes() {
    let place = migrated();
    let with = |command: &str| {
        let mut command = place.command(&[command]);
        command.env("GUIYI_DATABASE__URL", "sqlite:guiyi.db?mode=ro").output().expect("the binary runs")
    };

    let (doctor, restored) = (with("doctor"), with("after-restore"));

    assert!(!doctor.status.success() && !restored.status.success(), "{doctor:?} {restored:?}");
    let doctor = said(&doctor);
    assert!(doctor.contains("broken   the database accepts no writes"), "{doctor}");
    assert!(said(&restored).contains("readonly database"), "{restored:?}");
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn a_read_only_server_is_found_and_refuses_what_writes() {
    let place = Workplace::new();
    place.write("guiyi.toml", SETTINGS);
    let database = Database::create(Server::Postgres).await;
    let name = database.url().rsplit('/').next().expect("a name");
    database.run(&format!("ALTER DATABASE {name} SET default_transaction_read_only = on")).await;
    let with = |command: &str| {
        let mut command = place.command(&[command]);
        command.env("GUIYI_TOKENS__SECRET_KEYS", "[\"a-secret-of-this-test-of-32-characters\"]");
        command.env("GUIYI_DATABASE__URL", database.url()).output().expect("the binary runs")
    };

    for command in COMMANDS {
        let output = with(command);
        let said = said(&output);
        assert_eq!(output.status.code(), Some(1), "{command}: {said}");
        let expected = if command == "doctor" { "the database accepts no writes" } else { "read-only transaction" };
        assert!(said.contains(expected), "{command}: {said}");
    }
    database.drop_now().await;
}

/// Files may grow to 100 KiB. A write beyond that fails, as on a full disk.
#[cfg(unix)]
#[test]
fn a_full_disk_fails_a_migration_and_leaves_nothing_of_it() {
    let place = Workplace::new();
    place.write("guiyi.toml", SETTINGS);
    let program = place.command(&[]).get_program().to_owned();
    let mut full = place.command(&[]);
    let limited = "trap '' XFSZ; ulimit -f 200; exec \"$0\" migrate";
    let mut shell = std::process::Command::new("sh");
    shell.arg("-c").arg(limited).arg(program).current_dir(place.folder.path());
    for (name, value) in full.env("LC_ALL", "C").get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }

    let output = shell.output().expect("the shell runs");

    let text = said(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("migrating the database failed") && text.contains("disk"), "{text}");
    assert!(said(&place.run(&["doctor"])).contains("migration(s) are pending"));
    let again = place.run(&["migrate"]);
    assert!(again.status.success() && said(&again).contains("applied m0001_people"), "{again:?}");
}
