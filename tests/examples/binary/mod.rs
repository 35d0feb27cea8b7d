//! Runs the binary, which was built beside the example, in a folder of its own.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use tempfile::TempDir;

/// Processor time is counted in hundredths of a second.
const TICKS: f64 = 100.0;

/// A folder with a configuration.
pub(crate) struct Place {
    folder: TempDir,
    binary: PathBuf,
}

/// A process, which is killed when this value is dropped.
pub(crate) struct Running(Child);

impl Place {
    /// Writes a configuration with one app, `shop`, and this database.
    pub(crate) fn new(database: &str, settings: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let example = std::env::current_exe().expect("a path");
        let binary = example.ancestors().nth(2).expect("a folder of the build").join("guiyi");
        assert!(binary.exists(), "{} is built first: cargo build --release --package api", binary.display());
        let config = format!(
            r#"{settings}
            [tokens]
            secret_keys = ["a-key-of-this-run-a-key-of-this-run-a-key"]
            [database]
            url = "{database}"
            [[apps]]
            name = "shop"
            kind = "wechat-official-account"
            app_id = "wxde30000000005409"
            app_secret = "de300000000000000000000000005409"
            union_scope = "hemu"
            return_to = ["/"]
            "#
        );
        fs::write(folder.path().join("guiyi.toml"), config).expect("a file");
        Self { folder, binary }
    }

    /// Writes a file into the folder.
    pub(crate) fn write(&self, name: &str, content: &str) {
        fs::write(self.folder.path().join(name), content).expect("a file");
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(arguments).current_dir(self.folder.path()).env("LC_ALL", "C");
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GUIYI_")) {
            command.env_remove(name);
        }
        command
    }

    /// Runs a command to its end, and returns its output.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let Output { status, stdout, stderr } = self.command(arguments).output().expect("the binary runs");
        assert!(status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&stderr));
        String::from_utf8(stdout).expect("text")
    }

    /// Starts a command, whose output is discarded.
    pub(crate) fn start(&self, arguments: &[&str]) -> Running {
        Running(self.command(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary starts"))
    }
}

impl Running {
    /// Returns whether the command has ended. Panics if it failed.
    pub(crate) fn is_over(&mut self) -> bool {
        let Some(status) = self.0.try_wait().expect("a child can be asked") else { return false };
        assert!(status.success(), "the command failed: {status}");
        true
    }

    /// Returns the memory of the process in KiB, as Linux reports it.
    pub(crate) fn resident_kib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0 kB");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }

    /// Returns the processor time of the process, as Linux reports it; 0 if the process has ended.
    pub(crate) fn processor_time(&self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0.id())).unwrap_or_default();
        let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
        let ticks: f64 = fields.map(|field| field.parse::<f64>().expect("a number")).sum();
        Duration::from_secs_f64(ticks / TICKS)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Fails if the process has already ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
