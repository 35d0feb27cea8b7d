//! Permissions: every field of the schema, queried by every role over the real API, compared with `docs/roles.md`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use acceptance::tour::{Guest, Schema, Tour, WAYS, arguments, find, mutations, outcome};
use domain::{OperatorRole, ServiceScope};
use futures::future::join_all;
use serde_json::Value;

/// The outcome of each field, by its name.
type Cells = BTreeMap<String, String>;

/// The roles, in the order of the columns.
#[derive(Debug, Clone, Copy)]
enum Role {
    Anonymous,
    Person,
    OtherPerson,
    DisabledPerson,
    System(ServiceScope),
    Operator(OperatorRole),
}

impl Role {
    fn all() -> Vec<Self> {
        let people = [Self::Anonymous, Self::Person, Self::OtherPerson, Self::DisabledPerson];
        let systems = ServiceScope::ALL.iter().copied().map(Self::System);
        people.into_iter().chain(systems).chain(OperatorRole::ALL.iter().copied().map(Self::Operator)).collect()
    }

    fn name(self) -> String {
        match self {
            Self::Anonymous => "anonymous".to_owned(),
            Self::Person => "the person".to_owned(),
            Self::OtherPerson => "another person".to_owned(),
            Self::DisabledPerson => "disabled person".to_owned(),
            Self::System(scope) => format!("`{scope}`"),
            Self::Operator(role) => format!("{role}"),
        }
    }

    async fn guest(self, tour: &Tour) -> Guest {
        match self {
            Self::Anonymous => Guest { client: tour.company.client(), person: None },
            Self::Person => tour.lan(),
            Self::OtherPerson => tour.wei().await,
            Self::DisabledPerson => tour.mei().await,
            Self::System(scope) => tour.system(&[scope]).await,
            Self::Operator(OperatorRole::Viewer) => tour.operator("chen").await,
            Self::Operator(OperatorRole::Agent) => tour.operator("bo").await,
            Self::Operator(OperatorRole::Admin) => tour.operator("anna").await,
        }
    }

    /// Takes the tour: queries every field, then runs every mutation.
    async fn look_and_do(self, schema: &Schema) -> Cells {
        let tour = Tour::begin().await;
        let guest = self.guest(&tour).await;
        let mut cells = Cells::new();
        for (ty, _) in WAYS {
            for field in schema.fields(ty) {
                let [question, _] = schema.question((ty, field), arguments(ty, &field.name));
                let answer = guest.client.ask(&tour.fill(&question, &guest).await).await;
                cells.insert(format!("{ty}.{}", field.name), outcome(&answer.0));
            }
        }
        for field in mutations(schema) {
            let guest = tour.renewed(&guest).await;
            let everything = schema.everything_of(&field.ty);
            let selection = if everything.is_empty() { String::new() } else { format!("{{ {everything} }}") };
            let arguments = arguments("Mutation", &field.name);
            let document = format!("mutation {{ it: {}{arguments} {selection} }}", field.name);
            let answer = guest.client.ask(&tour.fill(&document, &guest).await).await.0;
            cells.insert(format!("Mutation.{}", field.name), outcome(&answer));
            of_payload(schema, (&field.ty, find(&answer["data"])), &outcome(&answer), &mut cells);
        }
        cells
    }
}

/// Returns the outcomes in a mutation's payload. For types of several payloads, the most permissive outcome counts.
fn of_payload(schema: &Schema, (ty, value): (&str, Option<&Value>), otherwise: &str, cells: &mut Cells) {
    if WAYS.iter().any(|(of, _)| *of == ty) {
        return;
    }
    let value = value.map(|value| value.get(0).unwrap_or(value)).filter(|value| !value.is_null());
    for field in schema.fields(ty) {
        let found = value.map(|value| &value[&field.name]);
        let cell = match found {
            Some(Value::Null) => "null",
            Some(_) => "yes",
            None => otherwise,
        };
        let most = |known: &str| ["yes", "null"].iter().position(|word| *word == known).unwrap_or(2);
        let name = format!("{ty}.{}", field.name);
        if cells.get(&name).is_none_or(|known| most(cell) < most(known)) {
            cells.insert(name, cell.to_owned());
        }
        of_payload(schema, (&field.ty, found), if found.is_some() { "null" } else { otherwise }, cells);
    }
}

const HEAD: &str = "# Permissions

Every field of the schema, requested over the real API by every kind of caller. The test
`everybody_sees_what_the_table_says` (`tests/tests/desk/roles.rs`) generates this page and fails when it differs;
[CONTRIBUTING.md](../CONTRIBUTING.md) says how to update it.

`yes`: the field is answered. `null`: the answer is null, or the object of the field is null for this caller. A code
([errors.md](errors.md)): the request is refused with this code. A system has one scope, that of its column. The last three
columns are operators, by role. All
requested objects belong to one person: the account, orders, merge, offer and cases. A mutation of the caller's own
account runs on the caller's account, so it is also answered for another person; logins and refreshes depend on code
and token, whichever caller sends them. A refusal such as `PHONE_ALREADY_BOUND` has other reasons than permission.

";

fn page(schema: &Schema, columns: &[(Role, Cells)]) -> String {
    let mut page = HEAD.to_owned();
    let names: Vec<String> = columns.iter().map(|(role, _)| role.name()).collect();
    let _ = writeln!(page, "| field | {} |\n| --- |{}", names.join(" | "), " --- |".repeat(columns.len()));
    for name in schema.all() {
        let cell = |(_, cells): &(Role, Cells)| cells.get(&name).cloned().unwrap_or_else(|| "?".to_owned());
        let cells: Vec<String> = columns.iter().map(cell).collect();
        let _ = writeln!(page, "| {name} | {} |", cells.join(" | "));
    }
    page
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_sees_what_the_table_says() {
    let schema = Schema::read();
    let columns = Role::all().into_iter().map(async |role| (role, role.look_and_do(&schema).await));
    let columns = join_all(columns).await;

    let page = page(&schema, &columns);

    assert!(!page.contains('?'), "a field is not on the tour: see tests/src/tour.rs\n{page}");
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/roles.md");
    let made = Path::new(env!("CARGO_TARGET_TMPDIR")).join("roles.md");
    std::fs::write(&made, &page).expect("a file can be written");
    let same = std::fs::read_to_string(committed).is_ok_and(|committed| committed == page);
    assert!(same, "docs/roles.md differs; if the new page is right: cp {} docs/roles.md", made.display());
}
