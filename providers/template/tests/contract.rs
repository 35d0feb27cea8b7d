//! The provider contract: one test for each promise.

mod tape;

use {{crate_name}}::FACTORY;

mod contract {
    providers::contract!(crate::tape::TAPE);
}
