//! Measures a backfill of unionIds and a migration of openIds: their time and the process's memory, with many followers
//! who all have an account. The upstream is a generator in the same process, which computes its answers and stores
//! nothing.
//! `scripts/with-databases "sqlite postgres" -- cargo run --release -p acceptance --example backfill -- 1000000 sqlite
//! postgres`

use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use acceptance::{Company, Database, Server};
use api::clock::Clock;
use api::usecase::follower::{Backfill, ChangeOpenIds, Report, backfill, change_open_ids, undo};
use api::usecase::import::{UserText, import_users, read_user};
use axum::extract::{Query, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use domain::follower::Outcome;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;

/// Followers in a page.
const PAGE: u64 = 10_000;
/// Accounts per import.
const BATCH: u64 = 1_000;
/// The account that was migrated to the shop.
const OLD_APP: &str = "wxde3000000000a01d";

#[tokio::main]
async fn main() {
    let (people, servers) = acceptance::bench::arguments(&[Server::Sqlite, Server::Postgres, Server::MariaDb]);
    for server in servers {
        Box::pin(measure(server, people)).await;
        Box::pin(measure_migration(server, people)).await;
    }
}

async fn measure(server: Server, people: u64) {
    let upstream = serve(people).await;
    let company = Company::open_on(Database::create(server).await, settings(upstream)).await;
    // The company's own clock does not advance.
    let app = company.embedded_app(|builder| builder.with_clock(Clock::default())).await.0;
    let begun = Instant::now();
    fill(&app, ("shop", people)).await;
    let filled = begun.elapsed();
    let memory = Memory::watch();
    let first = run(&app, false, people, Outcome::Attached).await;
    let memory = memory.told();
    let second = run(&app, false, people, Outcome::Unchanged).await;
    let all = run(&app, true, people, Outcome::Unchanged).await;
    println!("{server:?}, backfill of {people} followers; accounts imported in {filled:.1?}");
    print(people, [("first run", first), ("again", second), ("again, --all", all)]);
    println!("  resident: {memory} the first run");
    company.database.drop_now().await;
}

/// Measures a migration: all people have an openId of the old account, and none has logged in through the new one.
async fn measure_migration(server: Server, people: u64) {
    let upstream = serve(people).await;
    let company = Company::open_on(Database::create(server).await, settings(upstream)).await;
    let app = company.embedded_app(|builder| builder.with_clock(Clock::default())).await.0;
    fill(&app, ("old", people)).await;
    let memory = Memory::watch();
    let first = migrate(&app, people, Outcome::Linked).await;
    let memory = memory.told();
    let run = first.0.run.expect("a run that writes has an id");
    let again = migrate(&app, people, Outcome::Unchanged).await;
    let begun = Instant::now();
    let undone = undo(app.service(), run, false).await.expect("an undo");
    let undoing = begun.elapsed();
    assert_eq!(undone.undone, people);
    println!("{server:?}, migration of {people} openIds");
    print(people, [("first run", first), ("again", again)]);
    println!("  undo: {undoing:.1?}");
    println!("  resident: {memory} the first run");
    company.database.drop_now().await;
}

fn print<const N: usize>(people: u64, runs: [(&str, (Report, Duration)); N]) {
    for (name, (report, time)) in runs {
        #[expect(clippy::cast_precision_loss, reason = "a rate need not be exact")]
        let rate = people as f64 / time.as_secs_f64();
        println!("  {name}: {time:.1?}, {rate:.0} people/s, {} calls", report.calls);
    }
}

/// The memory of the process from now on.
struct Memory {
    before: u64,
    peak: Arc<AtomicU64>,
    watch: tokio::task::JoinHandle<()>,
}

impl Memory {
    fn watch() -> Self {
        let before = resident_kib();
        let peak = Arc::new(AtomicU64::new(before));
        let watching = peak.clone();
        let watch = tokio::spawn(async move {
            loop {
                watching.fetch_max(resident_kib(), Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        });
        Self { before, peak, watch }
    }

    fn told(self) -> String {
        self.watch.abort();
        let peak = self.peak.load(Ordering::Relaxed);
        format!("{} MiB before, at most {} MiB during", self.before / 1024, peak / 1024)
    }
}

async fn migrate(app: &api::App, people: u64, outcome: Outcome) -> (Report, Duration) {
    let shop = api::usecase::app::all(app.service()).first().expect("the app");
    let from = OLD_APP.parse().expect("an app id");
    let options = ChangeOpenIds { from, from_original: None, dry_run: false };
    let begun = Instant::now();
    let report = change_open_ids(app.service(), shop, &options, &mut |_| {}).await.expect("a run");
    assert!(report.stopped.is_none(), "{:?}", report.stopped);
    assert_eq!(report.tally.of_outcome(outcome), people);
    (report, begun.elapsed())
}

async fn run(app: &api::App, asks_all: bool, people: u64, outcome: Outcome) -> (Report, Duration) {
    let shop = api::usecase::app::all(app.service()).first().expect("the app");
    let options = Backfill::by_command(asks_all, false);
    let begun = Instant::now();
    let report = backfill(app.service(), shop, options, &mut |_| {}).await.expect("a run");
    assert!(report.stopped.is_none(), "{:?}", report.stopped);
    assert_eq!(report.tally.of_outcome(outcome), people);
    (report, begun.elapsed())
}

fn settings(upstream: SocketAddr) -> toml::Table {
    let url = format!("http://{upstream}");
    toml::toml! {
        default_app = ""
        [backfill]
        calls_per_minute = 1_000_000_000
        [[apps]]
        name = "shop"
        kind = "wechat-official-account"
        app_id = "wxde30000000005409"
        app_secret = "de300000000000000000000000005409"
        union_scope = "hemu"
        api_url = (url.clone())
        return_to = ["/"]
        [[apps]]
        name = "old"
        kind = "wechat-official-account"
        app_id = OLD_APP
        app_secret = "de300000000000000000000000005409"
        api_url = url
        return_to = ["/"]
    }
}

fn open_id(n: u64) -> String {
    format!("oBench4mple5Qm7hV2cY{n:08}")
}

/// Imports an account for each of the people, with an openId of this app.
async fn fill(app: &api::App, (name, people): (&str, u64)) {
    for begin in (0..people).step_by(usize::try_from(BATCH).expect("a small number")) {
        let users = (begin..people.min(begin + BATCH)).map(|n| {
            let open_ids = vec![(name.to_owned(), open_id(n))];
            let text = UserText { external_id: format!("M-{n}"), open_ids, ..UserText::default() };
            read_user(app.service(), &text).expect("an account")
        });
        import_users(app.service(), &users.collect::<Vec<_>>()).await.expect("an import");
    }
}

async fn serve(people: u64) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let router = Router::new()
        .route("/cgi-bin/stable_token", post(|| async { Json(json!({ "access_token": "t", "expires_in": 7200 })) }))
        .route("/cgi-bin/user/get", get(page))
        .route("/cgi-bin/user/info/batchget", post(about))
        .route("/cgi-bin/changeopenid", post(convert))
        .with_state(people);
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

async fn page(State(people): State<u64>, Query(query): Query<Map<String, Value>>) -> Json<Value> {
    let number = |id: &str| id[id.len() - 8..].parse::<u64>().ok();
    let from = query.get("next_openid").and_then(Value::as_str).and_then(number).map_or(0, |last| last + 1);
    let list: Vec<String> = (from..people.min(from + PAGE)).map(open_id).collect();
    let next = list.last().cloned().unwrap_or_default();
    if list.is_empty() {
        return Json(json!({ "total": people, "count": 0, "next_openid": "" }));
    }
    Json(json!({ "total": people, "count": list.len(), "data": { "openid": list }, "next_openid": next }))
}

async fn about(Json(wanted): Json<Value>) -> Json<Value> {
    let people = wanted["user_list"].as_array().into_iter().flatten().map(|person| {
        let id = person["openid"].as_str().unwrap_or_default();
        let union_id = id.replacen("oBench", "oUnion", 1);
        json!({ "subscribe": 1, "openid": id, "nickname": "", "sex": 0, "language": "zh_CN", "city": "", "province": "",
            "country": "", "headimgurl": "", "subscribe_time": 1_758_000_000, "unionid": union_id, "remark": "",
            "groupid": 0, "tagid_list": [], "subscribe_scene": "ADD_SCENE_QR_CODE", "qr_scene": 0, "qr_scene_str": "" })
    });
    Json(json!({ "user_info_list": people.collect::<Vec<_>>() }))
}

async fn convert(Json(wanted): Json<Value>) -> Json<Value> {
    let changed = wanted["openid_list"].as_array().into_iter().flatten().map(|old| {
        let new = old.as_str().unwrap_or_default().replacen("oBench", "oMoved", 1);
        json!({ "ori_openid": old, "new_openid": new, "err_msg": "ok" })
    });
    Json(json!({ "errcode": 0, "errmsg": "ok", "result_list": changed.collect::<Vec<_>>() }))
}

/// The memory of this process, as Linux reports it.
fn resident_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux reports it");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("VmRSS");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}
