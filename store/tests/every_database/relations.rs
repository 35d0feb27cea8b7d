//! The relations of the entities match the foreign keys of the tables. Only SQLite is tested, because the migrations
//! are the same on all databases.

use std::collections::BTreeSet;

use migration::throwaway::{Database, Server};
use sea_orm::sea_query::TableRef;
use sea_orm::{DbBackend, EntityTrait, FromQueryResult, Iterable, RelationTrait, Statement};

/// A column that references a row of another table, and whether a row is deleted with the referenced one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, FromQueryResult)]
struct Reference {
    child: String,
    column: String,
    parent: String,
    key: String,
    is_part: bool,
}

#[derive(Debug, Default)]
struct Declared {
    tables: BTreeSet<String>,
    /// With a foreign key.
    references: BTreeSet<Reference>,
    /// Without a foreign key.
    loose: BTreeSet<Reference>,
    /// The relations that a parent declares to its children.
    reversed: BTreeSet<Reference>,
}

impl Declared {
    fn add<E: EntityTrait + Default>(&mut self) {
        self.tables.insert(E::default().table_name().to_owned());
        for relation in E::Relation::iter() {
            let def = relation.def();
            let is_part = def.on_delete.is_some();
            let [from, to] = [&def.from_tbl, &def.to_tbl].map(name);
            let [from_column, to_column] = [&def.from_col, &def.to_col].map(sea_orm::Iden::to_string);
            if def.is_owner {
                let reversed = Reference { child: to, column: to_column, parent: from, key: from_column, is_part };
                // `has_one` ignores `via_rel` in SeaORM 2.0.4: of two relations, both would be the one that is
                // `Related`.
                assert!(self.reversed.insert(reversed.clone()), "{reversed:?} is declared twice");
                continue;
            }
            let reference = Reference { child: from, column: from_column, parent: to, key: to_column, is_part };
            if def.skip_fk { &mut self.loose } else { &mut self.references }.insert(reference);
        }
    }
}

fn name(table: &TableRef) -> String {
    let TableRef::Table(name, _) = table else { panic!("{table:?} is no table") };
    name.1.to_string()
}

macro_rules! declared {
    ($($entity:ident),+ $(,)?) => {{
        let mut declared = Declared::default();
        $(declared.add::<entities::$entity::Entity>();)+
        declared
    }};
}

fn all() -> Declared {
    declared!(
        audit_chain,
        audit_event,
        audit_unsealed,
        changed_open_id,
        conflict,
        data_key,
        device,
        document,
        erasure,
        event,
        event_mark,
        follower_run,
        link_event,
        login_claim,
        login_state,
        merge_offer,
        merge_undo,
        open_id,
        operator,
        operator_session,
        order,
        order_change,
        order_correction,
        order_delivery,
        order_item,
        order_news,
        order_refund,
        order_total,
        outbox,
        phone,
        phone_code,
        picture,
        picture_content,
        push,
        qr_login,
        receipt,
        redaction,
        request,
        service_token,
        service_token_use,
        session,
        sms_spending,
        union_id,
        upstream_budget,
        upstream_token,
        user,
        webhook_delivery,
        webhook_endpoint,
    )
}

#[derive(Debug, FromQueryResult)]
struct Table {
    name: String,
}

#[tokio::test]
async fn the_relations_of_the_entities_are_the_foreign_keys_of_the_tables() {
    let database = Database::create(Server::Sqlite).await;
    let raw = sea_orm::Database::connect(database.url()).await.unwrap();
    let ask = |sql: &str| Statement::from_string(DbBackend::Sqlite, sql);
    let tables = ask("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'");
    let keys = ask(r#"SELECT t.name AS child, k."from" AS "column", k."table" AS parent, k."to" AS "key",
        k.on_delete = 'CASCADE' AS is_part
        FROM sqlite_master t JOIN pragma_foreign_key_list(t.name) k WHERE t.type = 'table'"#);

    let tables = Table::find_by_statement(tables).all(&raw).await.unwrap();
    let keys = Reference::find_by_statement(keys).all(&raw).await.unwrap();

    let declared = all();
    let tables: BTreeSet<String> =
        tables.into_iter().map(|table| table.name).filter(|name| name != "seaql_migrations").collect();
    assert_eq!(declared.tables, tables);
    assert_eq!(declared.references, keys.into_iter().collect());
    let known = |reversed: &Reference| {
        let is_it = |child: &Reference| Reference { is_part: false, ..child.clone() } == *reversed;
        declared.references.iter().chain(&declared.loose).any(is_it)
    };
    let unknown: Vec<_> = declared.reversed.iter().filter(|reversed| !known(reversed)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    raw.close().await.unwrap();
    database.drop_now().await;
}
