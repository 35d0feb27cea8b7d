//! Logins by a QR code that a person scans. Each step is one guarded update, so that of two people or two replicas one
//! takes it.

use std::collections::HashMap;

use domain::{AppId, OpenId, Timestamp, UnionId};
use entities::qr_login;
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect};

pub use entities::qr_login::Status as QrStatus;

use crate::database::read_hash;
use crate::{StoreError, Tx, View};

/// The most logins that one statement looks up.
const MOST: usize = 500;

/// A login by a QR code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QrLogin {
    /// The hash of the login's state.
    pub state_hash: [u8; 32],
    /// The hash of the scene in the code.
    pub scene_hash: [u8; 32],
    /// The app whose code it is.
    pub app: AppId,
    /// How far the person with the phone is.
    pub status: QrStatus,
    /// The person who scanned the code.
    pub open_id: Option<OpenId>,
    /// The unionId that the phone's authorization told.
    pub union_id: Option<UnionId>,
    /// The hash of what the phone keeps whose authorization has proved the person. `None`: a push told the person.
    pub phone: Option<[u8; 32]>,
    /// The browser that shows the code.
    pub device: Option<String>,
    /// The address block of that browser.
    pub address_block: Option<String>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// A person who has proved to hold the phone that opened the page of a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScannedOnPage {
    /// The person.
    pub open_id: OpenId,
    /// The unionId, if the authorization told it.
    pub union_id: Option<UnionId>,
    /// The hash of what the phone keeps.
    pub phone: [u8; 32],
}

/// Stores a login whose code is about to be shown.
pub async fn add_qr_login(tx: &Tx, login: &QrLogin) -> Result<(), StoreError> {
    let QrLogin { state_hash, scene_hash, app, status, open_id, union_id, .. } = login.clone();
    let QrLogin { phone, device, address_block, created_at, expires_at, .. } = login.clone();
    let (state_hash, scene_hash) = (state_hash.to_vec(), scene_hash.to_vec());
    tx.insert(qr_login::Model {
        state_hash,
        scene_hash,
        app,
        status,
        open_id,
        union_id,
        phone: phone.map(Vec::from),
        device,
        address_block,
        created_at,
        expires_at,
    })
    .await
}

/// Returns the login of a state. Returns `None` once it has expired.
pub async fn find_qr_login(
    view: &View<'_>,
    state_hash: &[u8; 32],
    now: Timestamp,
) -> Result<Option<QrLogin>, StoreError> {
    let found = qr_login::Entity::find_by_id(state_hash.to_vec()).filter(qr_login::Column::ExpiresAt.gt(now));
    found.one(&view.db).await?.map(read).transpose()
}

/// Returns how far the logins of these states are, without those that have expired.
pub async fn qr_statuses(
    view: &View<'_>,
    state_hashes: &[[u8; 32]],
    now: Timestamp,
) -> Result<HashMap<[u8; 32], QrStatus>, StoreError> {
    let mut found = HashMap::with_capacity(state_hashes.len());
    for some in state_hashes.chunks(MOST) {
        let rows: Vec<(Vec<u8>, QrStatus)> = qr_login::Entity::find()
            .select_only()
            .columns([qr_login::Column::StateHash, qr_login::Column::Status])
            .filter(qr_login::Column::StateHash.is_in(some.iter().map(|hash| hash.to_vec())))
            .filter(qr_login::Column::ExpiresAt.gt(now))
            .into_tuple()
            .all(&view.db)
            .await?;
        for (hash, status) in rows {
            found.insert(read_hash("qr_logins", hash)?, status);
        }
    }
    Ok(found)
}

/// Returns the login of a scene. Returns `None` once it has expired.
pub async fn find_scanned(
    view: &View<'_>,
    scene_hash: &[u8; 32],
    now: Timestamp,
) -> Result<Option<QrLogin>, StoreError> {
    let found = qr_login::Entity::find()
        .filter(qr_login::Column::SceneHash.eq(scene_hash.to_vec()))
        .filter(qr_login::Column::ExpiresAt.gt(now));
    found.one(&view.db).await?.map(read).transpose()
}

/// Records who scanned a code. Returns whether this person is the one who scanned it first, also when they scan it again.
pub async fn scan(
    tx: &Tx,
    (app, scene_hash): (&AppId, &[u8; 32]),
    open_id: &OpenId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let scanned = qr_login::ActiveModel { open_id: Set(Some(open_id.clone())), ..Default::default() };
    if scan_first(tx, (app, scene_hash), scanned, now).await? {
        return Ok(true);
    }
    let found = find_scanned(&tx.look(), scene_hash, now).await?.filter(|login| login.app == *app);
    Ok(found.is_some_and(|login| login.status == QrStatus::Scanned && login.open_id.as_ref() == Some(open_id)))
}

/// Records who has proved to hold the phone that opened the page of a code. Returns whether no other phone did before.
pub async fn scan_on_page(
    tx: &Tx,
    code: (&AppId, &[u8; 32]),
    scanned: &ScannedOnPage,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let ScannedOnPage { open_id, union_id, phone } = scanned.clone();
    let scanned = qr_login::ActiveModel {
        open_id: Set(Some(open_id)),
        union_id: Set(union_id),
        phone: Set(Some(phone.to_vec())),
        ..Default::default()
    };
    scan_first(tx, code, scanned, now).await
}

async fn scan_first(
    tx: &Tx,
    (app, scene_hash): (&AppId, &[u8; 32]),
    scanned: qr_login::ActiveModel,
    now: Timestamp,
) -> Result<bool, StoreError> {
    use qr_login::Column::{App, ExpiresAt, SceneHash, Status};
    let open = Condition::all()
        .add(SceneHash.eq(scene_hash.to_vec()))
        .add(App.eq(app.clone()))
        .add(Status.eq(QrStatus::Waiting))
        .add(ExpiresAt.gt(now));
    let scanned = qr_login::ActiveModel { status: Set(QrStatus::Scanned), ..scanned };
    let update = qr_login::Entity::update_many().set(scanned).filter(open);
    Ok(update.exec(&tx.db).await?.rows_affected > 0)
}

/// Records the decision of the person who scanned a code. Returns false if it is decided already or has expired.
pub async fn decide(
    tx: &Tx,
    scene_hash: &[u8; 32],
    (open_id, confirms): (&OpenId, bool),
    now: Timestamp,
) -> Result<bool, StoreError> {
    use qr_login::Column::{ExpiresAt, OpenId, SceneHash, Status};
    let scanned = Condition::all()
        .add(SceneHash.eq(scene_hash.to_vec()))
        .add(Status.eq(QrStatus::Scanned))
        .add(OpenId.eq(open_id.clone()))
        .add(ExpiresAt.gt(now));
    let status = if confirms { QrStatus::Confirmed } else { QrStatus::Refused };
    let decided = qr_login::ActiveModel { status: Set(status), ..Default::default() };
    let update = qr_login::Entity::update_many().set(decided).filter(scanned);
    Ok(update.exec(&tx.db).await?.rows_affected > 0)
}

fn read(row: qr_login::Model) -> Result<QrLogin, StoreError> {
    Ok(QrLogin {
        state_hash: read_hash("qr_logins", row.state_hash)?,
        scene_hash: read_hash("qr_logins", row.scene_hash)?,
        app: row.app,
        status: row.status,
        open_id: row.open_id,
        union_id: row.union_id,
        phone: row.phone.map(|phone| read_hash("qr_logins", phone)).transpose()?,
        device: row.device,
        address_block: row.address_block,
        created_at: row.created_at,
        expires_at: row.expires_at,
    })
}
