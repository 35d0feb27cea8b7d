//! Serialization of ids, keys and times in JSON columns: `#[serde(with = "json")]` on a field. It lives in the store
//! and not in `domain`, because rows of former versions must stay readable.

use domain::phone::Line;
use domain::{
    AppId, ConflictId, ExternalId, LinkEventId, LinkId, OpenId, OpenKey, PhoneId, Principal, Resolution, Rule, RunId,
    Timestamp, UnionId, UnionKey, UnionScope, UserId,
};
use entities::user::Status;
use sea_orm::ActiveEnum;
use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Value, json};

pub(crate) fn serialize<T: Json, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    value.write().serialize(serializer)
}

pub(crate) fn deserialize<'de, T: Json, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let json = Value::deserialize(deserializer)?;
    T::read(&json).ok_or_else(|| D::Error::custom("not a value of its type"))
}

/// A value with exactly one JSON form.
pub(crate) trait Json: Sized {
    fn write(&self) -> Value;
    /// Parses the value. Returns `None` for any other form.
    fn read(json: &Value) -> Option<Self>;
}

macro_rules! texts {
    ($($name:ty),+ $(,)?) => {
        $(impl Json for $name {
            fn write(&self) -> Value {
                self.to_string().into()
            }

            fn read(json: &Value) -> Option<Self> {
                json.as_str()?.parse().ok()
            }
        })+
    };
}

texts!(ConflictId, LinkEventId, LinkId, PhoneId, Resolution, Rule, Principal, RunId, UserId);

/// Keys are read as the tables have them: older versions accepted keys that are refused today.
macro_rules! keys {
    ($($name:ty),+) => {
        $(impl Json for $name {
            fn write(&self) -> Value {
                self.as_str().into()
            }

            fn read(json: &Value) -> Option<Self> {
                json.as_str().filter(|text| !text.is_empty()).map(|text| Self::from_stored(text.to_owned()))
            }
        })+
    };
}

keys!(AppId, ExternalId, OpenId, UnionId, UnionScope);

impl Json for Timestamp {
    fn write(&self) -> Value {
        self.millis().into()
    }

    fn read(json: &Value) -> Option<Self> {
        json.as_i64().map(Self::from_millis)
    }
}

impl Json for Status {
    fn write(&self) -> Value {
        self.to_value().into()
    }

    fn read(json: &Value) -> Option<Self> {
        Self::try_from_value(&json.as_str()?.to_owned()).ok()
    }
}

impl Json for Line {
    fn write(&self) -> Value {
        match self {
            Self::Unknown => "UNKNOWN",
            Self::Same => "SAME",
            Self::Recycled => "RECYCLED",
        }
        .into()
    }

    fn read(json: &Value) -> Option<Self> {
        // The first versions wrote `recycled`.
        let word = json.as_str()?.to_uppercase();
        [Self::Unknown, Self::Same, Self::Recycled].into_iter().find(|line| line.write() == word.as_str())
    }
}

impl Json for OpenKey {
    fn write(&self) -> Value {
        json!({ "app": self.app.write(), "openId": self.open_id.write() })
    }

    fn read(json: &Value) -> Option<Self> {
        Some(Self { app: Json::read(json.get("app")?)?, open_id: Json::read(json.get("openId")?)? })
    }
}

impl Json for UnionKey {
    fn write(&self) -> Value {
        json!({ "scope": self.scope.write(), "unionId": self.union_id.write() })
    }

    fn read(json: &Value) -> Option<Self> {
        Some(Self { scope: Json::read(json.get("scope")?)?, union_id: Json::read(json.get("unionId")?)? })
    }
}

impl<T: Json> Json for Option<T> {
    fn write(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::write)
    }

    fn read(json: &Value) -> Option<Self> {
        if json.is_null() { Some(None) } else { T::read(json).map(Some) }
    }
}

impl<T: Json> Json for Vec<T> {
    fn write(&self) -> Value {
        self.iter().map(T::write).collect()
    }

    fn read(json: &Value) -> Option<Self> {
        json.as_array()?.iter().map(T::read).collect()
    }
}
