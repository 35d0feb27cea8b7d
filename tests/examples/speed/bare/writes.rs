//! The handlers that write: two transactions for a login, one for a refresh.

use api::clock::Clock;
use axum::Json as Given;
use axum::extract::State;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use uuid::{NoContext, Timestamp, Uuid};

use super::cell::{Cell, Kind, write_row};
use super::reads::{Json, json};
use super::{Bare, Connection, Failed, Pool};
use crate::people::{APPS, SCOPE, app_id, union_id};

/// A login. The handlers store the code itself where the service stores its hash.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Login {
    pub(crate) app: usize,
    pub(crate) person: usize,
    pub(crate) open_id: String,
    /// 32 characters.
    pub(crate) code: String,
    /// The device of an earlier login, as 64 digits.
    pub(crate) device: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Refresh {
    token: String,
}

/// The result of a login, for the response.
struct Opened {
    user: Uuid,
    session: Uuid,
    device: Vec<u8>,
    token: Vec<u8>,
    row: Vec<Cell>,
}

/// The statements for one account, in the transaction of a login.
const USER: (&str, [Kind; 9], [&str; 9]) = (
    "SELECT users.id, users.status, users.merged_into, users.nickname, users.avatar_url, users.external_id, \
     users.created_at, phones.id AS phone_row, phones.sealed_number \
     FROM users LEFT JOIN phones ON phones.active_user = users.id WHERE users.id = $1 LIMIT 1",
    [Kind::Id, Kind::Text, Kind::Id, Kind::Text, Kind::Text, Kind::Text, Kind::Int, Kind::Id, Kind::Bytes],
    ["id", "status", "mergedInto", "nickname", "avatarUrl", "externalId", "createdAt", "phoneRow", "phone"],
);
const LINK_STATE: &str = "SELECT open_ids.id, open_ids.user_id, union_ids.union_id FROM open_ids LEFT JOIN union_ids \
    ON open_ids.user_id = union_ids.user_id AND union_ids.scope = $1 \
    WHERE open_ids.app = $2 AND open_ids.open_id = $3 LIMIT 1";
const LOCK: &str = "SELECT id, status, merged_into, nickname, avatar_url, external_id, cooling_until, created_at, updated_at \
    FROM users WHERE id IN ($1) ORDER BY id ASC";
const LOCK_ON_POSTGRES: &str = "SELECT id, status, merged_into, nickname, avatar_url, external_id, cooling_until, \
    created_at, updated_at FROM users WHERE id IN ($1) ORDER BY id ASC FOR NO KEY UPDATE";
const ADD_LINK: &str = "INSERT INTO open_ids (id, app, open_id, user_id, nickname, avatar_url, created_at, linked_at, \
    last_login_at, follows, follows_since, cancelled_at) \
    VALUES ($1, $2, $3, $4, NULL, NULL, $5, $6, $7, NULL, NULL, NULL)";
const ADD_EVENT: &str = "INSERT INTO link_events (id, user_id, other_user_id, rule, evidence, actor, session_id, at, \
    before, after) VALUES ($1, $2, NULL, 'R3', $3, 'person', $4, $5, '{}', $6)";
const ADD_SESSION: &str = "INSERT INTO sessions (id, user_id, app, signed_in_at, expires_at, bound, ended_at, device_id, \
    refresh_hash, family_hash, generation, address_block, device, last_used_at) \
    VALUES ($1, $2, $3, $4, $5, TRUE, NULL, $6, $7, NULL, 0, '127.0.0.0/24', NULL, NULL)";
const CLAIM: &str = "INSERT INTO login_claims (code_hash, app, state_hash, verifier_hash, claimed_at, expires_at, refusals, \
    session_id, is_new_user, open_id, union_id, failure, finished_at) \
    VALUES ($1, $2, NULL, NULL, $3, $4, 0, NULL, NULL, NULL, NULL, NULL, NULL)";
const FINISH: &str = "UPDATE login_claims SET session_id = $1, is_new_user = $2 = 1, open_id = $3, union_id = $4, \
    finished_at = $5 WHERE code_hash = $6 AND finished_at IS NULL";
const SPEND: &str = "UPDATE upstream_budgets SET exchanges = exchanges + $1, of_strangers = of_strangers + $2 \
    WHERE app = $3 AND minute >= $4 AND exchanges < $5";
const REPLACE: &str = "UPDATE sessions SET refresh_hash = $1, family_hash = $2, generation = generation + 1, \
    last_used_at = $3 WHERE refresh_hash = $4 AND ended_at IS NULL AND expires_at > $5";
const REFRESHED: (&str, [Kind; 10], [&str; 10]) = (
    "SELECT sessions.id AS session_id, sessions.user_id, sessions.bound, sessions.signed_in_at, sessions.expires_at, \
     sessions.device_id, sessions.ended_at, sessions.refresh_hash, sessions.generation, users.status \
     FROM sessions INNER JOIN users ON sessions.user_id = users.id \
     WHERE sessions.refresh_hash = $1 OR sessions.family_hash IN ($2) LIMIT 1",
    [Kind::Id, Kind::Id, Kind::Bool, Kind::Int, Kind::Int, Kind::Id, Kind::Int, Kind::Bytes, Kind::Int, Kind::Text],
    ["sessionId", "userId", "bound", "signedInAt", "expiresAt", "deviceId", "endedAt", "token", "generation", "status"],
);

/// The life of a session, and of a claim, in milliseconds. No run is longer.
const LIFE: i64 = 86_400_000;

impl Bare {
    /// Adds the row that counts the logins of each app. Those of the service are under the ids of the apps.
    pub(crate) async fn add_budgets(&self) {
        let mut connection = self.writes.take().await.expect("a connection");
        for app in 0..APPS {
            let sql = "INSERT INTO upstream_budgets (app, minute, exchanges, of_strangers) VALUES ($1, 0, 0, 0)";
            connection.run(sql, vec![Cell::Text(budget(app))]).await.expect("a new row");
        }
    }

    /// Logs a known person in, without HTTP; returns the session, which is the token of reads, and the refresh token.
    pub(crate) async fn sign_in(&self, login: &Login) -> (String, String) {
        let opened = log_in(&self.writes, login).await.expect("a login");
        (opened.session.to_string(), HEXLOWER.encode(&opened.token))
    }
}

/// Logs in a person whose openId is known.
pub(super) async fn login(State(bare): State<Bare>, Given(login): Given<Login>) -> Result<Json, Failed> {
    Ok(answer(&log_in(&bare.writes, &login).await?, false))
}

async fn log_in(pool: &Pool, login: &Login) -> Result<Opened, Failed> {
    let (now, app) = (now(), app_id(login.app));
    claim(pool, login, (&app, now)).await?;
    let mut tx = pool.begin().await?;
    let user = link_state(&mut tx, login, &app).await?.ok_or(Failed(sqlx::Error::RowNotFound))?;
    let lock = if matches!(tx, Connection::Postgres(_)) { LOCK_ON_POSTGRES } else { LOCK };
    tx.row(lock, vec![Cell::Id(user)], &[Kind::Id, Kind::Text]).await?;
    let touch = "UPDATE open_ids SET last_login_at = $1, cancelled_at = NULL \
        WHERE app = $2 AND open_id = $3 AND user_id = $4";
    let given = vec![Cell::Int(now), Cell::Text(app.clone()), Cell::Text(login.open_id.clone()), Cell::Id(user)];
    tx.run(touch, given).await?;
    let opened = open_session(&mut tx, login, (user, &app, now)).await?;
    finish(tx, login, opened, (now, false)).await
}

/// Logs in a person who is new.
pub(super) async fn first_login(State(bare): State<Bare>, Given(login): Given<Login>) -> Result<Json, Failed> {
    let (now, app) = (now(), app_id(login.app));
    claim(&bare.writes, &login, (&app, now)).await?;
    let mut tx = bare.writes.begin().await?;
    let (open_id, union_id) = (Cell::Text(login.open_id.clone()), Cell::Text(union_id(login.person)));
    let in_app = Cell::Text(app.clone());
    link_state(&mut tx, &login, &app).await?;
    let find = "SELECT id, user_id FROM open_ids WHERE app = $1 AND open_id = $2 LIMIT 1";
    tx.row(find, vec![in_app.clone(), open_id.clone()], &[Kind::Id, Kind::Id]).await?;
    let find = "SELECT user_id FROM union_ids WHERE union_id = $1 AND scope = $2 LIMIT 1";
    tx.row(find, vec![union_id.clone(), Cell::Text(SCOPE.to_owned())], &[Kind::Id]).await?;
    let (user, at) = (new_id(), Cell::Int(now));
    let add = "INSERT INTO users (id, status, merged_into, nickname, avatar_url, external_id, cooling_until, created_at, \
        updated_at) VALUES ($1, 'ACTIVE', NULL, NULL, NULL, NULL, NULL, $2, $3)";
    tx.run(add, vec![Cell::Id(user), at.clone(), at.clone()]).await?;
    let claim = "UPDATE open_ids SET user_id = $1, linked_at = $2, last_login_at = $3, cancelled_at = NULL \
        WHERE app = $4 AND open_id = $5 AND user_id IS NULL";
    let given = vec![Cell::Id(user), at.clone(), at.clone(), in_app.clone(), open_id.clone()];
    tx.run(claim, given).await?;
    let given = vec![Cell::Id(new_id()), in_app, open_id, Cell::Id(user), at.clone(), at.clone(), at.clone()];
    tx.run(ADD_LINK, given).await?;
    let add = "INSERT INTO union_ids (id, scope, union_id, user_id, created_at) VALUES ($1, $2, $3, $4, $5)";
    let given = vec![Cell::Id(new_id()), Cell::Text(SCOPE.to_owned()), union_id.clone(), Cell::Id(user), at.clone()];
    tx.run(add, given).await?;
    let evidence = Cell::Text(format!("{{\"app\":\"{app}\",\"openId\":\"{}\"}}", login.open_id));
    let after = Cell::Text("{\"link\":{\"claimed\":false}}".to_owned());
    tx.run(ADD_EVENT, vec![Cell::Id(new_id()), Cell::Id(user), evidence, Cell::Id(new_id()), at, after]).await?;
    let opened = open_session(&mut tx, &login, (user, &app, now)).await?;
    Ok(answer(&finish(tx, &login, opened, (now, true)).await?, true))
}

/// Replaces a refresh token.
pub(super) async fn refresh(State(bare): State<Bare>, Given(refresh): Given<Refresh>) -> Result<Json, Failed> {
    let old = HEXLOWER.decode(refresh.token.as_bytes()).map_err(|_| Failed(sqlx::Error::RowNotFound))?;
    // The first half names the session.
    let (family, successor) = ([&old[..16], &old[..16]].concat(), [&old[..16], new_id().as_bytes()].concat());
    let now = Cell::Int(now());
    let mut tx = bare.writes.begin().await?;
    let [old, family] = [old, family].map(Cell::Bytes);
    let given = vec![Cell::Bytes(successor.clone()), family.clone(), now.clone(), old.clone(), now];
    tx.run(REPLACE, given).await?;
    let (sql, kinds, names) = REFRESHED;
    let row = tx.row(sql, vec![old, family], &kinds).await?.ok_or(Failed(sqlx::Error::RowNotFound))?;
    tx.commit().await?;
    let mut out = String::with_capacity(512);
    write_row(&mut out, &names, &row);
    Ok(json(out))
}

/// The first transaction of a login.
async fn claim(pool: &Pool, login: &Login, (app, now): (&str, i64)) -> Result<(), Failed> {
    let mut tx = pool.begin().await?;
    let code = Cell::Bytes(login.code.clone().into_bytes());
    tx.run(CLAIM, vec![code, Cell::Text(app.to_owned()), Cell::Int(now), Cell::Int(now + LIFE)]).await?;
    let given = vec![Cell::Int(1), Cell::Int(0), Cell::Text(budget(login.app)), Cell::Int(0), Cell::Int(i64::MAX)];
    tx.run(SPEND, given).await?;
    tx.commit().await
}

async fn link_state(tx: &mut Connection, login: &Login, app: &str) -> Result<Option<Uuid>, Failed> {
    let given = [SCOPE, app, &login.open_id].map(|text| Cell::Text(text.to_owned())).to_vec();
    let row = tx.row(LINK_STATE, given, &[Kind::Id, Kind::Id, Kind::Text]).await?;
    Ok(row.and_then(|row| if let Cell::Id(user) = row[1] { Some(user) } else { None }))
}

/// Finds or adds the device, and adds the session.
async fn open_session(
    tx: &mut Connection,
    login: &Login,
    (user, app, now): (Uuid, &str, i64),
) -> Result<Opened, Failed> {
    let known = login.device.as_ref().and_then(|device| HEXLOWER.decode(device.as_bytes()).ok());
    let (device, device_id) = if let Some(hash) = known {
        let find = "SELECT devices.id FROM devices WHERE devices.token_hash = $1 LIMIT 1";
        let row = tx.row(find, vec![Cell::Bytes(hash.clone())], &[Kind::Id]).await?;
        let id = row.ok_or(Failed(sqlx::Error::RowNotFound))?.swap_remove(0);
        tx.run("UPDATE devices SET seen_at = $1 WHERE id = $2", vec![Cell::Int(now), id.clone()]).await?;
        (hash, id)
    } else {
        let (hash, id) = (new_token(), Cell::Id(new_id()));
        let add = "INSERT INTO devices (id, token_hash, created_at, seen_at, proved_at) VALUES ($1, $2, $3, $4, NULL)";
        tx.run(add, vec![id.clone(), Cell::Bytes(hash.clone()), Cell::Int(now), Cell::Int(now)]).await?;
        (hash, id)
    };
    let (session, token) = (new_id(), new_token());
    let given = vec![
        Cell::Id(session),
        Cell::Id(user),
        Cell::Text(app.to_owned()),
        Cell::Int(now),
        Cell::Int(now + LIFE),
        device_id,
        Cell::Bytes(token.clone()),
    ];
    tx.run(ADD_SESSION, given).await?;
    Ok(Opened { user, session, device, token, row: Vec::new() })
}

/// Stores the outcome of a login, reads the account, and commits.
async fn finish(
    mut tx: Connection,
    login: &Login,
    mut opened: Opened,
    (now, is_new): (i64, bool),
) -> Result<Opened, Failed> {
    let given = vec![
        Cell::Id(opened.session),
        Cell::Int(is_new.into()),
        Cell::Text(login.open_id.clone()),
        Cell::Text(union_id(login.person)),
        Cell::Int(now),
        Cell::Bytes(login.code.clone().into_bytes()),
    ];
    tx.run(FINISH, given).await?;
    let row = tx.row(USER.0, vec![Cell::Id(opened.user)], &USER.1).await?;
    opened.row = row.ok_or(Failed(sqlx::Error::RowNotFound))?;
    tx.commit().await?;
    Ok(opened)
}

fn answer(opened: &Opened, is_new: bool) -> Json {
    let mut out = String::with_capacity(1024);
    out.push_str("{\"login\":");
    let names = ["session", "device", "token", "isNewUser"];
    let cells = [
        Cell::Id(opened.session),
        Cell::Bytes(opened.device.clone()),
        Cell::Bytes(opened.token.clone()),
        Cell::Int(is_new.into()),
    ];
    write_row(&mut out, &names, &cells);
    out.push_str(",\"user\":");
    write_row(&mut out, &USER.2, &opened.row);
    out.push('}');
    json(out)
}

fn budget(app: usize) -> String {
    format!("bare-{app}")
}

fn now() -> i64 {
    Clock::default().now().millis()
}

fn new_id() -> Uuid {
    let millis = now().unsigned_abs();
    let nanos = u32::try_from(millis % 1000).unwrap_or_default() * 1_000_000;
    Uuid::new_v7(Timestamp::from_unix(NoContext, millis / 1000, nanos))
}

/// Returns 32 bytes that are never repeated. They begin with the random bits of an id, like a hash.
fn new_token() -> Vec<u8> {
    let reversed = |id: Uuid| id.into_bytes().into_iter().rev();
    reversed(new_id()).chain(reversed(new_id())).collect()
}
