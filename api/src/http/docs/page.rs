//! Renders Markdown as a page. HTML in a text is shown as text.

use std::collections::HashMap;

use pulldown_cmark::{CodeBlockKind, CowStr, Event, Options, Parser, Tag, TagEnd, html};
use url::Url;

use super::library;

/// Returns the page of a text, of which `path` is the place in the repository.
pub(super) fn render(path: &str, text: &str) -> String {
    let events: Vec<Event<'_>> = Parser::new_ext(text, Options::ENABLE_TABLES).collect();
    let title = events
        .iter()
        .position(|event| matches!(event, Event::Start(Tag::Heading { .. })))
        .map_or_else(|| path.to_owned(), |at| words(&events[at..]));
    let mut content = String::new();
    html::push_html(&mut content, Writer::new(path).run(&events).into_iter());
    let language = if path.contains(".zh-CN.") { "zh-CN" } else { "en" };
    include_str!("page.html")
        .replace("{{language}}", language)
        .replace("{{title}}", &escaped(&title))
        // Last: the text may name the other places.
        .replace("{{content}}", &content)
}

/// Turns the events of a text into those of its page.
struct Writer {
    base: Option<Url>,
    anchors: HashMap<String, usize>,
    /// Whether the link that is open leads to nothing that is served, and so is no link.
    is_dead: bool,
    is_in_head: bool,
}

impl Writer {
    fn new(path: &str) -> Self {
        let base = Url::parse("https://repository.invalid/").and_then(|root| root.join(path)).ok();
        Self { base, anchors: HashMap::new(), is_dead: false, is_in_head: false }
    }

    fn run<'a>(&mut self, events: &[Event<'a>]) -> Vec<Event<'a>> {
        let mut page = Vec::with_capacity(events.len());
        let mut heading = None;
        for (at, event) in events.iter().enumerate() {
            match event {
                Event::Start(Tag::Heading { level, classes, attrs, .. }) => {
                    let title = words(&events[at..]);
                    let id = self.anchor(&title);
                    let (level, id) = (*level, Some(CowStr::from(id)));
                    heading = id.clone().map(|id| (id, title));
                    let (classes, attrs) = (classes.clone(), attrs.clone());
                    page.push(Event::Start(Tag::Heading { level, id, classes, attrs }));
                }
                Event::End(TagEnd::Heading(_)) => {
                    if let Some((id, title)) = heading.take() {
                        let label = escaped(&title);
                        let link = format!(" <a class=anchor href=\"#{id}\" aria-label=\"Link to: {label}\">#</a>");
                        page.push(Event::InlineHtml(link.into()));
                    }
                    page.push(event.clone());
                }
                Event::End(TagEnd::TableCell) => {
                    if self.is_in_head && matches!(events[at - 1], Event::Start(Tag::TableCell)) {
                        page.push(Event::InlineHtml("<span class=unseen>column</span>".into()));
                    }
                    page.push(event.clone());
                }
                // Chinese has no blanks between words, and so none at the end of a line.
                Event::SoftBreak if is_within_chinese(&events[..at], &events[at + 1..]) => {}
                Event::End(TagEnd::Table) => page.extend([event.clone(), Event::Html("</div>".into())]),
                Event::Start(Tag::Table(_)) => {
                    page.extend([Event::Html("<div class=wide tabindex=0>".into()), event.clone()]);
                }
                _ => page.extend(self.single(event.clone())),
            }
        }
        page
    }

    /// Turns an event that needs no others into one of the page, or none.
    fn single<'a>(&mut self, event: Event<'a>) -> Option<Event<'a>> {
        Some(match event {
            Event::Start(Tag::TableHead) => {
                self.is_in_head = true;
                event
            }
            Event::End(TagEnd::TableHead) => {
                self.is_in_head = false;
                event
            }
            Event::Start(Tag::CodeBlock(kind)) => {
                let language = match &kind {
                    CodeBlockKind::Fenced(name) => escaped(name),
                    CodeBlockKind::Indented => String::new(),
                };
                // A wide block scrolls, so that the keyboard must reach it.
                Event::Html(format!("<pre tabindex=0 data-language=\"{language}\"><code>").into())
            }
            Event::End(TagEnd::CodeBlock) => Event::Html("</code></pre>\n".into()),
            Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
                if let Some(url) = self.target(&dest_url) {
                    Event::Start(Tag::Link { link_type, dest_url: url.into(), title, id })
                } else {
                    self.is_dead = true;
                    Event::InlineHtml("<span>".into())
                }
            }
            Event::End(TagEnd::Link) if self.is_dead => {
                self.is_dead = false;
                Event::InlineHtml("</span>".into())
            }
            // Pictures are not part of the binary: the text of one stands for it.
            Event::Start(Tag::Image { .. }) => Event::InlineHtml("<em>".into()),
            Event::End(TagEnd::Image) => Event::InlineHtml("</em>".into()),
            Event::Html(html) | Event::InlineHtml(html) if html.trim_start().starts_with("<!--") => {
                drop(html);
                return None;
            }
            Event::Html(html) | Event::InlineHtml(html) => Event::Text(html),
            other => other,
        })
    }

    /// Returns where a link leads to from here: another page, a place on this one, or a page of the web.
    fn target(&self, link: &str) -> Option<String> {
        if link.starts_with('#') {
            return Some(link.to_owned());
        }
        let base = self.base.as_ref()?;
        let url = base.join(link).ok()?;
        if url.origin() != base.origin() {
            return matches!(url.scheme(), "http" | "https" | "mailto").then(|| url.into());
        }
        let address = library::address(url.path().trim_start_matches('/'))?;
        let anchor = url.fragment().map(|anchor| format!("#{anchor}")).unwrap_or_default();
        Some(address + &anchor)
    }

    /// Returns the anchor of a heading, as GitHub makes it.
    fn anchor(&mut self, title: &str) -> String {
        let kept = |letter: &char| letter.is_alphanumeric() || matches!(letter, '-' | '_' | ' ');
        let name: String = title.to_lowercase().chars().filter(kept).collect::<String>().replace(' ', "-");
        let times = self.anchors.entry(name.clone()).or_default();
        *times += 1;
        if *times == 1 { name } else { format!("{name}-{}", *times - 1) }
    }
}

/// Whether a line ends in a Chinese character, and the next one begins with one.
fn is_within_chinese(before: &[Event<'_>], after: &[Event<'_>]) -> bool {
    let is_chinese = |letter: char| matches!(letter, '\u{3000}'..='\u{9fff}' | '\u{ff00}'..='\u{ffef}');
    let (Some(Event::Text(before)), Some(Event::Text(after))) = (before.last(), after.first()) else { return false };
    before.ends_with(is_chinese) && after.starts_with(is_chinese)
}

/// Returns the words of the heading with which the events begin.
fn words(events: &[Event<'_>]) -> String {
    let in_heading = events.iter().take_while(|event| !matches!(event, Event::End(TagEnd::Heading(_))));
    in_heading
        .filter_map(|event| match event {
            Event::Text(text) | Event::Code(text) => Some(&**text),
            _ => None,
        })
        .collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(text: &str) -> String {
        let page = render("docs/adr/README.md", text);
        let (_, rest) = page.split_once("<main>").expect("a page has a main part");
        rest.split_once("</main>").expect("which ends").0.trim().to_owned()
    }

    #[test]
    fn headings_have_the_anchors_of_github() {
        let page = content("## `a` B, c_d\n\n## `a` b c_d\n\n## 一 二");

        for id in ["id=\"a-b-c_d\"", "id=\"a-b-c_d-1\"", "id=\"一-二\"", "href=\"#一-二\""] {
            assert!(page.contains(id), "{id} is not in {page}");
        }
    }

    #[test]
    fn html_and_links_that_run_code_are_text() {
        let page = content(
            "# <img src=x onerror=alert(1)>\n\n<script>alert(1)</script>\n\n<!-- a note -->\n\n[a](javascript:alert(1)) \
             [b](data:text/html,x) <b onclick=x>bold</b>\n\n```\"><script>\n</code><script>\n```",
        );

        for part in ["<script", "<img", "<b ", "href=\"javascript", "href=\"data:", "a note"] {
            assert!(!page.contains(part), "{part} is in {page}");
        }
        assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{page}");
    }

    #[test]
    fn a_link_leads_to_the_page_that_is_served_or_is_none() {
        let page = content(
            "[a](../errors.md#x) [b](0006-money-in-minor-units.md) [c](../../README.md) [d](../../Cargo.toml) \
                            [e](#f) [g](https://example.com/) [h](../../../../etc/passwd)",
        );

        assert_eq!(
            page,
            "<p><a href=\"/docs/errors.md#x\">a</a> <a href=\"/docs/adr/0006-money-in-minor-units.md\">b</a> \
             <a href=\"/docs/README.md\">c</a> <span>d</span> <a href=\"#f\">e</a> <a href=\"https://example.com/\">g</a> \
             <span>h</span></p>"
        );
    }

    #[test]
    fn the_text_of_a_picture_stands_for_it() {
        assert_eq!(content("![a person & <b>](../../web/a.png)"), "<p><em>a person &amp; &lt;b&gt;</em></p>");
    }

    #[test]
    fn lines_of_chinese_join_without_a_blank() {
        assert_eq!(content("同一位用户\n在每个\nWeChat"), "<p>同一位用户在每个\nWeChat</p>");
    }

    #[test]
    fn tables_and_code_scroll_by_keyboard() {
        let page = content("|  | b |\n| - | - |\n| 1 | 2 |\n\n```sh\na < b\n```");

        assert!(page.starts_with("<div class=wide tabindex=0><table><thead><tr><th><span class=unseen>"), "{page}");
        assert!(page.contains("<pre tabindex=0 data-language=\"sh\"><code>a &lt; b\n</code></pre>"), "{page}");
    }
}
