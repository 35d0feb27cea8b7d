//! The texts that are served: all of `docs/`, and single files of other folders that its pages link to. Nothing is read
//! from outside of these.

use std::borrow::Cow;
use std::path::Path;

use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../docs"]
struct Docs;

/// Names the files of other folders, by their paths in the repository.
macro_rules! others {
    ($($path:literal),* $(,)?) => { [$(($path, include_str!(concat!("../../../../", $path)))),*] };
}

/// The files beside `docs/`. A page of `docs/` with the same name would come first: a test says that there is none.
static OTHERS: [(&str, &str); 16] = others![
    "README.md",
    "README.zh-CN.md",
    "CONTRIBUTING.md",
    "providers/README.md",
    "sandbox/sdk/README.md",
    "web/README.md",
    "web/packages/client/README.md",
    "web/packages/react/README.md",
    "web/packages/vue/README.md",
    "web/packages/miniprogram/README.md",
    "web/playground/README.md",
    "web/shop/README.md",
    "web/console/README.md",
    "schema.graphql",
    "api/config.default.toml",
    "sandbox/demo.toml",
];

/// Finds a text by its name below `/docs/`. Returns its path in the repository with it.
pub(super) fn find(name: &str) -> Option<(String, Cow<'static, str>)> {
    // Embedded files are read from the disk by a development build.
    if name.split('/').any(|part| matches!(part, "" | "." | "..")) || name.contains(['\\', '\0', ':']) {
        return None;
    }
    if let Some(found) = Docs::get(name) {
        return Some((format!("docs/{name}"), String::from_utf8_lossy(&found.data).into_owned().into()));
    }
    let (path, text) = OTHERS.iter().find(|(path, _)| *path == name)?;
    Some(((*path).to_owned(), (*text).into()))
}

/// Returns the address at which a file of the repository is served, if it is. A folder is its README.
pub(super) fn address(path: &str) -> Option<String> {
    let path = if path.ends_with('/') { format!("{path}README.md") } else { path.to_owned() };
    let name = path.strip_prefix("docs/").unwrap_or(&path);
    let (found, _) = find(name)?;
    (found == path).then(|| format!("/docs/{name}"))
}

/// Returns a page, in Markdown, with links to all others.
pub(super) fn index() -> String {
    let mut docs: Vec<String> = Docs::iter().filter(|name| !name.contains('/')).map(Cow::into_owned).collect();
    docs.sort_by_key(|name| name.to_lowercase());
    let line = |name: &str, link: String| {
        let (_, text) = find(name)?;
        let title = text.lines().find_map(|line| line.strip_prefix("# ")).unwrap_or(name);
        let language = if name.contains(".zh-CN.") { " (中文)" } else { "" };
        Some(format!("- [{title}{language}]({link})"))
    };
    let docs = docs.iter().filter_map(|name| line(name, name.clone()));
    let decisions = line("adr/README.md", "adr/README.md".to_owned());
    let others = OTHERS.iter().map(|(path, _)| *path).filter(|path| is_markdown(path));
    let others = others.filter_map(|path| line(path, format!("../{path}")));
    let list = |lines: Vec<String>| lines.join("\n");
    format!(
        "# Documentation\n\n{}\n\n## In the folders of the code\n\n{}\n",
        list(docs.chain(decisions).collect()),
        list(others.collect())
    )
}

pub(super) fn is_markdown(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == "md")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_page_of_docs_hides_a_file_of_another_folder() {
        let hidden: Vec<&str> = OTHERS.iter().map(|(path, _)| *path).filter(|path| Docs::get(path).is_some()).collect();

        assert_eq!(hidden, [""; 0]);
    }

    #[test]
    fn only_texts_of_the_list_are_found() {
        for name in [
            "../Cargo.toml",
            "adr/../../Cargo.toml",
            "/etc/passwd",
            "",
            ".",
            "adr",
            "adr/",
            "adr//README.md",
            "..\\Cargo.toml",
            "errors.md\0",
            "c:errors.md",
            "docs/errors.md",
            "api/Cargo.toml",
        ] {
            assert!(find(name).is_none(), "{name:?}");
        }
        assert!(find("errors.md").is_some() && find("adr/README.md").is_some() && find("README.md").is_some());
    }

    #[test]
    fn a_file_of_the_repository_has_an_address_if_it_is_served() {
        for (path, expected) in [
            ("docs/errors.md", Some("/docs/errors.md")),
            ("docs/adr/", Some("/docs/adr/README.md")),
            ("web/", Some("/docs/web/README.md")),
            ("README.md", Some("/docs/README.md")),
            ("errors.md", None),
            ("docs/README.md", None),
            ("api/src/lib.rs", None),
        ] {
            assert_eq!(address(path).as_deref(), expected, "{path}");
        }
    }
}
