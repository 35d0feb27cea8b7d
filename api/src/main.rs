//! The binary `guiyi`. See `api::cli` for its commands.

#[tokio::main]
async fn main() -> std::process::ExitCode {
    api::cli::run().await
}
