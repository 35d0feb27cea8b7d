//! The examples of the GraphQL specification (September 2025): errors (6.4.4, 7.1.7), and the order of the answer (6.3.2,
//! 6.4.3, 7.2.2).

use std::borrow::Cow;
use std::time::Duration;

use async_graphql::parser::parse_schema;
use async_graphql::registry::Registry;
use async_graphql::{
    EmptyMutation, EmptySubscription, InputType, InputValueError, InputValueResult, Interface, Object, Scalar,
    ScalarType, Schema, Variables,
};
use serde_json::{Value, json};

use crate::graphql::extension::SchemaExtension;

/// A character, whose name may be missing.
#[derive(Clone, Copy)]
struct Character(&'static str, Option<&'static str>);

const FRIENDS: [Character; 3] =
    [Character("1000", Some("Luke Skywalker")), Character("1002", None), Character("1003", Some("Leia Organa"))];

fn name_of(Character(id, name): Character) -> Result<&'static str, String> {
    name.ok_or_else(|| format!("Name for character with ID {id} could not be fetched."))
}

#[Object]
impl Character {
    async fn id(&self) -> &str {
        self.0
    }

    async fn name(&self) -> Option<Result<&'static str, String>> {
        Some(name_of(*self))
    }

    async fn sure_name(&self) -> Result<&'static str, String> {
        tokio::task::yield_now().await;
        name_of(*self)
    }

    async fn friends(&self) -> Vec<Option<Self>> {
        FRIENDS.map(Some).to_vec()
    }

    async fn maybe_friends(&self) -> Option<Vec<Self>> {
        Some(FRIENDS.to_vec())
    }

    async fn sure_friends(&self) -> Vec<Self> {
        FRIENDS.to_vec()
    }

    async fn friend(&self, number: Even) -> Option<Self> {
        Some(FRIENDS[number.0])
    }

    async fn sure_friend(&self, number: Even) -> Self {
        FRIENDS[number.0]
    }

    async fn greeting(&self, words: Needed) -> Option<String> {
        Some(words.0)
    }
}

/// An argument that only the resolver requires.
struct Needed(String);

impl InputType for Needed {
    type RawValueType = String;

    fn type_name() -> Cow<'static, str> {
        <String as InputType>::type_name()
    }

    fn qualified_type_name() -> String {
        <Self as InputType>::type_name().into_owned()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <Option<String> as InputType>::create_type_info(registry)
    }

    fn parse(value: Option<async_graphql::Value>) -> InputValueResult<Self> {
        <String as InputType>::parse(value).map(Self).map_err(InputValueError::propagate)
    }

    fn to_value(&self) -> async_graphql::Value {
        async_graphql::Value::from(self.0.as_str())
    }

    fn as_raw_value(&self) -> Option<&String> {
        Some(&self.0)
    }
}

/// An argument that accepts only even numbers.
struct Even(usize);

#[Scalar]
impl ScalarType for Even {
    fn parse(value: async_graphql::Value) -> InputValueResult<Self> {
        match usize::try_from(<i64 as InputType>::parse(Some(value)).map_err(InputValueError::propagate)?) {
            Ok(even @ (0 | 2)) => Ok(Self(even)),
            _ => Err("not an even number".into()),
        }
    }

    fn to_value(&self) -> async_graphql::Value {
        self.0.into()
    }
}

/// Fields that resolve in the reverse of the order in which they are requested.
#[derive(Clone, Copy)]
struct Slow;

#[Object]
impl Slow {
    async fn foo(&self) -> &str {
        tokio::time::sleep(Duration::from_millis(30)).await;
        "foo"
    }

    async fn bar(&self) -> &str {
        tokio::time::sleep(Duration::from_millis(20)).await;
        "bar"
    }

    async fn baz(&self) -> &str {
        tokio::time::sleep(Duration::from_millis(10)).await;
        "baz"
    }

    async fn qux(&self) -> &str {
        "qux"
    }

    async fn again(&self) -> Self {
        tokio::time::sleep(Duration::from_millis(10)).await;
        Self
    }
}

#[derive(Clone, Copy)]
struct Other;

#[Object]
impl Other {
    async fn qux(&self) -> &str {
        "other"
    }
}

#[derive(Interface)]
#[graphql(field(name = "qux", ty = "&str"))]
enum Any {
    Slow(Slow),
    Other(Other),
}

struct Query;

#[Object]
impl Query {
    async fn hero(&self) -> Option<Character> {
        Some(Character("2001", Some("R2-D2")))
    }

    async fn sure_hero(&self) -> Character {
        Character("2001", Some("R2-D2"))
    }

    async fn any(&self, other: bool) -> Any {
        if other { Any::Other(Other) } else { Any::Slow(Slow) }
    }

    async fn slow(&self) -> Slow {
        Slow
    }
}

/// The extension of the service, with no limit of points.
fn extension() -> SchemaExtension {
    let schema = Schema::build(Query, EmptyMutation, EmptySubscription).finish();
    SchemaExtension::new(&parse_schema(schema.sdl()).expect("the library reads what it writes"), usize::MAX)
}

async fn answer(query: &str, variables: Value) -> Value {
    let schema = Schema::build(Query, EmptyMutation, EmptySubscription).extension(extension()).finish();
    let request = async_graphql::Request::new(query).variables(Variables::from_json(variables));
    serde_json::to_value(schema.execute(request).await).expect("JSON")
}

/// The text of the data: `serde_json` would sort the keys.
async fn data(query: &str) -> String {
    let schema = Schema::build(Query, EmptyMutation, EmptySubscription).extension(extension()).finish();
    let response = schema.execute(query).await;
    assert_eq!(response.errors, [], "{query}");
    serde_json::to_string(&response.data).expect("JSON")
}

fn error(id: &str, (line, column): (usize, usize), path: &Value) -> Value {
    let message = format!("Name for character with ID {id} could not be fetched.");
    json!({ "message": message, "locations": [{ "line": line, "column": column }], "path": path })
}

#[tokio::test]
async fn a_nullable_field_that_fails_is_null() {
    let query = "{
  hero {
    name
    heroFriends: friends {
      id
      name
    }
  }
}";

    let answer = answer(query, json!({})).await;

    let friends = json!([
        { "id": "1000", "name": "Luke Skywalker" }, { "id": "1002", "name": null }, { "id": "1003", "name": "Leia Organa" },
    ]);
    assert_eq!(answer["data"], json!({ "hero": { "name": "R2-D2", "heroFriends": friends } }));
    assert_eq!(answer["errors"], json!([error("1002", (6, 7), &json!(["hero", "heroFriends", 1, "name"]))]));
}

#[tokio::test]
async fn a_non_null_field_that_fails_makes_its_parent_null() {
    let name = |list: &str| format!("{{ hero {{ id {list} {{ id name: sureName }} }} }}");
    let [items, list, hero, data] = [
        name("friends"),
        name("maybeFriends"),
        name("sureFriends"),
        "{ sureHero { id sureFriends { id name: sureName } } hero { id } }".to_owned(),
    ];

    // The items may be null.
    let answered = answer(&items, json!({})).await;
    let friends = json!([{ "id": "1000", "name": "Luke Skywalker" }, null, { "id": "1003", "name": "Leia Organa" }]);
    assert_eq!(answered["data"], json!({ "hero": { "id": "2001", "friends": friends } }));
    assert_eq!(answered["errors"], json!([error("1002", (1, 26), &json!(["hero", "friends", 1, "name"]))]));
    // The list may be null.
    let answered = answer(&list, json!({})).await;
    assert_eq!(answered["data"], json!({ "hero": { "id": "2001", "maybeFriends": null } }));
    assert_eq!(answered["errors"], json!([error("1002", (1, 31), &json!(["hero", "maybeFriends", 1, "name"]))]));
    // The hero may be null.
    let answered = answer(&hero, json!({})).await;
    assert_eq!(answered["data"], json!({ "hero": null }));
    assert_eq!(answered["errors"], json!([error("1002", (1, 30), &json!(["hero", "sureFriends", 1, "name"]))]));
    // Only the data may be null.
    let answered = answer(&data, json!({})).await;
    assert_eq!(answered.get("data"), Some(&Value::Null));
    assert_eq!(answered["errors"], json!([error("1002", (1, 34), &json!(["sureHero", "sureFriends", 1, "name"]))]));
}

#[tokio::test]
async fn an_argument_that_cannot_be_read_fails_its_own_field() {
    let query = "query ($number: Even!) { sureHero { friend(number: $number) { id } id } }";

    let answered = answer(query, json!({ "number": 1 })).await;

    assert_eq!(answered["data"], json!({ "sureHero": { "friend": null, "id": "2001" } }));
    let [error] = &answered["errors"].as_array().expect("errors")[..] else { panic!("{answered}") };
    assert_eq!(error["path"], json!(["sureHero", "friend"]));
    assert_eq!(error["locations"], json!([{ "line": 1, "column": 52 }]));
    let query = "query ($number: Even!) { hero { sureFriend(number: $number) { id } id } }";
    let answered = answer(query, json!({ "number": 1 })).await;
    assert_eq!(answered["data"], json!({ "hero": null }));
    assert_eq!(answered["errors"][0]["path"], json!(["hero", "sureFriend"]));
}

#[tokio::test]
async fn an_argument_that_is_missing_is_an_error_at_its_field() {
    let answered = answer("{ hero { id\n  hello: greeting } }", json!({})).await;

    assert_eq!(answered["data"], json!({ "hero": { "id": "2001", "hello": null } }));
    assert_eq!(answered["errors"][0]["locations"], json!([{ "line": 2, "column": 3 }]));
    assert_eq!(answered["errors"][0]["path"], json!(["hero", "hello"]));
}

#[tokio::test]
async fn a_field_that_is_requested_twice_has_one_error() {
    let query = "{ hero { friends { name } friends { id name } } }";

    let answered = answer(query, json!({})).await;

    assert_eq!(answered["data"]["hero"]["friends"][1], json!({ "name": null, "id": "1002" }));
    assert_eq!(answered["errors"], json!([error("1002", (1, 20), &json!(["hero", "friends", 1, "name"]))]));
}

#[tokio::test]
async fn fields_are_answered_in_the_order_of_the_document() {
    for (query, expected) in [
        ("{ slow { foo bar baz qux } }", r#"{"slow":{"foo":"foo","bar":"bar","baz":"baz","qux":"qux"}}"#),
        ("{ slow { qux z: foo a: bar } }", r#"{"slow":{"qux":"qux","z":"foo","a":"bar"}}"#),
        (
            "{ slow { foo ...Fragment qux } } fragment Fragment on Slow { bar baz }",
            r#"{"slow":{"foo":"foo","bar":"bar","baz":"baz","qux":"qux"}}"#,
        ),
        (
            "{ any(other: false) { ...Ignored ... on Slow { foo ...Matching bar } } }
             fragment Ignored on Other { qux } fragment Matching on Slow { bar qux foo }",
            r#"{"any":{"foo":"foo","bar":"bar","qux":"qux"}}"#,
        ),
        ("{ slow { foo @skip(if: true) bar foo } }", r#"{"slow":{"bar":"bar","foo":"foo"}}"#),
        (
            "{ slow { again { foo } qux again { bar foo } __typename } }",
            r#"{"slow":{"again":{"foo":"foo","bar":"bar"},"qux":"qux","__typename":"Slow"}}"#,
        ),
        ("{ slow { foo @skip(if: true) } }", r#"{"slow":{}}"#),
    ] {
        assert_eq!(data(query).await, expected, "{query}");
    }
}
