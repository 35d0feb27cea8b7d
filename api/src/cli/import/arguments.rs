//! The arguments of `guiyi import`.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::columns::Columns;
use super::mapping::{Mapping, Pair, Shop};
use super::order::Orders;
use super::rows::Rows;
use super::source::{About, Encoding, Source, open};
use super::table::DELIMITERS;
use super::value::Zone;
use super::value::time::Clock;
use super::{Import, Kind, Of, Progress};
use crate::apps::Apps;
use crate::cli::Failure;
use crate::cli::words::because;
use crate::text::{Text, text};

#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// What the rows are.
    kind: Kind,
    /// A .csv, .txt, .tsv or .xlsx file with a header, or a .jsonl file with one object a line.
    pub(super) file: PathBuf,
    /// Prints what each row would change, without changing it.
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Writes the outcome of every row to this CSV file.
    #[arg(long, value_name = "FILE")]
    pub(super) report: Option<PathBuf>,
    /// The encoding of a text file, if the file does not show it. Excel in Chinese writes gbk.
    #[arg(long)]
    encoding: Option<Encoding>,
    /// What separates columns: , ; | or tab. Found in the header by default.
    #[arg(long, value_parser = delimiter)]
    delimiter: Option<u8>,
    /// The sheet of a workbook; the first one by default.
    #[arg(long)]
    sheet: Option<String>,
    /// Reads a column as a field: `--map 会员号=externalId`; `--map 备注=-` skips a column. Repeatable.
    #[arg(long, value_name = "COLUMN=FIELD")]
    map: Vec<Pair>,
    /// Reads a word as a status: `--status 待发货=PAID`. Repeatable.
    #[arg(long, value_name = "WORD=STATUS")]
    status: Vec<Pair>,
    /// Reads columns and words by a TOML file.
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
    /// Reads columns and words as this shop exports them.
    #[arg(long)]
    shop: Option<Shop>,
    /// Skips columns that are not known.
    #[arg(long)]
    ignore_other_columns: bool,
    /// The app of all orders, or of the openIds of all accounts.
    #[arg(long, value_name = "NAME")]
    app: Option<String>,
    /// The currency of all orders: CNY.
    #[arg(long, value_name = "CODE")]
    currency: Option<String>,
    /// The time zone of times without an offset: a place or an offset such as +08:00.
    #[arg(long, default_value = "Asia/Shanghai")]
    timezone: Zone,
    /// Derives the externalId of an account from its phone, for a shop that exports no ids.
    #[arg(long)]
    external_id_by_phone: bool,
}

fn delimiter(text: &str) -> Result<u8, Text> {
    match text {
        "tab" | "\\t" => Ok(b'\t'),
        _ => DELIMITERS
            .into_iter()
            .find(|known| text.as_bytes() == [*known])
            .ok_or_else(|| text!("expected , ; | or tab", "应为 , ; | 或 tab")),
    }
}

impl Arguments {
    /// Opens the file and finds its columns.
    pub(super) fn open(&self, apps: &Apps, progress: &mut Progress) -> Result<Import, Failure> {
        let kind = self.kind;
        if kind == Kind::Orders && self.external_id_by_phone {
            return Err(text!("--external-id-by-phone is for users", "--external-id-by-phone 只用于导入 users").into());
        }
        if kind == Kind::Users && (self.currency.is_some() || !self.status.is_empty()) {
            return Err(
                text!("--currency and --status are for orders", "--currency 和 --status 只用于导入 orders").into()
            );
        }
        let mapping = Arc::new(self.mapping()?);
        let mut columns = Columns::new(kind, Arc::clone(&mapping), apps)?;
        columns.by_phone = self.external_id_by_phone;
        let about = About { kind, path: &self.file, encoding: self.encoding, sheet: self.sheet.as_deref() };
        let source = open(about, progress)?;
        let mut clock = Clock::new(self.timezone);
        let mut notes = Vec::new();
        if let Source::Sheet(sheet) = &source {
            clock.is_1904 = sheet.is_1904;
            notes.extend(
                sheet.has_others.then(|| text!("sheet read: {name}", "读取的工作表：{name}", name = sheet.name)),
            );
        }
        let named = |reason: Failure| because(text!("{path}", "{path}", path = self.file.display()), reason);
        let of = match kind {
            Kind::Users => Of::Users { by_phone: self.external_id_by_phone },
            Kind::Orders => Of::Orders(Orders::of(&columns, mapping)?),
        };
        let rows = Rows::new(source, columns, self.delimiter).map_err(named)?;
        notes.extend(rows.note().cloned());
        Ok(Import { rows, clock, of, notes })
    }

    fn mapping(&self) -> Result<Mapping, Failure> {
        let mut mapping = Mapping::of_arguments(self.kind, &self.map, &self.status)?;
        mapping.app.clone_from(&self.app);
        mapping.currency.clone_from(&self.currency);
        if let Some(file) = &self.mapping {
            mapping.add_file(self.kind, file)?;
        }
        if let Some(shop) = self.shop {
            mapping.add_shop(self.kind, shop)?;
        }
        mapping.ignores_others |= self.ignore_other_columns;
        Ok(mapping)
    }
}

#[cfg(feature = "sandbox")]
impl Import {
    /// Prepares the import of a source with the columns' own names.
    pub(super) fn new(source: Source, columns: Columns) -> Result<Self, Failure> {
        let of = match columns.kind {
            Kind::Users => Of::Users { by_phone: false },
            Kind::Orders => Of::Orders(Orders::of(&columns, Arc::default())?),
        };
        let clock = Clock::new(Zone::Place(chrono_tz::UTC));
        Ok(Self { rows: Rows::new(source, columns, None)?, clock, of, notes: Vec::new() })
    }
}
