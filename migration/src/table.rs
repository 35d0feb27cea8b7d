//! The kinds of columns, and tables that are alike on all three databases.

use sea_orm_migration::prelude::{
    Alias, ColumnDef, DbErr, ForeignKey, ForeignKeyAction, ForeignKeyCreateStatement, Index, IndexCreateStatement,
    SchemaManager, Table, TableCreateStatement,
};
use sea_orm_migration::sea_orm::DbBackend;

fn name(name: &str) -> Alias {
    Alias::new(name)
}

/// An id.
pub(crate) fn id(column: &str) -> ColumnDef {
    ColumnDef::new(name(column)).uuid().to_owned()
}

/// A key, a word or a name of limited length.
pub(crate) fn key(column: &str, length: u32) -> ColumnDef {
    ColumnDef::new(name(column)).string_len(length).to_owned()
}

/// Text that no query searches.
pub(crate) fn text(column: &str) -> ColumnDef {
    ColumnDef::new(name(column)).text().to_owned()
}

/// A SHA-256 hash.
pub(crate) fn hash(column: &str) -> ColumnDef {
    ColumnDef::new(name(column)).binary_len(32).to_owned()
}

/// The name of a data key, 64 random bits.
pub(crate) fn key_id(column: &str) -> ColumnDef {
    ColumnDef::new(name(column)).binary_len(8).to_owned()
}

/// A secret that is encrypted and read again.
pub(crate) fn sealed(column: &str) -> ColumnDef {
    ColumnDef::new(name(column)).blob().to_owned()
}

/// Bytes of up to 16 MiB.
pub(crate) fn content(column: &str, backend: DbBackend) -> ColumnDef {
    match backend {
        // MySQL's plain blob ends at 64 KiB.
        DbBackend::MySql => ColumnDef::new(name(column)).custom(name("mediumblob")).to_owned(),
        _ => sealed(column),
    }
}

/// A lease: 128 random bits.
pub(crate) fn lease(column: &str) -> ColumnDef {
    ColumnDef::new(name(column)).binary_len(16).to_owned()
}

/// Milliseconds since 1970, minor units of a currency, or a count.
pub(crate) fn number(column: &str) -> ColumnDef {
    ColumnDef::new(name(column)).big_integer().to_owned()
}

/// A small count.
pub(crate) fn small_number(column: &str) -> ColumnDef {
    ColumnDef::new(name(column)).integer().to_owned()
}

/// A boolean.
pub(crate) fn flag(column: &str) -> ColumnDef {
    ColumnDef::new(name(column)).boolean().to_owned()
}

/// A table whose first column is its primary key; `required` may not be null, `optional` may.
pub(crate) fn table(table: &str, required: Vec<ColumnDef>, optional: Vec<ColumnDef>) -> TableCreateStatement {
    let mut create = Table::create().table(name(table)).to_owned();
    for (at, mut column) in required.into_iter().enumerate() {
        column.not_null();
        if at == 0 {
            column.primary_key();
        }
        create.col(&mut column);
    }
    for mut column in optional {
        create.col(column.null());
    }
    create
}

/// A table whose primary key is a number that the database assigns: a later insert gets a larger one.
pub(crate) fn numbered_table(
    table: &str,
    primary: &str,
    required: Vec<ColumnDef>,
    optional: Vec<ColumnDef>,
) -> TableCreateStatement {
    let mut create = Table::create().table(name(table)).to_owned();
    // `SQLite` numbers only a key of the type `integer`, which it stores in up to eight bytes.
    create.col(ColumnDef::new(name(primary)).big_integer().not_null().auto_increment().primary_key());
    for mut column in required {
        create.col(column.not_null());
    }
    for mut column in optional {
        create.col(column.null());
    }
    create
}

/// A table whose primary key is several columns. No column may be null.
pub(crate) fn keyed_table(table: &str, keys: Vec<ColumnDef>, values: Vec<ColumnDef>) -> TableCreateStatement {
    let mut create = Table::create().table(name(table)).to_owned();
    let mut primary = Index::create();
    for key in &keys {
        primary.col(name(&key.get_column_name()));
    }
    for mut column in keys.into_iter().chain(values) {
        create.col(column.not_null());
    }
    create.primary_key(&mut primary);
    create
}

/// Creates the table with its indexes.
pub(crate) async fn create(
    manager: &SchemaManager<'_>,
    mut table: TableCreateStatement,
    indexes: Vec<IndexCreateStatement>,
) -> Result<(), DbErr> {
    if manager.get_database_backend() == DbBackend::MySql {
        // Keys differ by case and nicknames have emoji: MySQL's defaults know neither.
        table.character_set("utf8mb4").collate("utf8mb4_bin");
        // MySQL commits every table by itself: a step that was interrupted goes on where it was.
        table.if_not_exists();
        // Within the table, because every index that comes later is a copy of the table.
        for mut index in indexes {
            table.index(&mut index);
        }
        return manager.create_table(table).await;
    }
    manager.create_table(table).await?;
    for index in indexes {
        manager.create_index(index).await?;
    }
    Ok(())
}

/// Adds columns, which may be null, to a table that has rows.
pub(crate) async fn add_columns(
    manager: &SchemaManager<'_>,
    table: &str,
    columns: Vec<ColumnDef>,
) -> Result<(), DbErr> {
    for mut column in columns {
        // MySQL commits every column by itself: a step that was interrupted goes on where it was.
        if !manager.has_column(table, column.get_column_name()).await? {
            // One at a time, because SQLite adds no more at once.
            manager.alter_table(Table::alter().table(name(table)).add_column(column.null()).to_owned()).await?;
        }
    }
    Ok(())
}

/// Adds a column to a table that has rows, which get the value 0. So does a row that an older version inserts, which does not
/// know the column.
pub(crate) async fn add_column_of_zeros(
    manager: &SchemaManager<'_>,
    table: &str,
    mut column: ColumnDef,
) -> Result<(), DbErr> {
    // MySQL commits every column by itself: a step that was interrupted goes on where it was.
    if manager.has_column(table, column.get_column_name()).await? {
        return Ok(());
    }
    let column = column.not_null().default(0).to_owned();
    manager.alter_table(Table::alter().table(name(table)).add_column(column).to_owned()).await
}

/// Adds an index to a table that has rows.
pub(crate) async fn add_index(
    manager: &SchemaManager<'_>,
    table: &str,
    index: IndexCreateStatement,
) -> Result<(), DbErr> {
    // MySQL commits every index by itself: a step that was interrupted goes on where it was.
    let name = index.get_index_spec().get_name().unwrap_or_default();
    if manager.has_index(table, name).await? { Ok(()) } else { manager.create_index(index).await }
}

/// Drops an index, if it exists.
pub(crate) async fn drop_index(
    manager: &SchemaManager<'_>,
    table: &str,
    index: IndexCreateStatement,
) -> Result<(), DbErr> {
    let index = index.get_index_spec().get_name().unwrap_or_default().to_owned();
    if !manager.has_index(table, &index).await? {
        return Ok(());
    }
    manager.drop_index(Index::drop().name(index).table(name(table)).to_owned()).await
}

/// Drops a column without indexes, if it exists.
pub(crate) async fn drop_column(manager: &SchemaManager<'_>, table: &str, column: &str) -> Result<(), DbErr> {
    if !manager.has_column(table, column).await? {
        return Ok(());
    }
    manager.alter_table(Table::alter().table(name(table)).drop_column(name(column)).to_owned()).await
}

/// Renames a column, unless it has the name already.
pub(crate) async fn rename_column(
    manager: &SchemaManager<'_>,
    table: &str,
    (from, to): (&str, &str),
) -> Result<(), DbErr> {
    if !manager.has_column(table, from).await? {
        return Ok(());
    }
    manager.alter_table(Table::alter().table(name(table)).rename_column(name(from), name(to)).to_owned()).await
}

/// `column` references a row of `parent`, which therefore cannot be deleted.
pub(crate) fn references(table: &str, column: &str, parent: &str) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(format!("fk_{table}_{column}"))
        .from(name(table), name(column))
        .to(name(parent), name("id"))
        .to_owned()
}

/// `column` references the row of `parent` that this one is a part of, and is deleted with.
pub(crate) fn part_of(table: &str, column: &str, parent: &str) -> ForeignKeyCreateStatement {
    references(table, column, parent).on_delete(ForeignKeyAction::Cascade).to_owned()
}

/// No two rows have the same values in these columns. Nulls are distinct, on all three databases.
pub(crate) fn unique(table: &str, columns: &[&str]) -> IndexCreateStatement {
    index_on("uq", table, columns).unique().to_owned()
}

/// Serves searches and orders by these columns.
pub(crate) fn index(table: &str, columns: &[&str]) -> IndexCreateStatement {
    index_on("ix", table, columns)
}

fn index_on(kind: &str, table: &str, columns: &[&str]) -> IndexCreateStatement {
    let mut index = Index::create().name(format!("{kind}_{table}_{}", columns.join("_"))).table(name(table)).to_owned();
    for column in columns {
        index.col(name(column));
    }
    index
}
