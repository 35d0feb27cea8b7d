//! The binary `guiyi`.
//! What its commands do stands in `api::cli`.

#[tokio::main]
async fn main() -> std::process::ExitCode {
    api::cli::run().await
}
