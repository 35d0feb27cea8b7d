//! Measures what a big company costs: 10,000 people, a million living codes.
//! `cargo run --release -p sandbox --example crowd`

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use sandbox::{DEMO, Sandbox};
use tower::ServiceExt;

const PEOPLE: usize = 10_000;
const CODES: usize = 1_000_000;
/// What all of it may take.
const MOST_MEGABYTES: u64 = 500;
/// Calls whose time is looked at, at the beginning and at the end.
const SAMPLE: usize = 10_000;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let router = Sandbox::from_toml(&seed())?.router();
    call(&router, "/_sandbox/clock", Some(r#"{"stop_at":1760000000}"#.to_owned())).await?;
    println!("{PEOPLE} people: {} MB resident", resident_megabytes()?);

    let few = logins(&router, 0).await?;
    for code in 0..CODES {
        issue(&router, code % PEOPLE).await?;
    }
    let megabytes = resident_megabytes()?;
    println!("{CODES} living codes: {megabytes} MB resident");
    if megabytes > MOST_MEGABYTES {
        return Err(format!("that is more than {MOST_MEGABYTES} MB").into());
    }

    let many = logins(&router, 0).await?;
    println!("a login (code, tokens, profile) with few codes:  median {:?}, 99% {:?}", few.0, few.1);
    println!("a login (code, tokens, profile) with a million:  median {:?}, 99% {:?}", many.0, many.1);

    call(&router, "/_sandbox/clock", Some(r#"{"advance_seconds":100000}"#.to_owned())).await?;
    let after = logins(&router, 0).await?;
    println!("a login while a million expired codes go:        median {:?}, 99% {:?}", after.0, after.1);
    for person in 0..CODES / 50 {
        issue(&router, person % PEOPLE).await?;
    }
    println!("afterwards: {} MB resident", resident_megabytes()?);
    Ok(())
}

/// The demo's first app, without quotas, and many people.
fn seed() -> String {
    let apps = DEMO.split("[[people]]").next().unwrap_or_default();
    let apps = apps.replacen("name = \"shop\"", "name = \"shop\"\nunlimited = true", 1);
    (0..PEOPLE).fold(apps, |mut seed, person| {
        let phone = 13_800_000_000_u64 + person as u64;
        let _ =
            writeln!(seed, "[[people]]\nid = \"p{person}\"\nnickname = \"第{person}位🌿\"\nphones = [\"+86{phone}\"]");
        seed
    })
}

/// The median and the slow end of many logins.
async fn logins(router: &Router, first: usize) -> Result<(Duration, Duration), Box<dyn Error>> {
    let mut times = Vec::with_capacity(SAMPLE);
    for person in first..first + SAMPLE {
        let begin = Instant::now();
        login(router, person % PEOPLE).await?;
        times.push(begin.elapsed());
    }
    times.sort_unstable();
    Ok((times[SAMPLE / 2], times[SAMPLE * 99 / 100]))
}

async fn login(router: &Router, person: usize) -> Result<(), Box<dyn Error>> {
    let app = "appid=wxde30000000005409&secret=de300000000000000000000000005409";
    let code = issue(router, person).await?;
    let exchange = format!("/sns/oauth2/access_token?{app}&code={code}&grant_type=authorization_code");
    let tokens = call(router, &exchange, None).await?;
    let token = tokens["access_token"].as_str().ok_or("no access token")?;
    let profile = call(router, &format!("/sns/userinfo?access_token={token}&openid=o"), None).await?;
    profile["nickname"].as_str().map(|_| ()).ok_or_else(|| format!("no profile: {profile}").into())
}

async fn issue(router: &Router, person: usize) -> Result<String, Box<dyn Error>> {
    let answer = call(router, "/_sandbox/codes", Some(format!(r#"{{"app":"shop","person":"p{person}"}}"#))).await?;
    Ok(answer["code"].as_str().ok_or("no code")?.to_owned())
}

async fn call(router: &Router, path: &str, body: Option<String>) -> Result<serde_json::Value, Box<dyn Error>> {
    let method = if body.is_some() { "POST" } else { "GET" };
    let request = Request::builder().method(method).uri(path).body(Body::from(body.unwrap_or_default()))?;
    let response = router.clone().oneshot(request).await?;
    Ok(serde_json::from_slice(&response.into_body().collect().await?.to_bytes())?)
}

/// What this process holds in memory, as Linux tells it.
fn resident_megabytes() -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes / 1024)
}
