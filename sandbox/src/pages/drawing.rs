//! Pictures of people and apps, drawn from their names.

use maud::{Markup, html};

use crate::company::{App, Person};

/// Gives each of the demo's people a different colour.
const SPREAD: usize = 479;
const COLOURS: [&str; 6] = ["#2e9e6b", "#c2603f", "#3f6fc2", "#a0549c", "#b58a1d", "#5c7480"];

/// Draws a person's picture: the first character of the nickname on a colour.
pub(crate) fn avatar(person: &Person, size: u16) -> Markup {
    let colour = match person.avatar.as_deref() {
        Some(colour) if person.has_picture() => colour,
        Some(_) | None => COLOURS[number(&person.id) % COLOURS.len()],
    };
    html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" width=(size) height=(size) {
            rect width="64" height="64" fill=(colour) {}
            text x="32" y="34" fill="#fff" font-size="32" font-family="sans-serif" text-anchor="middle"
                dominant-baseline="middle" { (first(&person.nickname)) }
        }
    }
}

/// Draws an app's picture, for use inside a page.
pub(super) fn icon(app: &App) -> Markup {
    html! { span class=(format!("icon colour-{}", number(&app.name) % COLOURS.len())) aria-hidden="true" { (first(&app.title)) } }
}

fn first(name: &str) -> String {
    name.chars().take(1).collect()
}

fn number(name: &str) -> usize {
    name.bytes().fold(0, |number, byte| (number * SPREAD + usize::from(byte)) % 1_000_003)
}
